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
        _ settled: SettledDecision, _ told: HeaderAnswer, _ request: Request, _ policy: Policy, isEnvoy: Bool
    ) {
        let settings = policy.profiles[settled.decision.profile].settings
        var removesCookie = false
        fields.add(told.fields)
        if settings.injectCookie {
            switch InjectedCookie(settled, request, policy) {
            case .unchanged: break
            case .removed: removesCookie = true
            case .replaced(let value): addField("cookie") { $0 += value }
            }
        }
        if let cookie = settled.cookie {
            addField("set-cookie") { $0 += cookie.header }
            if let control = settings.markPrivate.cacheControl { addField("cache-control") { $0 += control.utf8 } }
        }
        guard isEnvoy, removesCookie || !told.removed.isEmpty else { return }
        addField("x-envoy-auth-headers-to-remove") {
            $0 += told.removed
            if removesCookie { $0.append(told.removed.isEmpty ? "cookie" : ",cookie") }
        }
    }

    /// The leaves of the metadata.
    mutating func addMetadata(_ decision: Decision, _ told: HeaderAnswer) {
        addField("x-sessiongate-outcome", decision.outcome.name)
        fields.add(told.leaves)
        addField("x-sessiongate-cookie", decision.cookie.name)
        if let reason = decision.reason { addField("x-sessiongate-reason") { $0 += reason.rawValue.utf8 } }
        if let consumer = decision.refusedConsumer {
            addField("x-sessiongate-refused-consumer") { HeaderText.append(consumer.key.withBytes(\.string), to: &$0) }
        }
        if decision.outcome == .refused, decision.mode == .observe { addField("x-sessiongate-mode", "observe") }
    }

    private mutating func addField(_ name: String, _ value: (inout [UInt8]) -> Void) {
        fields.add(name: { $0.append(contentsOf: name.utf8) }, value: value)
    }
}
