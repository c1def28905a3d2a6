// Which requests may change something through the admin listener. It has no credentials, so a web page in an operator's browser
// must not reach it: neither as another site (its Origin is not the listener's) nor under a name of its own that was made to
// resolve to this machine (DNS rebinding: its Host is such a name).

import Bytes

/// Tells an operator's request from a web page's.
package struct AdminGuard: Sendable {
    /// Where the admin listener is.
    private let listener: ListenerAddress

    /// A guard of the admin listener at `listener`.
    package init(listener: ListenerAddress) { self.listener = listener }

    /// Why a request is refused; nil for one that is welcome.
    /// - Parameter host: The Host field.
    /// - Parameter origin: The Origin field, which browsers send with every POST; empty when there is none.
    package func problem(host: Bytes, origin: Bytes) -> StaticString? {
        guard isOwn(host) else { return "the Host field is not the admin listener's" }
        guard origin.isEmpty || origin.string.lowercased() == "http://" + host.string.lowercased() else {
            return "the Origin field is not the admin listener's"
        }
        return nil
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
