// A page of the admin listener, and what its query says.

import Bytes

/// An answer of the admin listener.
public struct AdminPage: Sendable {
    /// The status.
    public var status = 200
    /// The type of the body.
    public var contentType: StaticString = "application/json"
    /// What the page may load and run (`Content-Security-Policy`); by default nothing.
    public var contentSecurityPolicy: StaticString = "default-src 'none'; frame-ancestors 'none'"
    /// The body.
    public var body: [UInt8]

    /// A page.
    public init(_ body: [UInt8], _ contentType: StaticString) {
        self.body = body
        self.contentType = contentType
    }

    /// A JSON document.
    public init(json: JSON) { body = json.pretty + [0x0A] }

    /// Why there is no page, in a sentence.
    public init(error: String, status: Int) {
        self.init(json: ["error": .string(error)])
        self.status = status
    }
}

/// The query of a request to the admin listener.
public struct AdminQuery: Sendable {
    private var values: [String: String] = [:]
    /// The Accept field; empty without one.
    public let accept: String

    /// The query of `target`, which begins behind the first question mark.
    package init(of target: Bytes, accept: Bytes = .empty) {
        self.accept = accept.string
        guard let start = target.firstIndex(of: 0x3F) else { return }
        for pair in target.dropFirst(start + 1).string.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            values[Self.decoded(parts[0])] = parts.count > 1 ? Self.decoded(parts[1]) : ""
        }
    }

    /// The value of `name`, the last of several; nil when there is none.
    public subscript(_ name: String) -> String? { values[name] }

    private static func decoded(_ text: Substring) -> String {
        var bytes: [UInt8] = []
        Array(text.utf8).withBytes { Percent.decodeForm($0, into: &bytes) }
        return String(decoding: bytes, as: UTF8.self)
    }
}
