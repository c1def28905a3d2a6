// Where a request goes, told from its path alone. The HTTP/2 session asks while the header block is still arriving: the calls
// that arrive a hundred thousand times a second need none of the header fields kept.

import Bytes

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
    /// `/authz/…`: what follows is the path of the request that is asked about.
    case authorize
    /// `/authz` alone: header fields say which request is asked about.
    case forwardAuth
    /// `/authz` with something else behind it: nothing is there, and a proxy is who asks.
    case misprefixed
    /// Everything else.
    case other

    /// The route of `path`, whose query does not count.
    package init(path whole: Bytes) {
        // What nearly all ask.
        if whole == "/envoy.service.auth.v3.Authorization/Check" {
            self = .check
            return
        }
        let path = whole.firstIndex(of: 0x3F).map { whole.prefix($0) } ?? whole
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
            } else if path.count >= Self.prefix.count, path.prefix(Self.prefix.count) == Self.prefix {
                path.count == Self.prefix.count
                    ? .forwardAuth : path[Self.prefix.count] == UInt8(ascii: "/") ? .authorize : .misprefixed
            } else {
                .other
            }
    }

    /// What paths of the HTTP modes begin with.
    static var prefix: Bytes { Bytes("/authz") }

    /// Whether the endpoint reads header fields other than those that ``RequestHead`` understands by itself.
    package var keepsFields: Bool {
        switch self {
        case .identity, .authorize, .forwardAuth: true
        case .check, .healthCheck, .healthWatch, .keys, .misprefixed, .other: false
        }
    }

    /// Whether the answer is plain HTTP in any case.
    package var isPlain: Bool {
        switch self {
        case .identity, .keys, .authorize, .forwardAuth, .misprefixed: true
        case .check, .healthCheck, .healthWatch, .other: false
        }
    }
}
