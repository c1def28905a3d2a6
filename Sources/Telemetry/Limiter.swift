// One rule for everything that could flood a log: so many lines a second, and the rest are counted. A count that was held back
// goes out with the next line that is admitted.

import Synchronization

/// Admits at most so many events a second and counts those it holds back.
///
/// The clock is a parameter, so that tests need no waiting. Any clock in milliseconds will do. One that is set back starts a new
/// second; readings of two threads may arrive in the wrong order.
package struct Limiter: Sendable {
    /// What to do with one event.
    package enum Admission: Equatable, Sendable {
        /// Let it pass. `suppressed` events were held back since the last one that passed.
        case admitted(suppressed: Int)
        /// Hold it back.
        case suppressed
    }

    private static let second: Int64 = 1000
    private let perSecond: Int
    private var start: Int64?
    private var admitted = 0
    private var suppressed = 0

    /// A limiter that admits `perSecond` events a second.
    package init(perSecond: Int) { self.perSecond = perSecond }

    /// Decides about one event at `now`, in milliseconds.
    package mutating func admit(at now: Int64) -> Admission {
        if start.map({ (now &- $0).magnitude >= Self.second }) ?? true { (start, admitted) = (now, 0) }
        guard admitted < perSecond else {
            suppressed += 1
            return .suppressed
        }
        admitted += 1
        defer { suppressed = 0 }
        return .admitted(suppressed: suppressed)
    }
}

/// A ``Limiter`` that several threads share.
package final class SharedLimiter: Sendable {
    private let limiter: Mutex<Limiter>

    /// A limiter that admits `perSecond` events a second.
    package init(perSecond: Int) { limiter = Mutex(Limiter(perSecond: perSecond)) }

    /// Decides about one event at `now`, in milliseconds.
    package func admit(at now: Int64) -> Limiter.Admission { limiter.withLock { $0.admit(at: now) } }
}
