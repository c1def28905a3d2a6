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
    private static let maxBytes = 64 << 10

    /// What `query` and `form` ask for. What the form says counts before the query.
    init(query: Bytes, form: Bytes) {
        let query = FormatVariables.read(query.prefix(Self.maxBytes))
        let form = FormatVariables.read(form.prefix(Self.maxBytes))
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

/// Those variables of one query or form: the last of a repeated name counts, names are decoded and may be arrays.
private struct FormatVariables {
    enum Value: Equatable {
        /// As good as none, but it hides one of the same name in the query.
        case array
        /// Only short texts mean anything.
        case text(String)
    }

    private(set) var format: Value?
    private(set) var errorformat: Value?
    private(set) var formatversion: Value?

    /// Nothing.
    init() {}

    /// Reads `text`, a query without its `?`, or a form.
    static func read(_ text: Bytes) -> FormatVariables {
        var variables = FormatVariables()
        var start = 0
        var count = 1
        while start < text.count {
            let end = text.firstIndex(of: UInt8(ascii: "&"), from: start) ?? text.count
            if mayBeName(text[start]) {
                let pair = text[start..<end]
                let name = pair.prefix(pair.firstIndex(of: UInt8(ascii: "=")) ?? pair.count)
                guard name.buffer.allSatisfy(Percent.isUnreserved), count <= PHPQuery.maxVariables else {
                    return FormatVariables(PHPQuery(text))
                }
                variables.set(name, .encoded(pair.dropFirst(name.count + 1)))
            }
            start = end + 1
            count += 1
        }
        return variables
    }

    private init(_ variables: PHPQuery) {
        for (name, value) in variables.variables {
            switch value {
            case .scalar(let text): name.withBytes { name in text.withBytes { set(name, .decoded($0)) } }
            case .list: name.withBytes { set($0, .array) }
            }
        }
    }

    /// Whether a name that begins so can be one of these: PHP decodes names, and leaves out spaces before them.
    private static func mayBeName(_ first: UInt8) -> Bool {
        switch first {
        case UInt8(ascii: "f"), UInt8(ascii: "e"), UInt8(ascii: "%"), UInt8(ascii: "+"), 0x20: true
        default: false
        }
    }

    private mutating func set(_ name: Bytes, _ value: @autoclosure () -> Value) {
        if name == "format" {
            format = value()
        } else if name == "errorformat" {
            errorformat = value()
        } else if name == "formatversion" {
            formatversion = value()
        }
    }
}

extension FormatVariables.Value {
    /// The longest value that means anything is `plaintext`.
    private static let maxBytes = 16

    fileprivate static func encoded(_ text: Bytes) -> Self {
        var decoded: [UInt8] = []
        // Each byte is at most three.
        Percent.decodeForm(text.prefix(3 * maxBytes), into: &decoded)
        return decoded.withBytes(Self.decoded)
    }

    fileprivate static func decoded(_ text: Bytes) -> Self { .text(text.count > maxBytes ? "" : text.string) }
}
