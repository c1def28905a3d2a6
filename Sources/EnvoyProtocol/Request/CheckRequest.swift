// envoy.service.auth.v3.CheckRequest, decoded in place: what Envoy asks about one HTTP request.
//
//     CheckRequest.attributes=1 ─┬─ source=1                     Peer: where the request came from
//                                ├─ request=4 ── http=2          HttpRequest: the request itself
//                                └─ contextExtensions=10         what the route's configuration adds
//
// One pass finds everything that decisions read, the credentials' headers included; what they don't read is passed over. Headers
// are walked again on demand. Strings are bytes here: Envoy sends the path as it came, and a signature is over those bytes.

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
    /// `attributes.request.http.body`
    var textBody = Bytes.empty
    /// `attributes.request.http.raw_body`
    var rawBody = Bytes.empty

    /// Whether headers are taken from `header_map`: as soon as it has one, `headers` does not count.
    public internal(set) var usesHeaderMap = false
    /// Finds the headers that decisions read.
    var known: KnownHeaders
    /// Which kind of address the source has.
    var sourceKind = SourceKind.none
    /// Owns joined values of repeated headers; nil unless `header_map` is used.
    var joined: JoinedValues?

    /// The kinds of `config.core.v3.Address`.
    enum SourceKind {
        case none
        /// An IP address and a port.
        case socket
        /// A Unix domain socket.
        case pipe
        /// An internal listener of Envoy's.
        case envoyInternal
    }

    /// Decodes a message. `addressHeader` is the lower-case name of the header with the client's address, empty for none.
    /// - Parameter identifies: Whether `x-request-id` and `traceparent` are read too, for a record: ``Sessions/Request/identified``.
    public init(protobuf: Bytes, addressHeader: Bytes = .empty, identifies: Bool = true) throws(WireError) {
        message = protobuf
        known = KnownHeaders(addressHeader, identifies: identifies)
        try decode()
        if usesHeaderMap { joinRepeated() }
        request.body = rawBody.isEmpty ? textBody : rawBody
        request.hasSourceIP = sourceKind == .socket
        request.message = message
    }
}
