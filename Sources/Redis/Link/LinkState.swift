// The state of one link to Redis: events in, actions out. No I/O, no clock of its own.
//
//     idle ─ start ─► opening ─ connected, greeted ─► up ─┐ closed, an answer missing for too long, an error
//                       ▲    └ failed ─┐                  │
//                       └── pause over ─ down ◄───────────┘          any ─ stop ─► stopped
//
// Commands wait for their answers in the order in which they were sent. Until the first try has failed they may be sent ahead: a
// request that comes while the process starts need not be decided without Redis. Later they are rejected while the link is down, so
// that a Redis that hangs costs one timeout and not one for each request.

import NIOCore

/// A link's state. Times are in nanoseconds of a monotonic clock.
package struct LinkState<Waiter>: ~Copyable {
    private enum Phase: Equatable {
        case idle
        /// `isFirst`: nothing has failed yet.
        case opening(isFirst: Bool)
        case up, down, stopped
    }

    private var phase = Phase.idle
    private var waiting = CircularBuffer<(deadline: Int64, waiter: Waiter)>()
    /// Tries that have failed since the link was up.
    private var failures = 0
    /// When something was sent or received last.
    package private(set) var lastTraffic: Int64 = 0
    private let timeout: Int64

    /// A link that is not used yet; an answer that takes longer than `timeout` counts as missing.
    package init(timeout: Int64) { self.timeout = timeout }

    /// Whether commands are answered.
    package var isUp: Bool { phase == .up }
    /// Whether commands may be sent: they are answered, or that is to be found out for the first time.
    package var accepts: Bool { phase == .up || phase == .opening(isFirst: true) }
    /// How many commands wait for their answers.
    package var waitingCount: Int { waiting.count }
    /// When the oldest of them counts as lost.
    package var nextDeadline: Int64? { waiting.first?.deadline }

    /// What to do next.
    package enum OnOpen: Sendable {
        /// Connect.
        case open
        /// Nothing.
        case nothing
    }
    /// What came of a missing answer.
    package enum OnTick: Sendable {
        /// All is well.
        case nothing
        /// The oldest command has had no answer in time.
        case lost
        /// Nothing was heard for a while.
        case probe
    }
    /// What a failure leaves behind.
    package struct OnFailure {
        /// Commands that get no answer.
        package let waiters: [Waiter]
        /// Nanoseconds until the next try; nil: there is none.
        package let pause: Int64?
        /// Whether this is news: the link was up, or had never failed.
        package let isNews: Bool
    }

    /// The link is to be used from now on.
    package mutating func start() -> OnOpen {
        guard phase == .idle else { return .nothing }
        phase = .opening(isFirst: true)
        return .open
    }

    /// The pause after a failure is over.
    package mutating func retry() -> OnOpen {
        guard phase == .down else { return .nothing }
        phase = .opening(isFirst: false)
        return .open
    }

    /// Redis has answered the greeting. False when the link was given up meanwhile.
    package mutating func greeted(at now: Int64) -> Bool {
        guard case .opening = phase else { return false }
        phase = .up
        failures = 0
        lastTraffic = now
        return true
    }

    /// A command is to be sent. Returns whether it is.
    package mutating func submit(_ waiter: Waiter, at now: Int64) -> Bool {
        guard accepts else { return false }
        waiting.append((now + timeout, waiter))
        lastTraffic = now
        return true
    }

    /// An answer has come. Returns who waits for it; nil when none was expected.
    package mutating func replied(at now: Int64) -> Waiter? {
        lastTraffic = now
        return waiting.popFirst()?.waiter
    }

    /// Looks at the deadlines. After `quiet` nanoseconds without traffic Redis is to be asked whether it is still there.
    package mutating func tick(at now: Int64, quiet: Int64) -> OnTick {
        if let deadline = nextDeadline, deadline <= now { return .lost }
        return phase == .up && waiting.isEmpty && now - lastTraffic >= quiet ? .probe : .nothing
    }

    /// The connection has failed, or could not be made.
    /// - Parameter random: Between 0 and 1, for the pause: thirty instances must not come back at one moment.
    package mutating func fail(random: Double) -> OnFailure {
        let lost = waiting.map(\.waiter)
        waiting.removeAll(keepingCapacity: true)
        guard phase != .stopped, phase != .idle, phase != .down else {
            return OnFailure(waiters: lost, pause: nil, isNews: false)
        }
        let isNews = phase != .opening(isFirst: false)
        phase = .down
        failures += 1
        return OnFailure(waiters: lost, pause: Backoff.pause(after: failures, random: random), isNews: isNews)
    }

    /// The link is not used any more. Returns the commands that get no answer.
    package mutating func stop() -> [Waiter] {
        phase = .stopped
        defer { waiting.removeAll() }
        return waiting.map(\.waiter)
    }
}

/// How long to wait before the next try: twice as long each time, and part of it by chance.
package enum Backoff {
    private static let first: Double = 50_000_000
    private static let longest: Double = 2_000_000_000

    /// Nanoseconds after so many failures in a row.
    package static func pause(after failures: Int, random: Double) -> Int64 {
        let doubled = first * Double(1 << min(max(0, failures - 1), 16))
        return Int64(min(doubled, longest) * (0.5 + 0.5 * random))
    }
}
