// Whether a server is asked. A value without clocks or threads: the server around it has both.
//
//     up ──► a lookup or the watch fails ──► down ──► tried again, later each time ──► up
//      └───► the watch finds it behind ──► lagging ──► caught up ──► up

import Sessions

/// What is known of a server.
package struct ServerHealth: Sendable {
    /// Whether it is asked.
    package enum State: Equatable, Sendable {
        case up
        /// Behind by more than is allowed; the sentence says by how much.
        case lagging(String)
        /// It can't be reached or read.
        case down(StoreError)
    }

    /// Whether the server is asked.
    package private(set) var state = State.up
    /// Tries that failed one after the other.
    private var failures = 0
    /// When it was last found to be down.
    private var lastFailure: ContinuousClock.Instant?

    /// The longest wait between two tries, and the time after which an earlier failure is forgotten.
    private static let longestWait = Duration.seconds(3), memory = Duration.seconds(10)

    /// A server that is asked.
    package init() {}

    /// Takes note of a failure.
    ///
    /// - Returns: Whether the server was asked until now.
    package mutating func fail(_ error: StoreError, at now: ContinuousClock.Instant) -> Bool {
        if let lastFailure, now - lastFailure > Self.memory { failures = 0 }
        failures += 1
        lastFailure = now
        if case .down = state { return false }
        state = .down(error)
        return true
    }

    /// Takes note of an answer.
    ///
    /// - Parameter lag: What is wrong with its lag; nil when nothing is.
    /// - Returns: Whether the state is another one than before.
    package mutating func answer(lag: String?) -> Bool {
        let next = lag.map { State.lagging($0) } ?? .up
        defer { state = next }
        switch (state, next) {
        case (.up, .up), (.lagging, .lagging): return false
        default: return true
        }
    }

    /// How long to wait before the server is tried again.
    ///
    /// - Parameter jitter: From 0 to 1, so that many instances don't come back at once.
    package func wait(jitter: Double) -> Duration {
        guard case .down = state else { return .seconds(1) }
        let doubled = Duration.milliseconds(100 << min(failures, 10))
        return min(doubled, Self.longestWait) * (0.5 + jitter / 2)
    }
}
