// A decision in HTTP's own words: status and header fields.

import Bytes
import EnvoyProtocol
import Sessions

extension Reply {
    /// The client's answer to `request`, when it is refused.
    mutating func answer(_ refusal: Refusal, to request: Request, isEnvoy: Bool) {
        status = Self.status(of: refusal, isEnvoy: isEnvoy)
        for (name, value) in refusal.headers { addField(name) { $0 += value.utf8 } }
        for (name, value) in CrossOrigin.headers(for: request) { addField(name) { $0 += value } }
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
        var removed: [UInt8] = []
        func remove(_ name: String) {
            if !removed.isEmpty { removed.append(UInt8(ascii: ",")) }
            removed.append(contentsOf: name.utf8)
        }
        facts.forEachHeader(profile.settings) { name, value in
            if let value { addField(name) { HeaderText.append(value, to: &$0) } } else { remove(name) }
        }
        if profile.settings.injectCookie {
            switch InjectedCookie(settled, request, policy) {
            case .unchanged: break
            case .removed: remove("cookie")
            case .replaced(let value): addField("cookie") { $0 += value }
            }
        }
        if let cookie = settled.cookie {
            addField("set-cookie") { $0 += cookie.header }
            if let control = profile.settings.markPrivate.cacheControl {
                addField("cache-control") { $0 += control.utf8 }
            }
        }
        if isEnvoy, !removed.isEmpty { addField("x-envoy-auth-headers-to-remove") { $0 += removed } }
    }

    /// The leaves of the metadata: `x-sessiongate-user-id` is what `session.user.id` is over gRPC.
    mutating func addMetadata(_ decision: Decision, _ facts: IdentityFacts) {
        addLeaf("outcome", decision.outcome.name)
        facts.forEachLeaf { group, name, text in addLeaf(group, name, text) }
        addLeaf("cookie", decision.cookie.name)
        if let reason = decision.reason { addLeaf(nil, "reason", reason.rawValue) }
        if decision.outcome == .refused, decision.mode == .observe { addLeaf("mode", "observe") }
    }

    private mutating func addLeaf(_ name: StaticString, _ text: StaticString) {
        addField(
            name: {
                $0.append("x-sessiongate-")
                $0.append(name)
            },
            value: {
                $0.append(text)
            })
    }

    private mutating func addLeaf(_ group: StaticString?, _ name: StaticString, _ text: String) {
        addField(
            name: {
                $0.append("x-sessiongate-")
                if let group {
                    $0.append(group)
                    $0.append(UInt8(ascii: "-"))
                }
                for byte in Bytes(name).buffer { $0.append(byte == UInt8(ascii: "_") ? UInt8(ascii: "-") : byte) }
            },
            value: {
                HeaderText.append(text, to: &$0)
            })
    }

    private mutating func addField(_ name: String, _ value: (inout [UInt8]) -> Void) {
        addField(name: { $0.append(contentsOf: name.utf8) }, value: value)
    }
}
