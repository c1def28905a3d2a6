// ASCII case and white space, for views.

extension UInt8 {
    /// The lower-case letter of an ASCII upper-case one, else the byte itself.
    @inlinable
    public var asciiLowercased: UInt8 { self >= 0x41 && self <= 0x5A ? self | 0x20 : self }

    /// Whether it is an ASCII hexadecimal digit.
    @inlinable
    public var isASCIIHexadecimal: Bool {
        self &- UInt8(ascii: "0") < 10 || (self | 0x20) &- UInt8(ascii: "a") < 6
    }
}

extension Bytes {
    /// Whether the view equals `literal`, which is lower-case, but for the case of ASCII letters.
    public func equalsIgnoringCase(_ literal: StaticString) -> Bool {
        let literal = Bytes(literal)
        guard count == literal.count else { return false }
        for index in 0..<count where self[index].asciiLowercased != literal[index] { return false }
        return true
    }

    /// Without spaces and tabs around it (RFC 9110, 5.6.3: optional white space).
    public var trimmed: Bytes {
        var start = 0
        var end = count
        while start < end, self[start] == 0x20 || self[start] == 0x09 { start += 1 }
        while end > start, self[end - 1] == 0x20 || self[end - 1] == 0x09 { end -= 1 }
        return self[start..<end]
    }

    /// Whether the view ends with these bytes, exactly.
    public func ends(with other: Bytes) -> Bool { count >= other.count && dropFirst(count - other.count) == other }

    /// Whether the view ends with these bytes, exactly.
    public func ends(with other: [UInt8]) -> Bool { other.withBytes { ends(with: $0) } }

    /// Whether the view begins with these bytes, exactly.
    public func starts(with other: [UInt8]) -> Bool { other.withBytes { count >= $0.count && prefix($0.count) == $0 } }
}
