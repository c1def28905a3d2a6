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
                return .decided(())
            }
            do throws(ForwardedFlaw) {
                let original = try exchange.head.withView { (head) throws(ForwardedFlaw) in try OriginalRequest(head) }
                exchange.message = exchange.head.withView { original.checkRequest(of: $0, from: remote) }.encode()
            } catch {
                exchange.reply.fail(http: 400, error.summary)
                return .decided(())
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

/// The request that a proxy asks about.
private struct OriginalRequest {
    let method: [UInt8], uri: [UInt8], scheme: [UInt8], host: [UInt8]

    /// Fields that tell it, or that a client might hope to be taken for that.
    static let fields: [StaticString] = [
        "x-original-uri", "x-original-url", "x-original-method", "x-forwarded-method", "x-forwarded-proto",
        "x-forwarded-host", "x-forwarded-uri", "x-forwarded-for", "x-forwarded-port", "x-forwarded-server",
        "x-envoy-auth-partial-body",
    ]

    init(_ head: RequestHead.View) throws(ForwardedFlaw) {
        let original = try Self.value("x-original-uri", of: head)
        let forwarded = try Self.value("x-forwarded-uri", of: head)
        if original != nil, forwarded != nil { throw .both }
        guard let uri = original ?? forwarded else { throw .missing }
        // One family of fields counts, so that a client can't complete what the proxy has left out.
        let method = try Self.value(original != nil ? "x-original-method" : "x-forwarded-method", of: head)
        self.uri = uri
        self.method = method ?? head.method.array
        scheme = try Self.value("x-forwarded-proto", of: head) ?? Array("http".utf8)
        host = try Self.value("x-forwarded-host", of: head) ?? head.authority.array
        // `OPTIONS *` is about the server (RFC 9110 section 7.1).
        guard uri.first == UInt8(ascii: "/") || uri == Array("*".utf8), uri.allSatisfy({ $0 > 0x20 && $0 != 0x7F }),
            !self.method.isEmpty,
            self.method.allSatisfy(Self.isTokenByte), scheme == Array("http".utf8) || scheme == Array("https".utf8),
            host.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: ",") && $0 != UInt8(ascii: "/") })
        else { throw .malformed }
    }

    private static func isTokenByte(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte & 0xDF)
            || "!#$%&'*+-.^_`|~".utf8.contains(byte)
    }

    private static func value(_ name: StaticString, of head: RequestHead.View) throws(ForwardedFlaw) -> [UInt8]? {
        var found: [UInt8]?
        var isRepeated = false
        head.forEachField { field, value in
            guard field == name else { return }
            isRepeated = found != nil
            found = value.array
        }
        if isRepeated { throw .repeated }
        return found
    }

    func checkRequest(of head: RequestHead.View, from remote: RemoteEnd) -> CheckRequestBuilder {
        var request = CheckRequestBuilder()
        request.method = method
        request.path = uri
        request.host = host
        request.scheme = scheme
        // A proxy that copies a field which the client did not send sends it empty.
        request.copyFields(of: head, without: Self.fields, keepsEmpty: false)
        request.addHeader(Array("x-forwarded-proto".utf8), scheme)
        request.setSource(remote, forwardedFor: head.field("x-forwarded-for"))
        // These proxies keep the body to themselves.
        request.size = -1
        return request
    }
}
