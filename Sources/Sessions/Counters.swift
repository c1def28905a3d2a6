// What happened, counted per event loop and summed when it is read.

import Synchronization

/// The counters of one event loop: written by it alone, read by anyone.
public final class Counters: Sendable {
    /// A counter that one thread writes: a plain load and store, no locked instruction.
    public final class Cell: Sendable {
        private let value = Atomic<UInt64>(0)

        init() {}

        /// Adds to the counter. By its event loop only.
        public func add(_ amount: UInt64 = 1) {
            value.store(value.load(ordering: .relaxed) &+ amount, ordering: .relaxed)
        }

        /// The count so far.
        public var count: UInt64 { value.load(ordering: .relaxed) }
    }

    /// Checks answered, by session type: authenticated ones.
    public let authenticated: [Cell]
    /// Checks answered as anonymous.
    public let anonymous = Cell()
    /// Refusals by reason, in the order of `Reason.allCases`; those that observe mode let through are counted here too.
    public let refused: [Cell]
    /// Refusals that observe mode let through.
    public let observed = Cell()
    /// Checks that ended in a fault, in the order of `Fault.allCases`.
    public let failed: [Cell]
    /// Checks that had to wait for a lookup, by kind: oauth1, oauth2, user, cookie.
    public let waited: [Cell]
    /// Cookies set, kept.
    public let cookiesSet = Cell(), cookiesKept = Cell()
    /// Checks that were the proxy's retry of an answered one.
    public let retries = Cell()

    /// All zero.
    public init() {
        authenticated = SessionType.allCases.map { _ in Cell() }
        refused = Reason.allCases.map { _ in Cell() }
        failed = Fault.allCases.map { _ in Cell() }
        waited = (0..<5).map { _ in Cell() }
    }
}
