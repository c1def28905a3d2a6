// Refusals in the log, by reason, so that a bot's author can be told why: with the proxy's request id and the client's address,
// and nothing that the client sent. So many a second and no more: whoever floods with bad credentials does not flood the log.

import Authorization
import Logging
import Wire

/// Writes the refusals of one event loop to the log.
final class RefusalLog {
    private let logger: Logger
    private var second: Int64 = 0
    private var written = 0
    private var suppressed = 0
    private static let mostPerSecond = 20

    init(_ logger: Logger) { self.logger = logger }

    /// Logs `verdict` when it is a refusal.
    func note(_ verdict: Verdict, _ request: CheckRequest, at now: Timestamp) {
        guard verdict.outcome == .refused, let reason = verdict.reason, logger.logLevel <= .info, mayWrite(at: now)
        else { return }
        logger.info(
            "refused",
            metadata: [
                "reason": "\(reason.rawValue)", "mode": "\(verdict.mode.rawValue)", "id": "\(request.id.string)",
                "address": "\(request.sourceAddress.string)",
            ])
    }

    /// Logs what is wrong with a route: the operator's to mend, so an error.
    func note(routeProblem: String, at now: Timestamp) {
        if mayWrite(at: now) { logger.error("route misconfigured", metadata: ["problem": "\(routeProblem)"]) }
    }

    private func mayWrite(at now: Timestamp) -> Bool {
        if now.seconds != second {
            if suppressed > 0 { logger.info("refusals not logged", metadata: ["count": "\(suppressed)"]) }
            second = now.seconds
            written = 0
            suppressed = 0
        }
        written += 1
        if written > Self.mostPerSecond { suppressed += 1 }
        return written <= Self.mostPerSecond
    }
}
