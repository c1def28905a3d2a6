// Which field of a proto3 JSON document swift-protobuf refuses, and what it expects there. Its errors say neither.
//
// The document is decoded again with one member left at each level, from the outside in: the member that still fails holds
// the fault. The path ends where an object or array fails although it is empty, which is then of the wrong kind, and where
// each member decodes alone, so that their combination is at fault.

import Bytes
import SwiftProtobuf

/// A search for the field that makes a document fail.
struct FaultyField {
    /// Decodes a document.
    typealias Decode = ([UInt8]) throws -> Void
    /// Builds the document that has a value in the place of the one that is looked at.
    private typealias Document = (JSON) -> JSON

    /// The most bytes that one search decodes: enough for all but the largest requests, and a wrong document costs
    /// milliseconds at most. A search that ends here names an outer field.
    private static let maxProbedBytes = 1 << 20
    /// One value of each kind, the emptiest.
    private static let examples: [(kind: String, value: JSON)] = [
        ("an object", [:]), ("an array", []), ("a string", ""), ("a number", 0), ("true or false", true),
    ]

    private let decode: Decode
    private var probedBytes = 0
    private var error: any Error = JSONDecodingError.failure
    private var path = ""
    private var value: JSON
    private var document: Document = { $0 }

    /// The error for `document`, which `decode` refuses, with the path of the field.
    static func find(in document: JSON, decode: @escaping Decode) -> JSONError {
        var search = FaultyField(decode: decode, value: document)
        if search.fails(document) { search.descend() }
        return JSONError(search.reason, path: search.path)
    }

    /// Joins two parts of a path; an index needs no dot.
    static func path(_ outer: String, _ inner: String) -> String {
        outer + (outer.isEmpty || inner.isEmpty || inner.hasPrefix("[") ? "" : ".") + inner
    }

    private init(decode: @escaping Decode, value: JSON) {
        self.decode = decode
        self.value = value
    }

    // MARK: Where

    /// Goes to the member or element of `value` that fails, and on from there.
    private mutating func descend() {
        let outer = document
        if let members = value.members, !fails(outer([:])) {
            for member in members where enter(member.name, member.value, { outer(.object([.init(member.name, $0)])) }) {
                return descend()
            }
        }
        if let elements = value.elements, !fails(outer([])) {
            for (index, element) in elements.enumerated() where enter("[\(index)]", element, { outer(.array([$0])) }) {
                return descend()
            }
        }
    }

    /// Makes `inner` the value that is looked at if it fails.
    private mutating func enter(_ name: String, _ inner: JSON, _ document: @escaping Document) -> Bool {
        guard fails(document(inner)) else { return false }
        (path, value, self.document) = (Self.path(path, name), inner, document)
        return true
    }

    /// Whether `document` is refused; false as well when the search has decoded enough.
    private mutating func fails(_ document: JSON) -> Bool {
        guard probedBytes < Self.maxProbedBytes else { return false }
        let text = document.compact
        probedBytes += text.count
        do {
            try decode(text)
            return false
        } catch {
            self.error = error
            return true
        }
    }

    // MARK: Why

    private var reason: String {
        switch error as? JSONDecodingError {
        case .malformedTimestamp: "expected an RFC 3339 time"
        case .unrecognizedEnumValue: "is not a value of this enumeration"
        case .conflictingOneOf: "has two fields that exclude each other"
        case .unknownField: "is not a field of this message"
        case .messageDepthLimit: "nested too deep"
        case let other: expected.map { "expected \($0)" } ?? Self.reason(other)
        }
    }

    /// The kind of value that the field takes; nil when the value is of such a kind, so that its content is at fault.
    private var expected: String? {
        let fitting = Self.examples.filter { (try? decode(document($0.value).compact)) != nil }
        return fitting.contains { $0.value.hasKind(of: value) } ? nil : fitting.first?.kind
    }

    private static func reason(_ error: JSONDecodingError?) -> String {
        switch error {
        case .malformedNumber, .numberRange: "expected a whole number in the field's range"
        case .failure, .malformedString: "expected base64"
        case .malformedMap, .illegalNull: "has a null where a value is expected"
        default: "has a value that protobuf can't hold"
        }
    }
}

extension JSON {
    fileprivate func hasKind(of other: JSON) -> Bool {
        switch (self, other) {
        case (.null, .null), (.bool, .bool), (.number, .number), (.string, .string), (.array, .array),
            (.object, .object):
            true
        default: false
        }
    }
}
