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
            var request = CheckRequestBuilder()
            let isTrusted = trustedPeers.contains(remote)
            exchange.head.withView { head in
                request.method = head.method.array
                request.path = head.path.dropFirst(Endpoint.prefix.count).array
                request.host = head.authority.array
                request.scheme = head.scheme.isEmpty ? Array("http".utf8) : head.scheme.array
                request.copyFields(of: head)
                request.setSource(remote, forwardedFor: isTrusted ? head.field("x-forwarded-for") : nil)
            }
            request.setBody(exchange.body)
            exchange.message = request.encode()
        }
        return authorizeInHTTP(exchange, at: now, isEnvoy: true)
    }

    /// Decides about `exchange.message`, and answers in HTTP's own words.
    func authorizeInHTTP(_ exchange: Exchange, at now: Timestamp, isEnvoy: Bool) -> Step<Void> {
        authorize(exchange, at: now, malformed: "malformed request") { settled, request in
            exchange.reply.reset()
            let decision = settled.decision
            let facts = IdentityFacts(
                decision.identity, decision.actsAs, policy.profiles[decision.profile], policy,
                limits: policy.limits(of: decision, request))
            if decision.outcome == .refused, decision.mode == .enforce, let reason = decision.reason {
                let refusal = Refusals.refusal(reason, isBearer: decision.isBearer, request, policy)
                exchange.reply.answer(refusal, to: request, isEnvoy: isEnvoy)
            } else {
                exchange.reply.answer(settled, facts, request, policy, isEnvoy: isEnvoy)
            }
            exchange.reply.addMetadata(decision, facts)
        }
    }
}

extension CheckRequestBuilder {
    /// Takes the header fields over but those that are about the question itself: its length, and what Envoy's own filter would
    /// have removed. `names` are left out too.
    mutating func copyFields(
        of head: RequestHead.View, without names: [StaticString] = [], keepsEmpty: Bool = true
    ) {
        head.forEachField { name, value in
            if value.isEmpty, !keepsEmpty { return }
            if name == "content-length" || name == "transfer-encoding" || names.contains(where: { name == $0 }) {
                return
            }
            addHeader(name, value)
        }
    }

    /// Where the request came from: the last hop that the proxy itself has written down, else the proxy.
    mutating func setSource(_ remote: RemoteEnd, forwardedFor: [UInt8]?) {
        sourceAddress = remote.address
        sourcePort = remote.port
        guard let list = forwardedFor, !list.isEmpty else { return }
        let last = list.lastIndex(of: UInt8(ascii: ",")).map { Array(list[($0 + 1)...]) } ?? list
        sourceAddress = last.withBytes { $0.trimmed.array }
        sourcePort = 0
    }

    /// The body that came along. Without one there may have been one: an empty form can't be told from one that was left out.
    mutating func setBody(_ bytes: [UInt8]) {
        body = bytes.isEmpty ? nil : bytes
        size = bytes.isEmpty ? -1 : nil
    }
}

extension RequestHead.View {
    /// The value of a field; several are joined with commas, nil when there is none.
    func field(_ name: StaticString) -> [UInt8]? {
        var found: [UInt8]?
        forEachField { field, value in
            guard field == name else { return }
            if found == nil { found = value.array } else { found?.append(contentsOf: ",".utf8); found?.append(value) }
        }
        return found
    }
}
