// JSON (RFC 8259) as a value: JWT claims, proto3 JSON, key sets.
//
// Numbers keep their literal, so that nothing is lost and 64-bit ids stay exact. Objects keep their order and their duplicate
// names; a look-up gives the last, as PHP and most readers do.

/// A JSON value.
public enum JSON: Equatable, Sendable {
    /// `null`
    case null
    /// `true` or `false`
    case bool(Bool)
    /// A number, as its literal; always valid JSON when it was parsed.
    case number(String)
    /// A string.
    case string(String)
    /// An array.
    case array([JSON])
    /// An object's members, in order, duplicates included.
    case object([Member])

    /// A name and a value in an object.
    public struct Member: Equatable, Sendable {
        /// The name.
        public var name: String
        /// The value.
        public var value: JSON

        /// A member.
        public init(_ name: String, _ value: JSON) {
            self.name = name
            self.value = value
        }
    }

    /// A number.
    public static func integer(_ value: Int64) -> JSON { .number(String(value)) }

    /// The value of the last member of this name; nil when there is none, or when this is no object.
    public subscript(_ name: String) -> JSON? {
        members?.last { member in member.name == name }?.value
    }

    /// The text, nil when this is no string.
    public var stringValue: String? {
        if case .string(let text) = self { text } else { nil }
    }

    /// The bool, nil when this is none.
    public var boolValue: Bool? {
        if case .bool(let value) = self { value } else { nil }
    }

    /// The elements, nil when this is no array.
    public var elements: [JSON]? {
        if case .array(let elements) = self { elements } else { nil }
    }

    /// The members, nil when this is no object.
    public var members: [Member]? {
        if case .object(let members) = self { members } else { nil }
    }

    /// The integer that this number is, with an exponent or a fraction of zeros too; nil when it is not a number, not whole,
    /// or too large.
    public var integerValue: Int64? {
        guard case .number(let literal) = self else { return nil }
        if let value = Int64(literal) { return value }
        return Double(literal).flatMap(Self.wholeNumber)
    }

    /// The integer that a double is, below 2^53. By conversion: `rounded()` would need libm, which nothing here links.
    private static func wholeNumber(_ value: Double) -> Int64? {
        guard value.magnitude < 9_007_199_254_740_992 else { return nil }
        let whole = Int64(value)
        return Double(whole) == value ? whole : nil
    }

    /// The number's nearest double, nil when this is no number.
    public var doubleValue: Double? {
        if case .number(let literal) = self { Double(literal) } else { nil }
    }

    /// Whether this is `null`.
    public var isNull: Bool { self == .null }
}

extension JSON: ExpressibleByStringLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    /// A string.
    public init(stringLiteral value: String) { self = .string(value) }
    /// A bool.
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    /// A number.
    public init(integerLiteral value: Int64) { self = .integer(value) }
    /// An array.
    public init(arrayLiteral elements: JSON...) { self = .array(elements) }
    /// An object, in this order.
    public init(dictionaryLiteral elements: (String, JSON)...) {
        self = .object(elements.map { name, value in Member(name, value) })
    }
}

/// Why a text is not acceptable JSON, and where.
public struct JSONError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What is wrong, for people.
    public var reason: String
    /// Offset of the byte at which reading stopped; nil when the text is JSON and its content is what is wrong.
    public var offset: Int?
    /// The value's place, e.g. `attributes.request.http.size`; empty when the text is not JSON.
    public var path: String

    /// An error.
    public init(_ reason: String, offset: Int? = nil, path: String = "") {
        self.reason = reason
        self.offset = offset
        self.path = path
    }

    /// One line, without any of the text.
    public var description: String {
        if let offset { return "\(reason) at byte \(offset)" }
        return path.isEmpty ? reason : "\(path): \(reason)"
    }
}
