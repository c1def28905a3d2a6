// An outage of a store in the log: one line when it begins, one a minute while it lasts, and one at its end, with how long it took
// and how many checks had no decision. Errors of single lookups are not repeated meanwhile.
//
//     well ──(an error, or a problem at a look)──► out ──(no problem at a look, and no error for 2 s)──► well

import Logging
import Synchronization

/// An outage, as looks and errors show it. A value: times are parameters, in milliseconds of any clock.
package struct OutageState {
    /// What is to be said.
    package enum Line: Equatable {
        case began(String)
        case goesOn(String, seconds: Int64, failed: UInt64)
        case ended(seconds: Int64, failed: UInt64)
    }

    private static let minute: Int64 = 60_000
    /// Lookups that succeed between errors don't end an outage at once.
    private static let patience: Int64 = 2000

    private struct Current {
        let start: Int64
        let failedBefore: UInt64
        var said: Int64
        var lastError: Int64
        var problem: String
    }

    private var current: Current?

    /// No outage.
    package init() {}

    /// A lookup has failed for `problem`. `failed` checks had no decision so far.
    package mutating func error(_ problem: String, failed: UInt64, at now: Int64) -> Line? {
        guard current == nil else {
            current?.lastError = now
            current?.problem = problem
            return nil
        }
        current = Current(start: now, failedBefore: failed, said: now, lastError: now, problem: problem)
        return .began(problem)
    }

    /// A look has found `problem`, or none.
    package mutating func look(_ problem: String?, failed: UInt64, at now: Int64) -> Line? {
        if let problem { if let line = error(problem, failed: failed, at: now) { return line } }
        guard var outage = current else { return nil }
        let seconds = (now - outage.start) / 1000
        let failed = failed &- min(failed, outage.failedBefore)
        if problem == nil, now - outage.lastError >= Self.patience {
            current = nil
            return .ended(seconds: seconds, failed: failed)
        }
        guard now - outage.said >= Self.minute else { return nil }
        outage.said = now
        current = outage
        return .goesOn(outage.problem, seconds: seconds, failed: failed)
    }
}

/// Writes the outages of one store to the log.
public final class OutageLog: Sendable {
    private let store: String
    private let logger: Logger
    private let outage = Mutex(OutageState())
    private let failedChecks = Mutex<@Sendable () -> UInt64>({ 0 })

    /// A log of the outages of `store`.
    public init(_ store: String, _ logger: Logger) {
        self.store = store
        self.logger = logger
    }

    /// Has `count` tell how many checks had no decision so far.
    public func countFailedChecks(_ count: @escaping @Sendable () -> UInt64) { failedChecks.withLock { $0 = count } }

    /// A lookup has failed.
    public func error(_ problem: String) {
        let failed = failedChecks.withLock { $0 }()
        write(outage.withLock { $0.error(problem, failed: failed, at: Self.now) })
    }

    /// A look has found `problem`, or that the store can be read. Called every second.
    public func look(_ problem: String?) {
        let failed = failedChecks.withLock { $0 }()
        write(outage.withLock { $0.look(problem, failed: failed, at: Self.now) })
    }

    private func write(_ line: OutageState.Line?) {
        switch line {
        case nil: break
        case .began(let problem):
            logger.error("store can't be read", metadata: ["store": "\(store)", "problem": "\(problem)"])
        case .goesOn(let problem, let seconds, let failed):
            logger.error(
                "store still can't be read", metadata: values(seconds, failed).merging(["problem": "\(problem)"]) { $1 }
            )
        case .ended(let seconds, let failed):
            logger.notice("store can be read again", metadata: values(seconds, failed))
        }
    }

    private func values(_ seconds: Int64, _ failed: UInt64) -> Logger.Metadata {
        ["store": "\(store)", "seconds": "\(seconds)", "failed_checks": "\(failed)"]
    }

    private static let epoch = ContinuousClock.now

    /// Milliseconds since some moment.
    static var now: Int64 {
        let (seconds, attoseconds) = (ContinuousClock.now - epoch).components
        return seconds * 1000 + attoseconds / 1_000_000_000_000_000
    }
}
