// What the log says while lines of the decision log are lost: one line when that begins, one a minute while it lasts, and one at its
// end with how many were lost. A full disk loses each line that comes: a message for each would fill the next disk.

import Logging
import Synchronization

/// Writes to the log that decisions can't be written.
package final class DecisionOutage: Sendable {
    /// The problem when the file takes lines, but not as fast as they come.
    package static let fullQueue = "lines come faster than they are written, and decisions.queue is full"

    private struct State {
        var outage = OutageState()
        var lost: UInt64 = 0
    }

    private let file: String
    private let logger: Logger
    private let state = Mutex(State())

    /// Nothing was lost.
    /// - Parameter file: As the configuration names it.
    package init(_ file: String, _ logger: Logger) {
        self.file = file
        self.logger = logger
    }

    /// Takes note of what there is now.
    /// - Parameter problem: Why lines can't be written; nil when they can.
    /// - Parameter lost: How many lines were lost so far.
    /// - Parameter now: Milliseconds of any clock.
    package func look(_ problem: String?, lost: UInt64, at now: Int64) {
        let line = state.withLock { state -> OutageState.Line? in
            let before = state.lost
            state.lost = lost
            let problem = problem ?? (lost > before ? Self.fullQueue : nil)
            // Lines that were lost since the last look belong to this outage.
            if let problem, let line = state.outage.error(problem, failed: before, at: now) { return line }
            return state.outage.look(problem, failed: lost, at: now)
        }
        if let line { write(line) }
    }

    private func write(_ line: OutageState.Line) {
        switch line {
        case .began(let problem):
            logger.error(
                "decision log can't be written: lines are lost", metadata: ["file": "\(file)", "problem": "\(problem)"])
        case .goesOn(let problem, let seconds, let lost):
            logger.error(
                "decision log still can't be written",
                metadata: values(seconds, lost).merging(["problem": "\(problem)"]) { $1 })
        case .ended(let seconds, let lost):
            logger.notice("decision log can be written again", metadata: values(seconds, lost))
        }
    }

    private func values(_ seconds: Int64, _ lost: UInt64) -> Logger.Metadata {
        ["file": "\(file)", "seconds": "\(seconds)", "lost_lines": "\(lost)"]
    }
}
