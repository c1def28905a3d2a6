// What becomes of a refusal beside its answer: a line in the log, a count for its consumer, and a place among those that are kept.

import Bytes
import EnvoyProtocol
import Sessions
import Telemetry

/// Notes the refusals of one event loop.
final class RefusalRecorder {
    private let log: CheckLog?
    private let records: DecisionRecords
    /// Masking a request takes as long as deciding about it: a flood of refusals must not take twice its time.
    private var keeping = Limiter(perSecond: 200)

    init(_ log: CheckLog?, _ records: DecisionRecords) {
        self.log = log
        self.records = records
    }

    /// Notes `decision`, which is a refusal.
    func note(_ decision: Decision, _ request: Request, _ policy: Policy, at now: Timestamp) {
        guard let reason = decision.reason else { return }
        records.refusedConsumers.add(decision.refusedConsumer, kind: reason.index)
        write(decision, reason, request, at: now)
        guard let kept = records.kept, case .admitted = keeping.admit(at: now.milliseconds) else { return }
        let request = request.identified
        kept.keep(
            KeptRefusal(
                requestID: request.recordID.prefix(KeptRefusals.maxIDBytes).string, time: now.milliseconds,
                reason: reason.rawValue,
                mode: decision.mode.rawValue, consumerKey: decision.refusedConsumer?.key.withBytes(\.string) ?? "",
                message: request.masked(policy, at: now)))
    }

    private func write(_ decision: Decision, _ reason: Reason, _ request: Request, at now: Timestamp) {
        log?.refused(at: now.milliseconds) {
            let request = request.identified
            var refusal = CheckLog.Refusal()
            refusal.reason = reason.rawValue
            refusal.mode = decision.mode.rawValue
            refusal.id = request.recordID
            refusal.address = request.sourceAddress
            refusal.consumer = decision.refusedConsumer?.key
            refusal.trace = request.traceID
            return refusal
        }
    }
}
