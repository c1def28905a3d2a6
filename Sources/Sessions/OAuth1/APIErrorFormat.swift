// In which form a client of the action API wants to be told errors: the variables `format`, `errorformat` and `formatversion`, read as
// PHP has them (MediaWiki's ApiMain and ApiErrorFormatter).

import Bytes

/// The form of an error of the action API.
public struct APIErrorFormat: Sendable, Equatable {
    /// How values are written.
    public enum Output: Int, CaseIterable, Sendable {
        /// JSON, also in place of formats for people to look at.
        case json
        /// XML.
        case xml
        /// What PHP's `unserialize` reads.
        case php
    }
    /// What is told of an error.
    public enum Errors: Int, CaseIterable, Sendable {
        /// `error`, with its code and text: the default.
        case bc
        /// `errors`, each with a text.
        case text
        /// `errors`, each with HTML.
        case html
        /// `errors`, each with a message's key and parameters.
        case raw
        /// `errors`, codes alone.
        case none
    }

    /// How values are written.
    public let output: Output
    /// What is told.
    public let errors: Errors
    /// Whether `formatversion` is 2 or newer, which names a text that version 1 calls `*`.
    public let isVersion2: Bool

    /// The format of these.
    public init(_ output: Output = .json, _ errors: Errors = .bc, isVersion2: Bool = false) {
        self.output = output
        self.errors = errors
        self.isVersion2 = isVersion2
    }

    var index: Int { (output.rawValue * Errors.allCases.count + errors.rawValue) * 2 + (isVersion2 ? 1 : 0) }

    static let count = Output.allCases.count * Errors.allCases.count * 2
}

extension APIErrorFormat {
    /// How much of a query or a form is looked at. In a larger one what stands behind has no say in how an error looks.
    private static let maxFormBytes = 64 << 10, maxQueryBytes = 8 << 10

    /// What `query` and `form` ask for. What the form says counts before the query.
    init(query: Bytes, form: Bytes) {
        let query = FormatVariables().found(in: query.prefix(Self.maxQueryBytes))
        let form = FormatVariables().found(in: form.prefix(Self.maxFormBytes))
        func value(_ variable: KeyPath<FormatVariables, FormatVariables.Value?>) -> FormatVariables.Value? {
            form[keyPath: variable] ?? query[keyPath: variable]
        }
        let output: Output =
            switch value(\.format) {
            case .text("xml"): .xml
            case .text("php"): .php
            default: .json
            }
        let errors: Errors =
            switch value(\.errorformat) {
            case .text("plaintext"), .text("wikitext"): .text
            case .text("html"): .html
            case .text("raw"): .raw
            case .text("none"): .none
            default: .bc
            }
        let version = value(\.formatversion)
        self.init(output, errors, isVersion2: version == .text("2") || version == .text("latest"))
    }
}

/// Those variables of one query or form.
private struct FormatVariables: PHPVariables {
    enum Value: Equatable {
        case array
        /// Only short texts mean anything.
        case text(String)

        /// The longest text that means anything is `plaintext`.
        private static let maxBytes = 16

        init(_ value: PHPQuery.Found) {
            self = value.withText { .text($0.count > Self.maxBytes ? "" : $0.string) } ?? .array
        }
    }

    private(set) var format: Value?
    private(set) var errorformat: Value?
    private(set) var formatversion: Value?

    func mayBegin(with letter: UInt8) -> Bool { letter == UInt8(ascii: "f") || letter == UInt8(ascii: "e") }

    mutating func note(_ name: Bytes, _ value: PHPQuery.Found) {
        if name == "format" {
            format = Value(value)
        } else if name == "errorformat" {
            errorformat = Value(value)
        } else if name == "formatversion" {
            formatversion = Value(value)
        }
    }
}
