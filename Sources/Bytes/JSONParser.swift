// Strict RFC 8259: no comments, no trailing commas, no leading zeros, no byte order mark, UTF-8 only, no lone surrogates.
//
// Depth, size and the number of values are bounded, so that a small text can't become a large tree or a deep stack.

extension JSON {
    /// How large a text may be.
    public struct Limits: Sendable {
        /// Bytes of text.
        public var bytes: Int
        /// Arrays and objects within each other.
        public var depth: Int
        /// Values in all.
        public var values: Int

        /// Limits: 4 MiB, 64 deep, 100,000 values unless told.
        public init(bytes: Int = 4 << 20, depth: Int = 64, values: Int = 100_000) {
            self.bytes = bytes
            self.depth = depth
            self.values = values
        }
    }

    /// Parses a whole text: one value, with white space around it.
    public init(parsing text: Bytes, limits: Limits = Limits()) throws(JSONError) {
        self = try JSONParser.read(text, limits) { (parser) throws(JSONError) in
            try parser.value(depthLeft: limits.depth)
        }
    }

    /// Parses a whole text.
    public init(parsing text: [UInt8], limits: Limits = Limits()) throws(JSONError) {
        self = try text.withBytes { (bytes) throws(JSONError) -> JSON in try JSON(parsing: bytes, limits: limits) }
    }

    /// Parses a whole text.
    public init(parsing text: String, limits: Limits = Limits()) throws(JSONError) {
        try self.init(parsing: Array(text.utf8), limits: limits)
    }
}

struct JSONParser {
    let text: Bytes
    var valuesLeft: Int
    var position = 0

    init(text: Bytes, valuesLeft: Int) {
        self.text = text
        self.valuesLeft = valuesLeft
    }

    /// What `value` reads of a whole text, with white space around it.
    @inline(__always)
    static func read<Value>(
        _ text: Bytes, _ limits: JSON.Limits, _ value: (inout JSONParser) throws(JSONError) -> Value
    ) throws(JSONError) -> Value {
        guard text.count <= limits.bytes else {
            throw JSONError("longer than \(limits.bytes) bytes", offset: limits.bytes)
        }
        var parser = JSONParser(text: text, valuesLeft: limits.values)
        let result = try value(&parser)
        parser.skipSpace()
        guard parser.position == text.count else { throw parser.error("unexpected text after the value") }
        return result
    }

    func error(_ reason: String) -> JSONError { JSONError(reason, offset: position) }

    var current: UInt8? { position < text.count ? text[position] : nil }

    mutating func skipSpace() {
        while let byte = current, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
    }

    mutating func take(_ byte: UInt8) -> Bool {
        guard current == byte else { return false }
        position += 1
        return true
    }

    /// Goes to where a value begins, and counts it.
    mutating func beginValue() throws(JSONError) {
        skipSpace()
        guard valuesLeft > 0 else { throw error("too many values") }
        valuesLeft -= 1
    }

    mutating func value(depthLeft: Int) throws(JSONError) -> JSON {
        try beginValue()
        switch current {
        case 0x7B: return try object(depthLeft: depthLeft)
        case 0x5B: return try array(depthLeft: depthLeft)
        case 0x22: return .string(try string())
        case 0x2D, 0x30, 0x31, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37, 0x38, 0x39: return .number(try number())
        default: return try word()
        }
    }

    /// `true`, `false` or `null`: what begins like nothing else.
    mutating func word() throws(JSONError) -> JSON {
        switch current {
        case 0x74: return try word("true", .bool(true))
        case 0x66: return try word("false", .bool(false))
        case 0x6E: return try word("null", .null)
        case nil: throw error("unexpected end")
        default: throw error("expected a value")
        }
    }

    private mutating func word(_ word: StaticString, _ value: JSON) throws(JSONError) -> JSON {
        guard text.dropFirst(position).starts(with: word) else { throw error("expected a value") }
        position += word.utf8CodeUnitCount
        return value
    }

    private mutating func array(depthLeft: Int) throws(JSONError) -> JSON {
        var elements: [JSON] = []
        try items(until: 0x5D, depthLeft: depthLeft) { (parser) throws(JSONError) in
            elements.append(try parser.value(depthLeft: depthLeft - 1))
        }
        return .array(elements)
    }

    private mutating func object(depthLeft: Int) throws(JSONError) -> JSON {
        var members: [JSON.Member] = []
        try items(until: 0x7D, depthLeft: depthLeft) { (parser) throws(JSONError) in
            let name = try parser.name { (parser) throws(JSONError) in try parser.string() }
            members.append(JSON.Member(name, try parser.value(depthLeft: depthLeft - 1)))
        }
        return .object(members)
    }

    /// Reads an array's elements or an object's members, each with `item`, from the bracket here to `end`.
    @inline(__always)
    mutating func items(
        until end: UInt8, depthLeft: Int, _ item: (inout JSONParser) throws(JSONError) -> Void
    ) throws(JSONError) {
        guard depthLeft > 0 else { throw error("nested too deep") }
        position += 1
        skipSpace()
        if take(end) { return }
        while true {
            try item(&self)
            skipSpace()
            if take(end) { return }
            guard take(0x2C) else { throw error(end == 0x5D ? "expected ',' or ']'" : "expected ',' or '}'") }
        }
    }

    /// Reads a member's name, with `read`, and its colon.
    @inline(__always)
    mutating func name<Name>(_ read: (inout JSONParser) throws(JSONError) -> Name) throws(JSONError) -> Name {
        skipSpace()
        guard current == 0x22 else { throw error("expected a name in quotes") }
        let name = try read(&self)
        skipSpace()
        guard take(0x3A) else { throw error("expected ':'") }
        return name
    }

    private mutating func number() throws(JSONError) -> String {
        let start = position
        try skipNumber()
        return text[start..<position].string
    }

    mutating func skipNumber() throws(JSONError) {
        _ = take(0x2D)
        if !take(0x30) { try digits() }
        if take(0x2E) { try digits() }
        if take(0x65) || take(0x45) {
            if !take(0x2B) { _ = take(0x2D) }
            try digits()
        }
    }

    private mutating func digits() throws(JSONError) {
        let start = position
        while let byte = current, (0x30...0x39).contains(byte) { position += 1 }
        guard position > start else { throw error("expected a digit") }
    }
}
