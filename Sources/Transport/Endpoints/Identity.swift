// /v1/identity: who is this? The request's own credentials with GET; a cookie or an access token in the body with POST. No nonce
// is claimed and no cookie is set, so it can be asked again and again.

import Sessions
import Bytes
import EnvoyProtocol
import Telemetry

extension Endpoints {
    func serveIdentity(_ exchange: Exchange, from remote: RemoteEnd, at now: Timestamp) -> Step<Void> {
        let step = identify(exchange, from: remote, at: now)
        if case .decided = step, exchange.reply.status != 200 { exchange.reply.addField("cache-control", "no-store") }
        return step
    }

    private func identify(_ exchange: Exchange, from remote: RemoteEnd, at now: Timestamp) -> Step<Void> {
        guard exchange.requireMethod([.get, .head, .post], "GET, HEAD, POST") else {
            return rejected(exchange, .unsupported)
        }
        do throws(JSONError) {
            if exchange.message.isEmpty { exchange.message = try request(exchange, from: remote, at: now).encode() }
        } catch {
            exchange.reply.fail(badRequest: "\(error)")
            return rejected(exchange, .malformed)
        }
        do throws(WireError) {
            return try exchange.message.withBytes { (message) throws(WireError) in
                try policy.withRequest(message) { request in inspect(request, exchange, at: now) }
            }
        } catch {
            exchange.reply.fail(http: 400, "malformed request")
            return rejected(exchange, .malformed)
        }
    }

    /// Answers with the decision, which is not carried out: no nonce is claimed and no cookie set.
    private func inspect(_ request: Request, _ exchange: Exchange, at now: Timestamp) -> Step<Void> {
        var request = request
        request.asksForIdentity = true
        switch decide(request, of: exchange, at: now) {
        case .decided(let decision):
            counters.identityAnswers[CheckOutcome(decision.outcome).index].add()
            exchange.reply.answer(json: decision.json(policy).compact + [0x0A], cacheControl: "no-store")
            return .decided(())
        case .needs(let lookup): return .needs(lookup)
        case .failed(let fault): return .failed(fault)
        }
    }

    private func request(
        _ exchange: Exchange, from remote: RemoteEnd, at now: Timestamp
    ) throws(JSONError) -> CheckRequestBuilder {
        var builder = CheckRequestBuilder()
        builder.sourceAddress = remote.address
        builder.sourcePort = remote.port
        builder.timeSeconds = now.seconds
        let isOwn = exchange.head.method != .post
        exchange.head.withView { head in
            builder.method = isOwn ? head.method.array : Array("GET".utf8)
            builder.path = head.path.array
            builder.host = head.authority.array
            builder.scheme = head.scheme.isEmpty ? Array("http".utf8) : head.scheme.array
            // Header fields may tell the client's address, scheme or host; credentials count only where they are asked about.
            head.forEachField { name, value in
                if isOwn || !Self.credentialFields.contains(where: { name == $0 }) { builder.addHeader(name, value) }
            }
        }
        guard !isOwn else { return builder }
        try addPresented(exchange, to: &builder)
        return builder
    }

    private static let credentialFields: [StaticString] = ["authorization", "cookie", "content-type", "content-length"]

    /// Adds the credential that the body presents: `{"cookie": …}` or `{"token": …}`.
    private func addPresented(_ exchange: Exchange, to builder: inout CheckRequestBuilder) throws(JSONError) {
        let json = try exchange.body.withBytes { text throws(JSONError) in try JSON(parsing: text) }
        guard let members = json.members, members.count == 1, let presented = members.first,
            let text = presented.value.stringValue
        else { throw JSONError("expected an object with one string, \"cookie\" or \"token\"") }
        // A separator in a value would be read as the end of it.
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: ";") }) else {
            throw JSONError("expected printable ASCII without spaces and semicolons", path: presented.name)
        }
        switch presented.name {
        case "cookie": builder.addHeader("cookie", "\(policy.settings.cookie.name)=\(text)")
        case "token": builder.addHeader("authorization", "Bearer \(text)")
        default: throw JSONError("unknown field; expected \"cookie\" or \"token\"", path: presented.name)
        }
    }
}

extension Decision {
    /// The identity object.
    func json(_ policy: Policy) -> JSON {
        var members = [
            JSON.Member("outcome", .string(outcome.rawValue)),
            JSON.Member("type", .string((identity?.type ?? .none).rawValue)),
            JSON.Member("acts_as", .string(actsAs.rawValue)),
        ]
        if let identity, let id = identity.userID {
            let user: [JSON.Member] = [
                .init("id", .integer(id)), .init("name", .string(identity.userName)),
                .init("sub", .string(identity.subject(policy) ?? "")),
            ]
            members.append(JSON.Member("user", .object(user)))
        }
        if let consumer = identity?.consumer {
            members.append(
                JSON.Member(
                    "consumer",
                    .object([
                        JSON.Member("key", .string(consumer.key.withBytes { $0.string })),
                        JSON.Member("id", .integer(consumer.id)), JSON.Member("name", .string(consumer.name)),
                        JSON.Member("owner_only", .bool(consumer.ownerOnly)),
                    ])))
        }
        if let name = identity?.rateLimitClass { members.append(JSON.Member("class", .string(name))) }
        if let key = identity?.rateLimitKey(policy) { members.append(JSON.Member("rate_limit_key", .string(key))) }
        if let grants = identity?.grants { members.append(JSON.Member("grants", .array(grants.map { .string($0) }))) }
        members.append(JSON.Member("cookie", .string("\(cookie.name)")))
        // Owner-only tokens say a thousand years; what is no date any more is no expiry.
        if let expires, let seconds = Int64(exactly: (expires / 1000).rounded(.down)) {
            members.append(JSON.Member("expires", .integer(seconds)))
        }
        if let reason {
            members.append(JSON.Member("reason", .string(reason.rawValue)))
            members.append(JSON.Member("error", .string("\(reason.errorCode)")))
        }
        return .object(members)
    }
}
