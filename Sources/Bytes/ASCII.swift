// Classes of ASCII characters.

/// Classes of ASCII characters.
package enum ASCII {
    package static func isUpper(_ byte: UInt8) -> Bool { (0x41...0x5a).contains(byte) }
    package static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
    package static func isAlphanumeric(_ byte: UInt8) -> Bool { isUpper(byte & 0xdf) || isDigit(byte) }
    /// Neither a control character nor a space.
    package static func isVisible(_ byte: UInt8) -> Bool { (0x21...0x7e).contains(byte) }
    package static func isHost(_ byte: UInt8) -> Bool {
        isAlphanumeric(byte) || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-")
    }
    /// A character of a token (RFC 9110, 5.6.2).
    package static func isToken(_ byte: UInt8) -> Bool {
        isAlphanumeric(byte) || "!#$%&'*+-.^_`|~".utf8.contains(byte)
    }
}
