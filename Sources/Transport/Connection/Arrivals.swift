// Results of lookups, on their way from the workers to an event loop. The loop is woken once for all that have gathered: waking
// it for each took longer than answering.

import Sessions
import NIOCore
import Synchronization

/// A finished lookup.
struct Arrival: Sendable {
    /// The connection that waited for it.
    let connection: NIOLoopBound<any Connection>
    /// The exchange that waited, and in which of its rounds.
    let id: Int32, round: Int
    /// Why the lookup failed; nil when memory holds the result.
    let fault: Fault?
    /// Ends the wait at the deadline, unless it is cancelled; nil of a lookup that ends in time by itself.
    let expiry: Scheduled<Void>?
}

/// Arrivals that the loop has not taken yet.
final class Arrivals: Sendable {
    private let waiting = Mutex<[Arrival]>([])

    /// Adds one, on any thread. Returns whether it is the first, for which the loop is to be woken.
    func put(_ arrival: Arrival) -> Bool {
        waiting.withLock { waiting in
            waiting.append(arrival)
            return waiting.count == 1
        }
    }

    /// Takes all.
    func take() -> [Arrival] {
        waiting.withLock { waiting in
            var taken: [Arrival] = []
            swap(&taken, &waiting)
            return taken
        }
    }
}
