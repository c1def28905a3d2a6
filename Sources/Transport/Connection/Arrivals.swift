// What workers hand back to an event loop: looked-up things, as many as have gathered by the time that the loop gets to them. To
// wake the loop for each took longer than to answer.

import Sessions
import NIOCore
import Synchronization

/// A lookup that came to an end.
struct Arrival: Sendable {
    /// The connection that waited for it.
    let connection: NIOLoopBound<any Connection>
    /// The exchange that did, and in which of its rounds.
    let id: Int32, round: Int
    /// Why it can't be had; nil when memory holds it now.
    let fault: Fault?
    /// Would have ended the wait.
    let expiry: Scheduled<Void>
}

/// Arrivals that the loop has not taken yet.
final class Arrivals: Sendable {
    private let waiting = Mutex<[Arrival]>([])

    /// Adds one, on any thread. Returns whether it is the first: then the loop is to be told.
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
