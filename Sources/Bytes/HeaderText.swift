// Text in header fields.

/// Values of header fields.
public enum HeaderText {
    /// Appends a value that any proxy takes for a header: where there are other bytes than printable ASCII, or blanks around, those are
    /// percent-encoded, and then `%` too.
    public static func append(_ value: Bytes, to output: inout [UInt8]) {
        if isPrintable(value) { return output.append(value) }
        for index in 0..<value.count {
            let byte = value[index]
            if byte > 0x20, byte < 0x7f, byte != UInt8(ascii: "%") {
                output.append(byte)
            } else {
                Percent.encode(value[index..<index + 1], into: &output)
            }
        }
    }

    /// The same of a text.
    public static func append(_ value: String, to output: inout [UInt8]) {
        var value = value
        value.withUTF8 { append(Bytes($0), to: &output) }
    }

    private static func isPrintable(_ value: Bytes) -> Bool {
        value.buffer.allSatisfy { $0 >= 0x20 && $0 < 0x7f } && value.first != 0x20 && value.buffer.last != 0x20
    }
}
