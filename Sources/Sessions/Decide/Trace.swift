// The way of one check, written down for a person. Nil on the request path, where it costs one comparison a step.

import Bytes

/// Records what a check looked at and found.
public final class Trace {
    /// One line.
    public enum Entry: Sendable, Equatable {
        /// Something that was found.
        case note(name: String, text: String)
        /// A check and whether it held.
        case check(name: String, holds: Bool)
    }

    /// In order.
    public private(set) var entries: [Entry] = []
    /// The OAuth 1 parameters that are signed: name, value (both percent-encoded), source.
    public var parameters: [(name: String, value: String, source: String)] = []
    /// The signature base string.
    public var baseString: [UInt8] = []

    /// Nothing yet.
    public init() {}

    func check(_ name: StaticString, _ holds: Bool) {
        entries.append(.check(name: "\(name)", holds: holds))
    }

    func note(_ name: StaticString, _ text: @autoclosure () -> String) {
        entries.append(.note(name: "\(name)", text: text()))
    }

    /// Forgets what was recorded, before the check is run again.
    public func reset() {
        entries.removeAll()
        parameters.removeAll()
        baseString.removeAll()
    }
}

extension SignatureParameters {
    /// What is signed of a form body: encoded names and values, sorted.
    package static func pairs(ofBody body: Bytes) -> [(name: String, value: String)] {
        var parameters = SignatureParameters(compatibility: .mediawiki)
        parameters.addBody(body)
        parameters.merge()
        return parameters.listing.map { ($0.name, $0.value) }
    }

    private static func encodedOnce(_ text: Bytes) -> String {
        var once: [UInt8] = []
        Percent.decode(text, into: &once)
        return once.withBytes { $0.string }
    }

    /// The merged parameters, for people.
    var listing: [(name: String, value: String, source: String)] {
        (0..<merged.count).map { index in
            let parameter = merged[index]
            return (
                Self.encodedOnce(texts.name(parameter.pair)), Self.encodedOnce(texts.value(parameter.pair)),
                parameter.source.label
            )
        }
    }
}

extension ParameterSource {
    fileprivate var label: String {
        switch self {
        case .query: "query"
        case .phpQuery: "query ($_GET)"
        case .body: "body"
        case .header: "header"
        }
    }
}
