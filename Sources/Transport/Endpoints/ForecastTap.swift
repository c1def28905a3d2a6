// Which requests a forecast counts, and on what: as the gateway's limits do, with the metadata of the answer.
//
// A refusal that is carried out gets to no limit. One that observe mode lets through counts as the anonymous request that the edge
// takes it for. The proxy's retry of a check is the same request once more.

import Bytes
import EnvoyProtocol
import Forecast
import Sessions
import Telemetry

/// Hands the requests of one event loop over to the forecast.
final class ForecastTap {
    private let queue: ForecastQueue
    private var generation: UInt32?
    /// `jwt-sub:` and the subject of a user up to the id.
    private var prefix: [UInt8] = []

    init(_ queue: ForecastQueue) { self.queue = queue }

    /// Whether requests are counted.
    @inline(__always)
    var isCounting: Bool { queue.isCounting }

    /// Counts a request.
    func note(_ settled: SettledDecision, _ request: Request, _ policy: Policy, at now: Timestamp) {
        let decision = settled.decision
        if settled.isRetry || decision.outcome == .refused && decision.mode == .enforce { return }
        let profile = policy.profiles[decision.profile]
        guard !profile.settings.limitsAll else { return noteLimited(decision, request, policy, at: now) }
        guard let identity = decision.identity else {
            let address = policy.clientAddress(of: request) ?? .empty
            if address.isEmpty { return }
            return add(ForecastKeyText(address), profile.anonymousClass, decision, at: now)
        }
        if let id = identity.userID, id >= 0 {
            adoptPrefix(of: policy)
            prefix.withBytes { add(ForecastKeyText($0, id), identity.rateLimitClass, decision, at: now) }
        } else if let key = identity.rateLimitKey(policy) {
            Array(key.utf8).withBytes { add(ForecastKeyText($0), identity.rateLimitClass, decision, at: now) }
        }
    }

    /// A request of a profile that limits all of them. Without a class it is not limited.
    private func noteLimited(_ decision: Decision, _ request: Request, _ policy: Policy, at now: Timestamp) {
        guard let limits = policy.limits(of: decision, request), let name = limits.rateLimitClass, let key = limits.key
        else { return }
        Array(key.utf8).withBytes { add(ForecastKeyText($0), name, decision, at: now) }
    }

    @inline(__always)
    private func add(_ key: ForecastKeyText, _ name: String?, _ decision: Decision, at now: Timestamp) {
        let cookie: Observation.Cookie =
            switch decision.cookie {
            case .none: .none
            case .set: .set
            case .keep: .keep
            }
        var name = name ?? ""
        name.withUTF8 { name in
            let consumer = decision.identity?.consumer?.key ?? []
            consumer.withBytes { consumer in
                queue.add(key, className: Bytes(name), consumer: consumer, cookie: cookie, second: now.seconds)
            }
        }
    }

    private func adoptPrefix(of policy: Policy) {
        guard generation != policy.generation else { return }
        generation = policy.generation
        prefix = Array(("jwt-sub:" + policy.settings.users.subjectPrefix).utf8)
    }
}
