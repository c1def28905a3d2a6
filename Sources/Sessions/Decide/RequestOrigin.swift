// Where a request came from and whom it addresses, as far as trusted hops say so.

import Bytes

extension Check {
    /// The wiki that the request is for: the route's, else its host's.
    func wiki(of request: Request, _ route: Route) throws(Halt) -> ServedWiki {
        if let wiki = route.wiki { return wiki }
        guard let wiki = policy.wikis.find(host: host(of: request)) else { throw .refused(.wikiUnknown) }
        return wiki
    }

    /// The scheme that the client used, as the edge says: `http` or `https`.
    func scheme(of request: Request) -> Bytes {
        let scheme = settings.trust.forwardedProto ? request.forwardedProto ?? request.scheme : request.scheme
        return scheme == "https" ? Bytes("https") : Bytes("http")
    }

    /// The host that the client addressed, with a port where it named one.
    func host(of request: Request) -> Bytes {
        settings.trust.forwardedHost ? request.forwardedHost ?? request.host : request.host
    }

    /// The client's address; empty when the trusted hop does not say it.
    func clientAddress(of request: Request) -> Bytes { policy.clientAddress(of: request) ?? .empty }
}

extension Policy {
    /// The client's address: the connection's, or what a trusted hop says, of a list its first element; nil when it does not say.
    package func clientAddress(of request: Request) -> Bytes? {
        if settings.trust.clientAddressHeader == nil { return request.sourceAddress }
        return request.clientAddress.map { $0.prefix($0.firstIndex(of: UInt8(ascii: ",")) ?? $0.count) }
    }
}
