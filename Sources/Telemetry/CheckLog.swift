// Refusals in the log, by reason, so that a bot's author can be told why: with the proxy's request id, the client's address and the
// registered consumer, and nothing else that the client sent. A flood of bad credentials does not flood the log: so many lines a
// second are written. What is wrong with a route is limited apart, so that no client can crowd it out. At level debug checks that had
// to wait are logged too, whatever was decided.

import Bytes
import Logging

/// Writes the checks of one event loop that an operator should see.
package final class CheckLog {
    /// One refusal.
    package struct Refusal {
        /// The reason's code.
        package var reason = ""
        /// What became of it: `enforce` or `observe`.
        package var mode = ""
        /// The proxy's id of the request.
        package var id = Bytes.empty
        /// The client's address.
        package var address = Bytes.empty
        /// The key of the registered consumer that it names; nil when it names none.
        package var consumer: [UInt8]?
        /// The trace that it belongs to; empty when it belongs to none.
        package var trace = ""

        /// Nothing known.
        package init() {}
    }

    /// One check that had to wait for lookups.
    package struct Wait {
        /// The kind of its result.
        package var outcome = ""
        /// Why there was no decision: the fault's code; empty where there was one.
        package var fault = ""
        /// The proxy's id of the request.
        package var id = Bytes.empty
        /// For how many lookups it has waited.
        package var lookups = 0
        /// From its arrival to its answer, in microseconds.
        package var duration: Int64 = 0

        /// Nothing known.
        package init() {}
    }

    /// The longest request id or address that is logged, in bytes: both come from the wire.
    private static let maxWireValue = 128

    private let logger: Logger
    private var refusals = Limiter(perSecond: 20)
    private var waits = Limiter(perSecond: 100)
    private var routeProblems = Limiter(perSecond: 2)

    /// A log of checks that writes to `logger`.
    package init(_ logger: Logger) { self.logger = logger }

    /// Logs the refusal that `refusal` makes, unless there are too many. `now` is milliseconds of any clock.
    package func refused(at now: Int64, _ refusal: () -> Refusal) {
        guard logger.logLevel <= .info, case .admitted(let suppressed) = refusals.admit(at: now) else { return }
        if suppressed > 0 { logger.info("refusals not logged", metadata: ["count": "\(suppressed)"]) }
        let refusal = refusal()
        var values: Logger.Metadata = [
            "reason": "\(refusal.reason)", "mode": "\(refusal.mode)", "id": "\(Self.text(refusal.id))",
            "address": "\(Self.text(refusal.address))",
        ]
        if let consumer = refusal.consumer { values["consumer"] = "\(consumer.withBytes(Self.text))" }
        if !refusal.trace.isEmpty { values["trace"] = "\(refusal.trace)" }
        logger.info("refused", metadata: values)
    }

    /// Logs the check that `wait` makes, unless there are too many. `now` is milliseconds of any clock.
    package func waited(at now: Int64, _ wait: () -> Wait) {
        guard logger.logLevel <= .debug, case .admitted(let suppressed) = waits.admit(at: now) else { return }
        if suppressed > 0 { logger.debug("waits not logged", metadata: ["count": "\(suppressed)"]) }
        let wait = wait()
        var values: Logger.Metadata = [
            "outcome": "\(wait.outcome)", "id": "\(Self.text(wait.id))", "lookups": "\(wait.lookups)",
            "us": "\(wait.duration)",
        ]
        if !wait.fault.isEmpty { values["fault"] = "\(wait.fault)" }
        logger.debug("check had to wait", metadata: values)
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
