// JSON read where it lies: an object is checked as a whole, and its members are handed out as views of the text. Nothing is
// built of claims that no code asks for.

/// A value in a JSON text; a view that is valid as long as the text is.
public struct JSONText {
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
        try JSONParser.read(text, limits) { (parser) throws(JSONError) in
            try parser.beginValue()
            guard parser.current == 0x7B else { throw parser.error("expected '{'") }
            try parser.items(until: 0x7D, depthLeft: limits.depth) { (parser) throws(JSONError) in
                let name = try parser.name { (parser) throws(JSONError) in try parser.skipString() }
                parser.skipSpace()
                let start = parser.position
                try parser.skipValue(depthLeft: limits.depth - 1)
                member(JSONText(name), JSONText(text[start..<parser.position]))
            }
        }
    }
}

extension JSONParser {
    /// Reads over a value: `value(depthLeft:)` without building one.
    mutating func skipValue(depthLeft: Int) throws(JSONError) {
        try beginValue()
        switch current {
        case 0x22: _ = try skipString()
        case 0x2D, 0x30, 0x31, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37, 0x38, 0x39: try skipNumber()
        case 0x5B:
            try items(until: 0x5D, depthLeft: depthLeft) { (parser) throws(JSONError) in
                try parser.skipValue(depthLeft: depthLeft - 1)
            }
        case 0x7B:
            try items(until: 0x7D, depthLeft: depthLeft) { (parser) throws(JSONError) in
                _ = try parser.name { (parser) throws(JSONError) in try parser.skipString() }
                try parser.skipValue(depthLeft: depthLeft - 1)
            }
        default: _ = try word()
        }
    }

    /// Reads over a string, as strictly as `string()` reads it. Returns it, with its quotes.
    mutating func skipString() throws(JSONError) -> Bytes {
        let quote = position
        position += 1
        while isPlainWord { position += 8 }
        while let byte = current, byte != 0x22, byte != 0x5C, byte >= 0x20 { position += 1 }
        guard current == 0x22 else {
            position = quote
            _ = try string()
            return text[quote..<position]
        }
        guard text[(quote + 1)..<position].isUTF8 else { throw error("invalid UTF-8 in a string") }
        position += 1
        return text[quote..<position]
    }

    /// Whether the next eight bytes are neither quotes nor backslashes nor control characters.
    @inline(__always)
    private var isPlainWord: Bool {
        guard position + 8 <= text.count, let base = text.buffer.baseAddress else { return false }
        let word = UnsafeRawPointer(base + position).loadUnaligned(as: UInt64.self)
        let low: UInt64 = 0x0101_0101_0101_0101
        let quotes = word ^ (low &* 0x22)
        let slashes = word ^ (low &* 0x5C)
        // A byte below 0x20, or one that became zero, has its top bit set by the subtraction; nothing is missed.
        let found = (word &- low &* 0x20) & ~word | (quotes &- low) & ~quotes | (slashes &- low) & ~slashes
        return found & (low &* 0x80) == 0
    }
}
