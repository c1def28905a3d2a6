// JSON read where it lies: an object is checked as a whole, and its members are handed out as views of the text. Nothing is
// built of what nobody asks for.

/// A value in a JSON text; a view that is valid as long as the text is.
public struct JSONText: Sendable {
    /// From its first to its last byte; a string's with its quotes.
    public let bytes: Bytes

    fileprivate init(_ bytes: Bytes) { self.bytes = bytes }

    /// What a value can be (RFC 8259, 3).
    public enum Kind: Sendable {
        /// `null`
        case null
        /// `true` or `false`
        case bool
        /// A number.
        case number
        /// A string.
        case string
        /// An array.
        case array
        /// An object.
        case object
    }

    /// What it is, by its first byte.
    public var kind: Kind {
        switch bytes.first {
        case 0x22: .string
        case 0x7B: .object
        case 0x5B: .array
        case 0x74, 0x66: .bool
        case 0x6E: .null
        default: .number
        }
    }

    /// Calls `body` with the text of a string, unescaped; the view is valid during the call. Nil when this is no string.
    @inline(__always)
    public func withText<Result>(_ body: (Bytes) -> Result) -> Result? {
        guard kind == .string, bytes.count >= 2 else { return nil }
        let inner = bytes[1..<(bytes.count - 1)]
        return inner.firstIndex(of: 0x5C) == nil ? body(inner) : unescaped.withBytes(body)
    }

    /// The first element of an array; nil when there is none, or when this is no array.
    public var firstElement: JSONText? {
        guard kind == .array else { return nil }
        var parser = JSONParser(text: bytes.dropFirst(1), valuesLeft: .max)
        parser.skipSpace()
        guard parser.current != 0x5D else { return nil }
        let start = parser.position
        // It was checked, see `json`.
        guard (try? parser.skipValue(depthLeft: .max)) != nil else { return nil }
        return JSONText(parser.text[start..<parser.position])
    }

    private var unescaped: [UInt8] {
        if case .string(let text) = json { return Array(text.utf8) }
        return []
    }

    /// The value, built.
    public var json: JSON {
        // It was checked: what is left to go wrong is a limit, and those were the whole text's.
        (try? JSON(parsing: bytes, limits: JSON.Limits(bytes: .max, depth: .max, values: .max))) ?? .null
    }
}

extension JSON {
    /// Calls `member` with name and value of each member of the object that `text` is, in order, duplicates included. What it got
    /// counts for nothing if this throws: the text is no JSON then, or no object.
    @inline(__always)
    public static func readObject(
        _ text: Bytes, limits: Limits = Limits(), _ member: (JSONText, JSONText) -> Void
    ) throws(JSONError) {
        guard text.count <= limits.bytes else {
            throw JSONError("longer than \(limits.bytes) bytes", offset: limits.bytes)
        }
        var parser = JSONParser(text: text, valuesLeft: limits.values)
        parser.skipSpace()
        guard limits.values > 0 else { throw parser.error("too many values") }
        guard parser.current == 0x7B else { throw parser.error("expected '{'") }
        guard limits.depth > 0 else { throw parser.error("nested too deep") }
        parser.valuesLeft -= 1
        parser.position += 1
        parser.skipSpace()
        var isAtEnd = parser.take(0x7D)
        while !isAtEnd {
            let name = try parser.skipName()
            parser.skipSpace()
            let start = parser.position
            try parser.skipValue(depthLeft: limits.depth - 1)
            member(JSONText(name), JSONText(text[start..<parser.position]))
            parser.skipSpace()
            if parser.take(0x7D) {
                isAtEnd = true
            } else if !parser.take(0x2C) {
                throw parser.error("expected ',' or '}'")
            }
        }
        parser.skipSpace()
        guard parser.position == text.count else { throw parser.error("unexpected text after the value") }
    }
}

extension JSONParser {
    /// Reads over a name and its colon. Returns the name, with its quotes.
    mutating func skipName() throws(JSONError) -> Bytes {
        skipSpace()
        guard current == 0x22 else { throw error("expected a name in quotes") }
        let start = position
        try skipString()
        let name = text[start..<position]
        skipSpace()
        guard take(0x3A) else { throw error("expected ':'") }
        return name
    }

    /// Reads over a value: `value(depthLeft:)` without one.
    mutating func skipValue(depthLeft: Int) throws(JSONError) {
        skipSpace()
        guard valuesLeft > 0 else { throw error("too many values") }
        switch current {
        case 0x22:
            valuesLeft -= 1
            try skipString()
        case 0x2D, 0x30, 0x31, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37, 0x38, 0x39:
            valuesLeft -= 1
            try skipNumber()
        case 0x5B:
            valuesLeft -= 1
            try skipArray(depthLeft: depthLeft)
        // What a token hardly has is built and dropped.
        default: _ = try value(depthLeft: depthLeft)
        }
    }

    private mutating func skipArray(depthLeft: Int) throws(JSONError) {
        guard depthLeft > 0 else { throw error("nested too deep") }
        position += 1
        skipSpace()
        if take(0x5D) { return }
        while true {
            try skipValue(depthLeft: depthLeft - 1)
            skipSpace()
            if take(0x5D) { return }
            guard take(0x2C) else { throw error("expected ',' or ']'") }
        }
    }

    /// Reads over a string, as strictly as `string()` reads it.
    private mutating func skipString() throws(JSONError) {
        let quote = position
        position += 1
        while let word = plainWord() { position += word }
        while let byte = current, byte != 0x22, byte != 0x5C, byte >= 0x20 { position += 1 }
        guard current == 0x22 else {
            position = quote
            _ = try string()
            return
        }
        guard text[(quote + 1)..<position].isUTF8 else { throw error("invalid UTF-8 in a string") }
        position += 1
    }

    /// 8 when the next eight bytes are neither quotes nor backslashes nor control characters.
    @inline(__always)
    private func plainWord() -> Int? {
        guard position + 8 <= text.count, let base = text.buffer.baseAddress else { return nil }
        let word = UnsafeRawPointer(base + position).loadUnaligned(as: UInt64.self)
        let low: UInt64 = 0x0101_0101_0101_0101
        let quotes = word ^ (low &* 0x22)
        let slashes = word ^ (low &* 0x5C)
        // A byte below 0x20, or one that became zero, has its top bit set by the subtraction; nothing is missed.
        let found = (word &- low &* 0x20) & ~word | (quotes &- low) & ~quotes | (slashes &- low) & ~slashes
        return found & (low &* 0x80) == 0 ? 8 : nil
    }
}
