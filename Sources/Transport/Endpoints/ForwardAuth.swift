// Forward auth: which request is meant, as nginx (X-Original-…) and Traefik, Caddy and HAProxy (X-Forwarded-…) tell it.
//
// All of it is hearsay: it counts only from peers that are configured as proxies, and only when it is said once and in one way.
// A client of such a proxy can write these fields too; the proxy has to overwrite them all, as the samples in deploy/ do.

import Sessions
import Bytes
import EnvoyProtocol

extension Endpoints {
    /// The forward auth of nginx, Traefik, Caddy and HAProxy.
    func serveForwardAuth(_ exchange: Exchange, from remote: RemoteEnd, at now: Timestamp) -> Step<Void> {
        if exchange.message.isEmpty {
            guard trustedPeers.contains(remote) else {
                exchange.reply.fail(http: 403, "not a trusted proxy: http.trusted_peers")
                return rejected(exchange, .untrusted)
            }
            do throws(ForwardedFlaw) {
                try exchange.head.withView { (head) throws(ForwardedFlaw) in
                    try OriginalRequest(head).write(head, from: remote, to: exchange)
                }
            } catch {
                exchange.reply.fail(http: 400, error.summary)
                return rejected(exchange, .malformed)
            }
        }
        return authorizeInHTTP(exchange, at: now, isEnvoy: false)
    }
}

/// What keeps a request from being told.
private enum ForwardedFlaw: Error {
    case missing, both, repeated, malformed

    var summary: StaticString {
        switch self {
        case .missing: "X-Original-URI or X-Forwarded-Uri is missing"
        case .both: "X-Original-URI and X-Forwarded-Uri contradict each other"
        case .repeated: "a forwarding field is repeated"
        case .malformed: "a forwarding field is malformed"
        }
    }
}

/// The request that a proxy asks about: views into the head.
private struct OriginalRequest {
    private let parts: CheckRequestParts

    /// A field that is said at most once.
    private struct Once {
        var value: Bytes?
        var isRepeated = false

        mutating func note(_ value: Bytes) {
            isRepeated = isRepeated || self.value != nil
            self.value = value
        }
    }

    init(_ head: RequestHead.View) throws(ForwardedFlaw) {
        var originalURI = Once(), forwardedURI = Once(), originalMethod = Once(), forwardedMethod = Once()
        var proto = Once(), host = Once()
        head.forEachField { name, value in
            guard name.starts(with: "x-") else { return }
            if name == "x-original-uri" {
                originalURI.note(value)
            } else if name == "x-forwarded-uri" {
                forwardedURI.note(value)
            } else if name == "x-original-method" {
                originalMethod.note(value)
            } else if name == "x-forwarded-method" {
                forwardedMethod.note(value)
            } else if name == "x-forwarded-proto" {
                proto.note(value)
            } else if name == "x-forwarded-host" {
                host.note(value)
            }
        }
        if originalURI.isRepeated || forwardedURI.isRepeated { throw .repeated }
        if originalURI.value != nil, forwardedURI.value != nil { throw .both }
        guard let uri = originalURI.value ?? forwardedURI.value else { throw .missing }
        // One family of fields counts, so that a client can't complete what the proxy has left out.
        let method = originalURI.value != nil ? originalMethod : forwardedMethod
        if method.isRepeated || proto.isRepeated || host.isRepeated { throw .repeated }
        var parts = CheckRequestParts()
        parts.path = uri
        parts.method = method.value ?? head.method
        parts.scheme = proto.value ?? Bytes("http")
        parts.host = host.value ?? head.authority
        guard Self.isWellFormed(parts) else { throw .malformed }
        self.parts = parts
    }

    private static func isWellFormed(_ parts: CheckRequestParts) -> Bool {
        // `OPTIONS *` is about the server (RFC 9110 section 7.1).
        let isTarget = parts.path.first == UInt8(ascii: "/") || parts.path == "*"
        return isTarget && parts.path.buffer.allSatisfy { $0 > 0x20 && $0 != 0x7F }
            && !parts.method.isEmpty && parts.method.buffer.allSatisfy(isTokenByte)
            && (parts.scheme == "http" || parts.scheme == "https")
            && parts.host.buffer.allSatisfy {
                $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: ",") && $0 != UInt8(ascii: "/")
            }
    }

    private static func isTokenByte(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte & 0xDF)
            || "!#$%&'*+-.^_`|~".utf8.contains(byte)
    }

    /// Whether a field tells which request is meant, or a client might hope that it is taken for such a one.
    private static func tells(_ name: Bytes) -> Bool {
        guard name.starts(with: "x-") else { return false }
        return name == "x-original-uri" || name == "x-original-url" || name == "x-original-method"
            || name == "x-forwarded-method" || name == "x-forwarded-proto" || name == "x-forwarded-host"
            || name == "x-forwarded-uri" || name == "x-forwarded-for" || name == "x-forwarded-port"
            || name == "x-forwarded-server" || name == "x-envoy-auth-partial-body"
    }

    /// Writes the question. These proxies keep the body to themselves.
    func write(_ head: RequestHead.View, from remote: RemoteEnd, to exchange: Exchange) {
        exchange.write(parts, from: remote, forwardedFor: head.lastHop) { add in
            head.forEachField { name, value in
                // A proxy that copies a field which the client did not send sends it empty.
                if !value.isEmpty, !Endpoints.isFraming(name), !Self.tells(name) { add(name, value) }
            }
            add(Bytes("x-forwarded-proto"), parts.scheme)
        }
    }
}
