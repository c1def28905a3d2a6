// Who may look at the admin listener, and change something through it.
//
// On loopback or a Unix socket it has no credentials, so a web page in an operator's browser must not reach it: neither as another
// site (its Origin is not the listener's) nor under a name of its own that was made to resolve to this machine (DNS rebinding: its
// Host is such a name). Where a token is demanded, or a client certificate, no web page has that, and the name may be any.

import Bytes

/// Tells an operator's request from others.
package struct AdminGuard: Sendable {
    /// Why a request is refused.
    package struct Problem: Sendable {
        /// The status: 401 or 403.
        package let status: Int
        /// In a few words.
        package let summary: StaticString
    }

    /// Where the admin listener is.
    private let listener: ListenerAddress
    /// Tells the token that each request must have from others; nil when there is none.
    private let isToken: (@Sendable (Bytes) -> Bool)?
    /// Whether the listener speaks TLS.
    private let isTLS: Bool
    /// Whether callers have shown a certificate.
    private let demandsCertificate: Bool

    /// A guard of the admin listener at `listener`.
    /// - Parameter isToken: Tells the bearer token that each request must have from others; nil when there is none.
    /// - Parameter isTLS: Whether the listener speaks TLS.
    /// - Parameter demandsCertificate: Whether TLS lets only callers with a certificate connect.
    package init(
        listener: ListenerAddress, isToken: (@Sendable (Bytes) -> Bool)? = nil, isTLS: Bool = false,
        demandsCertificate: Bool = false
    ) {
        self.listener = listener
        self.isToken = isToken
        self.isTLS = isTLS
        self.demandsCertificate = demandsCertificate
    }

    /// Why the request with this head is refused; nil for one that is welcome.
    /// - Parameter changes: Whether it changes something.
    package func problem(_ head: RequestHead.View, changes: Bool) -> Problem? {
        if let isToken, !Self.hasToken(head.authorization, isToken) {
            return Problem(status: 401, summary: "a bearer token is needed: server.admin_token_file")
        }
        return problem(host: head.authority, origin: head.origin, changes: changes)
            .map { Problem(status: 403, summary: $0) }
    }

    /// Why a request is refused for where it comes from; nil for one that is welcome.
    /// - Parameter host: The Host field.
    /// - Parameter origin: The Origin field, which browsers send with every POST; empty when there is none.
    /// - Parameter changes: Whether it changes something.
    package func problem(host: Bytes, origin: Bytes, changes: Bool = true) -> StaticString? {
        let isKnown = isToken != nil || demandsCertificate
        guard isKnown || isOwn(host) else { return "the Host field is not the admin listener's" }
        let scheme = isTLS ? "https://" : "http://"
        guard origin.isEmpty || !changes || origin.string.lowercased() == scheme + host.string.lowercased() else {
            return "the Origin field is not the admin listener's"
        }
        return nil
    }

    private static func hasToken(_ authorization: Bytes, _ isToken: (Bytes) -> Bool) -> Bool {
        authorization.prefix(7).equalsIgnoringCase("bearer ") && isToken(authorization.dropFirst(7).trimmed)
    }

    private func isOwn(_ host: Bytes) -> Bool {
        // No browser speaks to a Unix socket.
        guard case .tcp(let address, _) = listener else { return true }
        guard let (name, _) = authority(host.string) else { return false }
        let bare = name.hasPrefix("[") ? String(name.dropFirst().dropLast()) : name
        if isLoopback(host: bare) || bare == address.lowercased() { return true }
        // A listener on every address has all of them. What is an address can't have been rebound: only names can.
        return isEveryAddress(address) && Array(bare.utf8).withBytes { Address($0) != nil }
    }

    private func isEveryAddress(_ host: String) -> Bool { host == "0.0.0.0" || host == "::" }
}

extension ListenerAddress {
    /// Whether only this machine reaches it.
    package var isLocal: Bool {
        switch self {
        case .tcp(let host, _): isLoopback(host: host)
        case .unix: true
        }
    }
}
