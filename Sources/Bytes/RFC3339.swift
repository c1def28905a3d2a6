// Times as logs write them (RFC 3339, section 5.6): `2026-03-01T12:00:00.125Z`.

extension CivilTime {
    /// Appends `milliseconds` since 1970 as `2026-03-01T12:00:00.125Z`.
    package static func appendRFC3339(milliseconds: Int64, into output: inout [UInt8]) {
        let held = min(max(milliseconds, 0), latest * 1000 + 999)
        CivilTime(seconds: held / 1000).appendRFC3339(into: &output)
        output.append(UInt8(ascii: "."))
        appendDigits(held % 1000, 3, into: &output)
        output.append(UInt8(ascii: "Z"))
    }

    /// Milliseconds since 1970 of a time in UTC, with any number of digits behind the second or none; nil when it is not one.
    package static func milliseconds(rfc3339 text: Bytes) -> Int64? {
        guard text.count >= 20, text[4] == 0x2D, text[7] == 0x2D, text[10] | 0x20 == 0x74, text[13] == 0x3A,
            text[16] == 0x3A, text[text.count - 1] | 0x20 == 0x7A,
            let year = digits(text[0..<4]), let month = digits(text[5..<7]), let day = digits(text[8..<10]),
            let hour = digits(text[11..<13]), let minute = digits(text[14..<16]), let second = digits(text[17..<19]),
            let seconds = seconds(
                year: year, month: month, day: day, hour: hour, minute: minute, second: second),
            let fraction = thousandths(text[19..<(text.count - 1)])
        else { return nil }
        return seconds * 1000 + fraction
    }

    /// The first three digits of `.125`; zero of an empty text.
    private static func thousandths(_ text: Bytes) -> Int64? {
        if text.isEmpty { return 0 }
        guard text[0] == 0x2E, text.count <= 10, digits(text.dropFirst(1)) != nil else { return nil }
        var value: Int64 = 0
        for place in 1...3 { value = value * 10 + (place < text.count ? Int64(text[place] - 0x30) : 0) }
        return value
    }

    private static func digits(_ text: Bytes) -> Int64? {
        guard !text.isEmpty, text.buffer.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return text.buffer.reduce(0) { $0 * 10 + Int64($1 - 0x30) }
    }
}
