// What the log of decisions takes from a decision and its request.

import Sessions
import Telemetry

extension DecisionLog {
    /// Logs `decision` when it is a refusal.
    func note(_ decision: Decision, _ request: Request, at now: Timestamp) {
        guard decision.outcome == .refused, let reason = decision.reason else { return }
        refused(
            reason: reason.rawValue, mode: decision.mode.rawValue, id: request.id, address: request.sourceAddress,
            at: now.milliseconds)
    }
}
