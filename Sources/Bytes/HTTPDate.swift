// Dates as HTTP writes them: RFC 9110 section 5.6.7, IMF-fixdate.

/// Writes times as HTTP does, for the cookie's `expires` and the `date` of an answer.
public enum HTTPDate {
    /// Appends `seconds` since 1970 as `Sun, 01 Mar 2026 16:00:00 GMT`: 29 bytes.
    public static func append(seconds: Int64, into output: inout [UInt8]) {
        let date = CivilTime(seconds: seconds)
        appendName(date.weekday, of: "SunMonTueWedThuFriSat", into: &output)
        output.append(", ")
        CivilTime.appendDigits(date.day, 2, into: &output)
        output.append(0x20)
        appendName(date.month - 1, of: "JanFebMarAprMayJunJulAugSepOctNovDec", into: &output)
        output.append(0x20)
        CivilTime.appendDigits(date.year, 4, into: &output)
        output.append(0x20)
        CivilTime.appendDigits(date.hour, 2, into: &output)
        output.append(0x3A)
        CivilTime.appendDigits(date.minute, 2, into: &output)
        output.append(0x3A)
        CivilTime.appendDigits(date.second, 2, into: &output)
        output.append(" GMT")
    }

    private static func appendName(_ index: Int64, of names: StaticString, into output: inout [UInt8]) {
        let start = Int(index) * 3
        output.append(Bytes(names)[start..<start + 3])
    }
}
