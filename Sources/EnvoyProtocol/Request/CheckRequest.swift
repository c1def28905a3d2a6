// envoy.service.auth.v3.CheckRequest, decoded in place: what Envoy asks about one HTTP request.
//
//     CheckRequest.attributes=1 ─┬─ source=1, destination=2     Peer: who connects to whom
//                                ├─ request=4 ── time=1, http=2 HttpRequest: the request itself
//                                ├─ contextExtensions=10        what the route's configuration adds
//                                └─ metadataContext=11, tlsSession=12, routeMetadataContext=13
//
// One pass finds everything that every check reads, the credentials' headers included. The rest is walked again on demand.
// Strings are bytes here: Envoy sends the path as it came, and a signature is over those bytes.

import Bytes
import Sessions

/// One question of Envoy's. Its parts are views into the message: valid while the message *and* this value are.
///
/// Absent strings are empty, absent numbers 0. Where a message repeats a field or a map's key, the last counts, and repeated
/// messages merge, as in every protobuf reader. Unknown fields are skipped.
public struct CheckRequest {
    /// The whole message.
    public let message: Bytes

    /// What decisions read of it.
    public internal(set) var request = Request()
    /// `attributes.request.http.protocol`, e.g. `HTTP/2`.
    public internal(set) var httpProtocol = Bytes.empty
    /// `attributes.request.http.query`: always empty from Envoy, which leaves it in the path.
    public internal(set) var query = Bytes.empty
    /// `attributes.request.http.fragment`: always empty from Envoy.
    public internal(set) var fragment = Bytes.empty
    /// `attributes.request.http.body`
    var textBody = Bytes.empty
    /// `attributes.request.http.raw_body`
    var rawBody = Bytes.empty

    /// `attributes.request.time`, seconds since 1970.
    public internal(set) var timeSeconds: Int64 = 0
    /// `attributes.request.time`, nanoseconds of the second.
    public internal(set) var timeNanos: Int32 = 0

    /// `attributes.source`: the client, or the proxy before Envoy.
    public internal(set) var source = Peer()
    /// `attributes.destination`
    public internal(set) var destination = Peer()
    /// `attributes.tls_session.sni`
    public internal(set) var serverName = Bytes.empty
    /// `attributes.metadata_context`: a `config.core.v3.Metadata` message, not decoded.
    public internal(set) var metadataContext = Bytes.empty
    /// `attributes.route_metadata_context`: a `config.core.v3.Metadata` message, not decoded.
    public internal(set) var routeMetadataContext = Bytes.empty

    /// Whether the route's configuration adds anything (`attributes.context_extensions`).
    public var hasContextExtensions: Bool { request.overrides != nil }
    /// Whether headers are taken from `header_map`: as soon as it has one, `headers` does not count.
    public internal(set) var usesHeaderMap = false
    /// The headers that every check reads.
    var known: KnownHeaders
    /// Owns joined values of repeated headers; nil unless `header_map` is used.
    var joined: JoinedValues?

    /// Decodes a message. `addressHeader` is the lower-case name of the header with the client's address, empty for none.
    public init(protobuf: Bytes, addressHeader: Bytes = .empty) throws(WireError) {
        message = protobuf
        known = KnownHeaders(addressHeader)
        try decode()
        if usesHeaderMap { joinRepeated() }
        known.copy(to: &request)
        request.body = rawBody.isEmpty ? textBody : rawBody
        request.sourceAddress = source.address
        request.hasSourceIP = source.kind == .socket
    }

    /// `attributes.request.http.id`: Envoy's stream id; a retry of one request has the same.
    public var id: Bytes { request.id }
    /// `attributes.request.http.method`
    public var method: Bytes { request.method }
    /// `attributes.request.http.path`: with the query, as received, not decoded.
    public var path: Bytes { request.target }
    /// `attributes.request.http.host`
    public var host: Bytes { request.host }
    /// `attributes.request.http.scheme`
    public var scheme: Bytes { request.scheme }
    /// `attributes.request.http.size`: bytes of the whole body; −1 when Envoy does not know.
    public var size: Int64 { request.bodySize }
    /// The body: `raw_body`, else `body`; empty when Envoy was not told to send it.
    public var body: Bytes { request.body }
    /// The `cookie` header; several are joined with `; `.
    public var cookie: Bytes? { request.cookie }

    /// The source's IP address as text, or its pipe's path.
    public var sourceAddress: Bytes { source.address }
    /// The source's port, 0 when it has none.
    public var sourcePort: UInt32 { source.port }
    /// The source's identity from its TLS certificate.
    public var sourcePrincipal: Bytes { source.principal }
    /// The destination's IP address as text, or its pipe's path.
    public var destinationAddress: Bytes { destination.address }
    /// The destination's port, 0 when it has none.
    public var destinationPort: UInt32 { destination.port }
}

extension CheckRequest {
    /// One end of the connection: `AttributeContext.Peer`.
    public struct Peer {
        /// Which kind of `config.core.v3.Address` it has.
        public enum AddressKind: Sendable {
            /// No address.
            case none
            /// An IP address and a port.
            case socket
            /// A Unix domain socket.
            case pipe
            /// An internal listener of Envoy's.
            case envoyInternal
        }

        /// The kind of address.
        public internal(set) var kind = AddressKind.none
        /// The IP address as text, the pipe's path, or the internal listener's name.
        public internal(set) var address = Bytes.empty
        /// The port, 0 when it is absent or a name.
        public internal(set) var port: UInt32 = 0
        /// The port's name, empty when it is a number.
        public internal(set) var namedPort = Bytes.empty
        /// Whether the socket is UDP (`SocketAddress.protocol`).
        public internal(set) var isUDP = false
        /// The internal listener's endpoint.
        public internal(set) var endpointID = Bytes.empty
        /// The peer's service name.
        public internal(set) var service = Bytes.empty
        /// The identity that its certificate proves: a URI or DNS SAN, or the subject.
        public internal(set) var principal = Bytes.empty
        /// Its certificate: PEM, URL-encoded.
        public internal(set) var certificate = Bytes.empty

        init() {}
    }
}
