// Where a request goes, known from its path alone. The HTTP/2 session asks while the header block is still arriving: the checks
// of Envoy, a hundred thousand a second, need none of their header fields kept.

import Bytes

/// The endpoint that a path names.
package enum Endpoint: Equatable, Sendable {
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
    /// `/authz/…`: the rest is the path of the request to be checked.
    case authorize
    /// `/authz` alone: header fields describe the request to be checked.
    case forwardAuth
    /// `/authz` followed by something other than `/`: not found. A proxy asks, so the answer is plain HTTP.
    case badPrefix
    /// Everything else.
    case other

    /// The endpoint that `path` names; its query does not count.
    package init(path whole: Bytes) {
        // The most frequent one first.
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
                    ? .forwardAuth : path[Self.prefix.count] == UInt8(ascii: "/") ? .authorize : .badPrefix
            } else {
                .other
            }
    }

    /// The beginning of all paths of the HTTP modes.
    static var prefix: Bytes { Bytes("/authz") }

    /// Whether the endpoint reads header fields other than those that ``RequestHead`` understands by itself.
    package var keepsFields: Bool {
        switch self {
        case .identity, .authorize, .forwardAuth: true
        case .check, .healthCheck, .healthWatch, .keys, .badPrefix, .other: false
        }
    }

    /// Whether the answer is plain HTTP in any case.
    package var isPlain: Bool {
        switch self {
        case .identity, .keys, .authorize, .forwardAuth, .badPrefix: true
        case .check, .healthCheck, .healthWatch, .other: false
        }
    }
}
