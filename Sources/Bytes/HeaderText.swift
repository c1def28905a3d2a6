// Text in header fields.

/// Values of header fields.
public enum HeaderText {
    /// A value that any proxy takes for a header: where there are other bytes than printable ASCII, or blanks around, those are
    /// percent-encoded, and then `%` too.
    public static func printable(_ value: [UInt8]) -> [UInt8] {
        let isPrintable = value.allSatisfy { $0 >= 0x20 && $0 < 0x7f } && value.first != 0x20 && value.last != 0x20
        if isPrintable { return value }
        var encoded: [UInt8] = []
        for byte in value {
            if byte > 0x20, byte < 0x7f, byte != UInt8(ascii: "%") {
                encoded.append(byte)
            } else {
                withUnsafeBytes(of: byte) { Percent.encode(Bytes($0), into: &encoded) }
            }
        }
        return encoded
    }
}
