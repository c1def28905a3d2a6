// The HTTP modes: the proxy asks with a plain request, and reads the answer from the status and the header fields.
//
//     /authz/w/api.php?action=query     Envoy's HTTP ext_authz: the request is this one, without the prefix
//     /authz                            forward auth of nginx, Traefik, Caddy, HAProxy: fields tell which request (ForwardAuth.swift)
//
// 200: go on, with these fields; 401: refused, and this is the client's answer; 503 and 504: there is no verdict.
// Both are turned into the CheckRequest that Envoy would have sent over gRPC, so that there is one way to a verdict.

import Sessions
import Bytes
import EnvoyProtocol

extension Endpoints {
    /// Envoy's HTTP service mode.
    func serveAuthorize(_ exchange: Exchange, from remote: RemoteEnd, at now: Timestamp) -> ServiceStep {
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
        return authorize(exchange, at: now, isEnvoy: true)
    }

    /// Judges `exchange.message`, and answers in HTTP's own words.
    func authorize(_ exchange: Exchange, at now: Timestamp, isEnvoy: Bool) -> ServiceStep {
        var response: [UInt8] = []
        switch exchange.message.withBytes({ check($0, of: exchange, at: now, into: &response) }) {
        case .answered:
            guard let answer = try? CheckResponse(protobuf: response) else { return .failed(.unresolved) }
            exchange.reply.answer(answer, isEnvoy: isEnvoy)
            return .answered
        case .malformed:
            exchange.reply.fail(http: 400, "malformed request")
            return .answered
        case .needs(let lookup): return .needs(lookup)
        case .failed(let fault): return .failed(fault)
        }
    }
}

extension CheckRequestBuilder {
    /// Takes the header fields over but those that are about the question itself: its length, and what Envoy's own filter would
    /// have removed. `names` are left out too.
    mutating func copyFields(of head: RequestHead.View, without names: [StaticString] = []) {
        head.forEachField { name, value in
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
        let last = list.lastIndex(of: UInt8(ascii: ",")).map { list[($0 + 1)...] } ?? list[...]
        sourceAddress = Array(last.drop { $0 == 0x20 }.reversed().drop { $0 == 0x20 }.reversed())
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

extension Reply {
    /// A verdict as status and header fields.
    mutating func answer(_ answer: CheckResponse, isEnvoy: Bool) {
        reset()
        switch answer.answer {
        case .ok(let ok):
            for header in ok.headers + ok.responseHeadersToAdd { addField(header.key, header.value) }
            if isEnvoy, !ok.headersToRemove.isEmpty {
                addField("x-envoy-auth-headers-to-remove", ok.headersToRemove.joined(separator: ","))
            }
        case .denied(let denied):
            status = Int(denied.status)
            for header in denied.headers { addField(header.key, header.value) }
            body = Array(denied.body.utf8)
        case .none, .error:
            fail(http: 503, "no verdict")
        }
        if let session = answer.dynamicMetadata?["session"] { addMetadata(session, under: "x-sessiongate") }
    }

    /// The leaves of the metadata: `x-sessiongate-user-id` is what `session.user.id` is over gRPC.
    private mutating func addMetadata(_ value: JSON, under name: String) {
        for member in value.members ?? [] {
            let name = name + "-" + member.name.map { $0 == "_" ? "-" : String($0) }.joined()
            if let text = member.value.stringValue {
                addField(name, HeaderText.printable(Array(text.utf8)))
            } else {
                addMetadata(member.value, under: name)
            }
        }
    }

    private mutating func addField(_ name: String, _ value: String) { addField(name, Array(value.utf8)) }

    private mutating func addField(_ name: String, _ value: [UInt8]) {
        Array(name.utf8).withBytes { name in value.withBytes { addField(name, $0) } }
    }
}
