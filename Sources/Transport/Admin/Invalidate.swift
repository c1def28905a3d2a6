// POST /cache/invalidate: what was looked up is forgotten, here and by all instances.
//
//     no body, or {}          everything
//     {"user": 123}           a user, by central id
//     {"consumer": "key"}     a consumer, by its key
//     {"token": "…"}          an OAuth 1 token, an OAuth 2 access token, or its jti

import Bytes
import Sessions

extension AdminService {
    /// Answers when it is done.
    func invalidate(_ exchange: Exchange, _ head: RequestHead.View) -> Step<Void> {
        if let report = exchange.invalidation?.report {
            exchange.reply.answer(json: report.json, cacheControl: "no-store")
            if report == .queued { exchange.reply.status = 202 }
            return .decided(())
        }
        guard exchange.requireMethod([.post], "POST") else { return .decided(()) }
        if let problem = guardian.problem(head, changes: true) {
            exchange.reply.refuse(problem)
            return .decided(())
        }
        do throws(JSONError) {
            let order = PendingInvalidation(try Invalidation(json: exchange.body))
            exchange.invalidation = order
            return .needs(.invalidation(order))
        } catch {
            exchange.reply.fail(badRequest: "\(error)")
            return .decided(())
        }
    }
}

extension PendingInvalidation.Report {
    fileprivate var json: [UInt8] {
        var members = [JSON.Member("invalidated", .bool(true))]
        switch self {
        case .alone: members.append(JSON.Member("instances", .integer(1)))
        case .told(let count): members.append(JSON.Member("instances", .integer(Int64(count))))
        case .queued: members.append(JSON.Member("queued", .bool(true)))
        }
        return JSON.object(members).compact + [0x0A]
    }
}

extension Invalidation {
    /// What the body of a request asks for. An error repeats nothing of a token.
    fileprivate init(json body: [UInt8]) throws(JSONError) {
        let expected = "expected nothing, or an object with one of \"user\", \"consumer\" and \"token\""
        guard !body.isEmpty else {
            self = .all
            return
        }
        let json = try JSON(parsing: body)
        guard let members = json.members, members.count <= 1 else { throw JSONError(expected) }
        guard let member = members.first else {
            self = .all
            return
        }
        switch (member.name, member.value.integerValue, member.value.stringValue) {
        case ("user", let id?, _): self = .user(id)
        case ("user", nil, _): throw JSONError("expected the number of a user", path: "user")
        case ("consumer", _, let key?) where !key.isEmpty: self = .consumer(Array(key.utf8))
        case ("token", _, let text?) where !text.isEmpty: self = .token(TokenDigest(text: Array(text.utf8)))
        case ("consumer", _, _), ("token", _, _): throw JSONError("expected a text", path: member.name)
        default: throw JSONError(expected)
        }
    }
}
