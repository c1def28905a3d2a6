// Refusals in the log, by reason, so that a bot's author can be told why: with the proxy's request id and the client's address,
// and nothing that the client sent. So many a second and no more: whoever floods with bad credentials does not flood the log.
// What is wrong with a route has a budget of its own, which no client can use up.

import Sessions
import Logging
import Bytes

/// Writes the refusals of one event loop to the log.
final class RefusalLog {
    private let logger: Logger
    private var refusals = Budget(perSecond: 20)
    private var routeProblems = Budget(perSecond: 2)

    init(_ logger: Logger) { self.logger = logger }

    /// Logs `decision` when it is a refusal.
    func note(_ decision: Decision, _ request: Request, at now: Timestamp) {
        guard decision.outcome == .refused, let reason = decision.reason, logger.logLevel <= .info else { return }
        let (mayWrite, unsaid) = refusals.take(at: now)
        if unsaid > 0 { logger.info("refusals not logged", metadata: ["count": "\(unsaid)"]) }
        guard mayWrite else { return }
        logger.info(
            "refused",
            metadata: [
                "reason": "\(reason.rawValue)", "mode": "\(decision.mode.rawValue)", "id": "\(request.id.string)",
                "address": "\(request.sourceAddress.string)",
            ])
    }

    /// Logs what is wrong with a route: the operator's to mend, so an error.
    func note(routeProblem: String, at now: Timestamp) {
        let (mayWrite, unsaid) = routeProblems.take(at: now)
        if unsaid > 0 { logger.error("route misconfigured, not logged", metadata: ["count": "\(unsaid)"]) }
        if mayWrite { logger.error("route misconfigured", metadata: ["problem": "\(routeProblem)"]) }
    }
}

/// How many lines may be written in a second, and how many were not.
private struct Budget {
    let perSecond: Int
    private var second: Int64 = 0
    private var written = 0
    private var suppressed = 0

    init(perSecond: Int) { self.perSecond = perSecond }

    /// Whether another line may be written, and how many were not since that was last said.
    mutating func take(at now: Timestamp) -> (mayWrite: Bool, unsaid: Int) {
        var unsaid = 0
        if now.seconds != second { (second, written, unsaid, suppressed) = (now.seconds, 0, suppressed, 0) }
        written += 1
        if written > perSecond { suppressed += 1 }
        return (written <= perSecond, unsaid)
    }
}
