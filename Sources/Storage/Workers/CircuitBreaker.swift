// Whether the store is asked. One that fails again and again is left alone for a while, and then asked by one batch at a time:
//
//     closed ──(failures in a row)──► open ──(pause)──► half open: one batch ──(answers)──► closed
//                                       ▲                    └────(fails: a longer pause)────┐
//                                       └────────────────────────────────────────────────────┘

import Sessions

/// Decides for each batch of lookups whether the store is asked. A value without locks or a clock.
package struct CircuitBreaker {
    package typealias Instant = ContinuousClock.Instant

    /// A batch under way.
    package struct Attempt { fileprivate let number: Int }

    private static let maxFailures = 3
    private static let shortestPause = Duration.milliseconds(200), longestPause = Duration.seconds(2)
    /// How long a batch may take. SQLite waits for a lock of the wiki's as long as `store.sqlite.busy_timeout` says, which is no more.
    private static let patience = Duration.milliseconds(750)

    private var underWay: [Int: Instant] = [:]
    private var count = 0
    private var failures = 0
    /// The lookup that was alone in the last batch that failed.
    private var lastFailed: Lookup?
    private var pause = Self.shortestPause
    private var opensAgain: Instant?

    /// A breaker that lets all batches through.
    package init() {}

    /// Whether the store is left alone.
    package var isOpen: Bool { opensAgain != nil }

    /// Begins a batch; nil when the store is not to be asked now.
    package mutating func begin(at now: Instant) -> Attempt? {
        if let opensAgain {
            guard now >= opensAgain, underWay.isEmpty else { return nil }
        }
        count += 1
        underWay[count] = now
        return Attempt(number: count)
    }

    /// Ends a batch.
    /// - Parameters:
    ///   - isAnswering: Whether the store has answered, be it that there is no such row.
    ///   - lookup: The only lookup of the batch, when reading it failed, but not beginning to read. One that fails again and again
    ///     says nothing about the others.
    package mutating func end(_ attempt: Attempt, isAnswering: Bool, lookup: Lookup? = nil, at now: Instant) {
        underWay[attempt.number] = nil
        guard !isAnswering else {
            (failures, pause, opensAgain, lastFailed) = (0, Self.shortestPause, nil, nil)
            return
        }
        if let lookup, lookup == lastFailed, opensAgain == nil { return }
        lastFailed = lookup
        failures += 1
        guard failures >= Self.maxFailures else { return }
        // Instances that lost the same database do not come back to it in the same moment.
        opensAgain = now + pause * Double.random(in: 0.75...1.25)
        pause = min(pause * 2, Self.longestPause)
    }

    /// Whether a batch takes longer than a store that works would.
    package func isHanging(at now: Instant) -> Bool { underWay.values.contains { now - $0 > Self.patience } }
}
