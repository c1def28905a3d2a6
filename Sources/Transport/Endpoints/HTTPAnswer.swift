// A decision in HTTP's own words: status and header fields.

import Bytes
import EnvoyProtocol
import Sessions

extension Reply {
    /// The client's answer to `request`, when it is refused.
    mutating func answer(_ refusal: Refusal, to request: Request, isEnvoy: Bool) {
        status = Self.status(of: refusal, isEnvoy: isEnvoy)
        for (name, value) in refusal.headers { addField(name, Array(value.utf8)) }
        for (name, value) in CrossOrigin.headers(for: request) { addField(name, value) }
        body = refusal.body
    }

    /// A status that the proxy takes for a refusal: any 2xx would let the request pass. nginx knows 401 and 403 only, of which
    /// the second does not ask for other credentials.
    private static func status(of refusal: Refusal, isEnvoy: Bool) -> Int {
        if isEnvoy { return refusal.status >= 400 ? refusal.status : 401 }
        return refusal.status > 401 ? 403 : 401
    }

    /// What the proxy sets on the request and on the answer. Envoy is also told what to remove from the request.
    mutating func answer(
        _ settled: SettledDecision, _ facts: IdentityFacts, _ request: Request, _ policy: Policy, isEnvoy: Bool
    ) {
        let profile = policy.profiles[settled.decision.profile]
        var removed: [String] = []
        for (name, value) in facts.headers(profile.settings) {
            if let value { addField(name, value) } else { removed.append(name) }
        }
        if profile.settings.injectCookie {
            switch InjectedCookie(settled, request, policy) {
            case .unchanged: break
            case .removed: removed.append("cookie")
            case .replaced(let value): addField("cookie", value)
            }
        }
        if let cookie = settled.cookie {
            addField("set-cookie", cookie.header)
            if let control = profile.settings.markPrivate.cacheControl {
                addField("cache-control", Array(control.utf8))
            }
        }
        if isEnvoy, !removed.isEmpty {
            addField("x-envoy-auth-headers-to-remove", Array(removed.joined(separator: ",").utf8))
        }
    }

    /// The leaves of the metadata: `x-sessiongate-user-id` is what `session.user.id` is over gRPC.
    mutating func addMetadata(_ decision: Decision, _ facts: IdentityFacts) {
        var leaves = [Fact.text("outcome", "\(decision.outcome.name)")] + facts.facts
        leaves.append(.text("cookie", "\(decision.cookie.name)"))
        if let reason = decision.reason { leaves.append(.text("reason", reason.rawValue)) }
        if decision.outcome == .refused, decision.mode == .observe { leaves.append(.text("mode", "observe")) }
        addFacts(leaves, under: "x-sessiongate")
    }

    private mutating func addFacts(_ facts: [Fact], under prefix: String) {
        for fact in facts {
            switch fact {
            case .text(let name, let text):
                addField("\(prefix)-\(name)".fieldName, HeaderText.printable(Array(text.utf8)))
            case .group(let name, let inner): addFacts(inner, under: "\(prefix)-\(name)")
            }
        }
    }

    private mutating func addField(_ name: String, _ value: [UInt8]) {
        Array(name.utf8).withBytes { name in value.withBytes { addField(name, $0) } }
    }
}

extension String {
    /// As a field's name: `owner_only` is `owner-only`.
    fileprivate var fieldName: String { String(map { $0 == "_" ? "-" : $0 }) }
}
