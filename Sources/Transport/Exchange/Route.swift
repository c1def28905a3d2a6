// Where a request goes, told from its path alone. The HTTP/2 session asks while the header block is still arriving: the calls
// that arrive a hundred thousand times a second need none of the header fields kept.

import Wire

/// The endpoint that a path names.
package enum Route: Equatable, Sendable {
    /// `/envoy.service.auth.v3.Authorization/Check`.
    case check
    /// `/grpc.health.v1.Health/Check`.
    case healthCheck
    /// `/grpc.health.v1.Health/Watch`.
    case healthWatch
    /// `/v1/identity`.
    case identity
    /// `/.well-known/jwks.json`.
    case keys
    /// Everything else.
    case other

    /// The route of `path`, whose query does not count.
    package init(path: Bytes) {
        let path = path.firstIndex(of: 0x3F).map { path.prefix($0) } ?? path
        self =
            if path == "/envoy.service.auth.v3.Authorization/Check" {
                .check
            } else if path == "/v1/identity" {
                .identity
            } else if path == "/.well-known/jwks.json" {
                .keys
            } else if path == "/grpc.health.v1.Health/Check" {
                .healthCheck
            } else if path == "/grpc.health.v1.Health/Watch" {
                .healthWatch
            } else {
                .other
            }
    }

    /// Whether the endpoint reads header fields other than those that ``RequestHead`` understands by itself.
    package var keepsFields: Bool { self == .identity }

    /// Whether it is a method of a gRPC service that is served here.
    package var isCall: Bool {
        switch self {
        case .check, .healthCheck, .healthWatch: true
        case .identity, .keys, .other: false
        }
    }
}
