// Where a request came from and whom it addresses, as far as trusted hops say so.

import Bytes
import EnvoyProtocol

extension Authorizer {
    /// The wiki that the request is for: the route's, else its host's.
    func wiki(of request: CheckRequest, _ route: Route) throws(Halt) -> ServedWiki {
        if let wiki = route.wiki { return wiki }
        guard let wiki = gate.wikis.find(host: host(of: request)) else {
            throw .refused(.wikiUnknown)
        }
        return wiki
    }

    /// The scheme that the client used: the edge's word for it.
    func scheme(of request: CheckRequest) -> Bytes {
        let scheme = gate.settings.trust.forwardedProto ? request.forwardedProto ?? request.scheme : request.scheme
        return scheme == "https" ? Bytes("https") : Bytes("http")
    }

    /// The host that the client addressed, with a port where it named one.
    func host(of request: CheckRequest) -> Bytes {
        gate.settings.trust.forwardedHost ? request.forwardedHost ?? request.host : request.host
    }

    /// The client's address: the connection's, or what a trusted hop says; of a list its first element.
    func clientAddress(of request: CheckRequest) -> Bytes {
        guard let name = gate.settings.trust.clientAddressHeader else { return request.sourceAddress }
        var text = name
        guard let value = text.withUTF8({ request.header(Bytes($0)) }) else { return .empty }
        return value.prefix(value.firstIndex(of: UInt8(ascii: ",")) ?? value.count)
    }
}
