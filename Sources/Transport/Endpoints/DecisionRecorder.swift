// A decision that is sampled becomes a line of the decision log.

import Bytes
import EnvoyProtocol
import Sessions
import Telemetry

/// Writes the decisions of one event loop that are sampled.
final class DecisionRecorder {
    private static let maxHostBytes = 255, maxPathBytes = 1024, maxMethodBytes = 32, maxWireBytes = 128

    private let log: DecisionLog
    private var sampler: DecisionSampler
    private var line: [UInt8] = []

    init(_ log: DecisionLog) {
        self.log = log
        sampler = DecisionSampler(log.settings.sample, seed: .random(in: .min ... .max))
    }

    /// Whether checks with this outcome are recorded at all.
    func records(_ outcome: CheckOutcome) -> Bool { sampler.records(outcome) }

    /// Records `decision` about `request` if it is sampled.
    func note(_ decision: Decision, _ request: Request, _ timing: CheckTiming, _ policy: Policy, at now: Timestamp) {
        let outcome = CheckOutcome(decision.outcome)
        guard sampler.isSampled(outcome, id: request.recordID) else { return }
        var record = record(outcome, request, timing, policy, at: now)
        record.fill(decision, request, policy, log.settings)
        write(record)
    }

    /// Records that there was no decision about `request`, if it is sampled.
    func note(_ fault: Fault, _ request: Request, _ timing: CheckTiming, _ policy: Policy, at now: Timestamp) {
        guard sampler.isSampled(.failed, id: request.recordID) else { return }
        var record = record(.failed, request, timing, policy, at: now)
        record.fault = fault.rawValue
        write(record)
    }

    private func record(
        _ outcome: CheckOutcome, _ request: Request, _ timing: CheckTiming, _ policy: Policy, at now: Timestamp
    ) -> DecisionRecord {
        let facts = RequestFacts(request, policy)
        var record = DecisionRecord()
        record.time = now.milliseconds
        record.requestID = request.recordID.prefix(Self.maxWireBytes).string
        record.traceID = request.traceID
        record.host = CredentialMask.host(facts.host.prefix(Self.maxHostBytes)).withBytes(\.string)
        record.wiki = facts.wiki ?? ""
        record.method = request.method.prefix(Self.maxMethodBytes).string
        record.path = CredentialMask.path(facts.path.prefix(Self.maxPathBytes)).withBytes(\.string)
        record.outcome = outcome.rawValue
        record.type = SessionType.none.rawValue
        record.actsAs = ActsAs.anonymous.rawValue
        record.cookie = CookieAction.none.rawValue
        record.mode = facts.mode.rawValue
        if log.settings.clientAddresses { record.clientAddress = facts.address.prefix(Self.maxWireBytes).string }
        record.duration = timing.age / 1000
        record.lookups = Int64(timing.lookups)
        record.sampleWeight = sampler.weight(outcome)
        record.instance = log.instance
        record.version = log.version
        return record
    }

    private func write(_ record: DecisionRecord) {
        line.removeAll(keepingCapacity: true)
        record.write(into: &line)
        log.write(line)
    }
}

extension DecisionRecord {
    /// Takes over what was decided.
    fileprivate mutating func fill(
        _ decision: Decision, _ request: Request, _ policy: Policy, _ settings: DecisionSettings
    ) {
        actsAs = decision.actsAs.rawValue
        cookie = decision.cookie.rawValue
        mode = decision.mode.rawValue
        reason = decision.reason?.rawValue ?? ""
        let consumer = decision.identity?.consumer ?? decision.refusedConsumer
        consumerKey = consumer?.key.withBytes(\.string) ?? ""
        if let identity = decision.identity {
            type = identity.type.rawValue
            userID = identity.userID
            userSub = identity.subject(policy) ?? ""
            if settings.userNames { userName = identity.userName }
        }
        if let limits = policy.limits(of: decision, request) {
            (rateLimitClass, rateLimitKey) = (limits.rateLimitClass ?? "", limits.key ?? "")
            // Without a key it is not limited, by its address neither.
            clientAddress = ""
        } else {
            let profile = policy.profiles[decision.profile]
            rateLimitClass = (decision.identity.map(\.rateLimitClass) ?? profile.anonymousClass) ?? ""
            rateLimitKey = decision.identity?.rateLimitKey(policy) ?? ""
        }
        // Limits count on the key then. An address beside a user's name would tell where the user is.
        if !rateLimitKey.isEmpty { clientAddress = "" }
    }
}
