// Refusals in the log, by reason, so that a bot's author can be told why: with the proxy's request id and the client's address,
// and nothing else that the client sent. A flood of bad credentials does not flood the log: so many lines a second are written.
// What is wrong with a route is limited apart, so that no client can crowd it out.

import Bytes
import Logging

/// Writes the decisions of one event loop that an operator should see.
package final class DecisionLog {
    /// The longest request id or address that is logged, in bytes: both come from the wire.
    private static let maxWireValue = 128

    private let logger: Logger
    private var refusals = Limiter(perSecond: 20)
    private var routeProblems = Limiter(perSecond: 2)

    /// A log of decisions that writes to `logger`.
    package init(_ logger: Logger) { self.logger = logger }

    /// Logs a refusal.
    /// - Parameter reason: The reason's code.
    /// - Parameter mode: What became of it: `enforce` or `observe`.
    /// - Parameter id: The proxy's id of the request.
    /// - Parameter address: The client's address.
    /// - Parameter now: Milliseconds of any clock.
    package func refused(reason: String, mode: String, id: Bytes, address: Bytes, at now: Int64) {
        guard logger.logLevel <= .info, case .admitted(let suppressed) = refusals.admit(at: now) else { return }
        if suppressed > 0 { logger.info("refusals not logged", metadata: ["count": "\(suppressed)"]) }
        logger.info(
            "refused",
            metadata: [
                "reason": "\(reason)", "mode": "\(mode)", "id": "\(Self.text(id))", "address": "\(Self.text(address))",
            ])
    }

    /// Logs what is wrong with a route: an error, for the operator has to mend it. `now` is milliseconds of any clock.
    package func misconfigured(_ problem: String, at now: Int64) {
        guard case .admitted(let suppressed) = routeProblems.admit(at: now) else { return }
        if suppressed > 0 { logger.error("route misconfigured, not logged", metadata: ["count": "\(suppressed)"]) }
        logger.error("route misconfigured", metadata: ["problem": "\(problem)"])
    }

    private static func text(_ value: Bytes) -> String {
        shortened(value.prefix(maxWireValue * 2).string, to: maxWireValue)
    }
}
