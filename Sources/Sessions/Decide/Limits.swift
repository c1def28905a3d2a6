// What limits count a request on, for edges that limit all requests and have no rules of their own for anonymous ones. The order is
// that of Wikimedia's gateway: the operator's networks and known clients first, then who it is, then what else tells clients apart.

import Bytes

/// The key and the class that limits count a request on. Without a class a request is not limited.
public struct Limits: Sendable, Equatable {
    /// Whom the request counts on.
    public var key: String?
    /// Which limit applies.
    public var rateLimitClass: String?
}

extension Policy {
    /// The limits of a request of `identity`, nil for an anonymous one. `header` finds headers by their lower-case names.
    public func limits(of identity: Identity?, _ request: Request, header: (Bytes) -> Bytes?) -> Limits {
        // Preflights belong to the request that follows. What has not come through the edge in front is internal.
        guard !(request.method == "OPTIONS"), let address = clientAddress(of: request) else { return Limits() }
        let client = Client(settings.limits, isTrusted: trustedNetworks.allows(address), header)
        let classes = settings.classes
        let candidates = [
            client.knownClass, identity == nil ? client.anonymousClass : identity?.rateLimitClass, classes.anonymous,
            "anon",
        ]
        return Limits(
            key: identity?.rateLimitKey(self) ?? client.key ?? "x-client-ip:" + Client.text(address),
            rateLimitClass: candidates.lazy.compactMap { classes.emitted($0) }.first)
    }
}

/// What headers say of a client.
private struct Client {
    /// The class of clients that the operator knows; nil for others.
    let knownClass: String?
    /// The class of an anonymous request; nil where nothing is known.
    let anonymousClass: String?
    /// The key of an anonymous request; nil where it is the address.
    let key: String?

    init(_ settings: LimitSettings, isTrusted: Bool, _ header: (Bytes) -> Bytes?) {
        func find(_ name: String?) -> Bytes? { name.flatMap { Array($0.utf8).withBytes(header) } }
        func key(_ name: String?) -> String? {
            guard let name, let value = find(name)?.trimmed, !value.isEmpty else { return nil }
            return "\(name):" + Self.text(value)
        }
        let level = isTrusted ? Bytes("A") : find(settings.trustHeader) ?? .empty
        let score = find(settings.browserHeader).flatMap { Int64($0.string) }
        let isBrowser = score.map { $0 >= settings.browserScore } ?? false
        if level == "A" {
            (knownClass, self.key) = ("known-network", key("user-agent"))
        } else if level == "B" {
            (knownClass, self.key) = ("known-client", key(settings.provenanceHeader))
        } else if level == "C" || level == "D", let contact = key(settings.contactHeader) {
            (knownClass, self.key) = (nil, contact)
            anonymousClass = "unauthed-bot"
            return
        } else {
            (knownClass, self.key) = (nil, nil)
        }
        anonymousClass = isBrowser ? "anon-browser" : nil
    }

    /// Bytes of the longest text in a key. What clients write may be long, and limits keep it.
    private static let maxBytes = 256

    static func text(_ value: Bytes) -> String { value.prefix(maxBytes).string }
}
