// The HTTP modes: the proxy asks with a plain request, and reads the answer from the status and the header fields.
//
//     /authz/w/api.php?action=query     Envoy's HTTP ext_authz: the request is this one, without the prefix
//     /authz                            forward auth of nginx, Traefik, Caddy, HAProxy: fields tell which request (ForwardAuth.swift)
//
// 200: go on, with these fields; 4xx: refused, and this is the client's answer; 503 and 504: there is no decision.
// Both are turned into the CheckRequest that Envoy would have sent over gRPC, so that there is one way to a decision.

import Bytes
import EnvoyProtocol
import Sessions

extension Endpoints {
    /// Envoy's HTTP service mode.
    func serveAuthorize(_ exchange: Exchange, from remote: RemoteEnd, at now: Timestamp) -> Step<Void> {
        if exchange.message.isEmpty {
            let isTrusted = trustedPeers.contains(remote)
            exchange.head.withView { head in
                var request = CheckRequestParts()
                request.method = head.method
                request.path = head.path.dropFirst(Endpoint.prefix.count)
                request.host = head.authority
                request.scheme = head.scheme.isEmpty ? Bytes("http") : head.scheme
                exchange.write(request, from: remote, forwardedFor: isTrusted ? head.lastHop : nil) { add in
                    head.forEachField { name, value in if !Self.isFraming(name) { add(name, value) } }
                }
            }
        }
        return authorizeInHTTP(exchange, at: now, isEnvoy: true)
    }

    /// Decides about `exchange.message`, and answers in HTTP's own words.
    func authorizeInHTTP(_ exchange: Exchange, at now: Timestamp, isEnvoy: Bool) -> Step<Void> {
        authorize(exchange, at: now, malformed: "malformed request") { settled, request in
            exchange.reply.reset()
            let decision = settled.decision
            let told = HeaderAnswer.of(decision, to: request, policy)
            if decision.outcome == .refused, decision.mode == .enforce, let reason = decision.reason {
                let refusal = Refusals.refusal(reason, isBearer: decision.isBearer, request, policy)
                exchange.reply.answer(refusal, to: request, isEnvoy: isEnvoy)
            } else {
                exchange.reply.answer(settled, told, request, policy, isEnvoy: isEnvoy)
            }
            exchange.reply.addMetadata(decision, told)
        }
    }
}

extension Endpoints {
    /// Whether a field is about the question itself, which has no body or another one than the client's request.
    static func isFraming(_ name: Bytes) -> Bool { name == "content-length" || name == "transfer-encoding" }
}

extension Exchange {
    /// Writes the question as the message that is decided about: with the body that came along, and from the last hop that the proxy
    /// itself has written down, else from the proxy.
    func write(
        _ request: CheckRequestParts, from remote: RemoteEnd, forwardedFor: Bytes?,
        fields: ((Bytes, Bytes) -> Void) -> Void
    ) {
        var request = request
        remote.address.withBytes { address in
            body.withBytes { body in
                request.sourceAddress = forwardedFor ?? address
                request.sourcePort = forwardedFor == nil ? remote.port : 0
                request.body = body
                // Without a body there may have been one: an empty form can't be told from one that was left out.
                request.bodySize = body.isEmpty ? -1 : Int64(body.count)
                request.write(to: &message, fields: fields)
            }
        }
    }
}

extension RequestHead.View {
    /// The last address of X-Forwarded-For: of all its fields together, which are one list. Nil when there is none.
    var lastHop: Bytes? {
        var last: Bytes?
        forEachField { name, value in
            // An empty line adds nothing to say where the request came from.
            if name == "x-forwarded-for", !value.isEmpty || last == nil { last = value }
        }
        guard let list = last, !list.isEmpty else { return nil }
        return list.buffer.lastIndex(of: UInt8(ascii: ",")).map { list.dropFirst($0 + 1).trimmed } ?? list.trimmed
    }
}
