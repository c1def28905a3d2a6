// Nonces that were claimed while Redis was away: they are written there when it is back, so that the other instances refuse them too.

import Sessions
import Synchronization

/// Nonces that Redis lacks, in bounded number.
final class Handover: Sendable {
    private struct State {
        var nonces: [KeptNonce] = []
        /// How many there may be before those that are over are looked for.
        var roomy = 1024
    }

    private let state = Mutex(State())
    private let capacity: Int

    /// Room for `capacity` nonces: as many as this process remembers, so that none of them is left out.
    init(capacity: Int) { self.capacity = capacity }

    /// Nonces that wait.
    var count: Int { state.withLock { $0.nonces.count } }

    /// Adds one.
    func append(_ nonce: KeptNonce, at now: Timestamp) {
        state.withLock { state in
            if state.nonces.count >= min(state.roomy, capacity) {
                state.nonces.removeAll { $0.isOver(at: now) }
                state.roomy = max(1024, 2 * state.nonces.count)
            }
            if state.nonces.count < capacity { state.nonces.append(nonce) }
        }
    }

    /// Takes the next ones that still count.
    func take(atMost limit: Int, at now: Timestamp) -> [KeptNonce] {
        state.withLock { state in
            var taken: [KeptNonce] = []
            while taken.count < limit, let nonce = state.nonces.popLast() {
                if !nonce.isOver(at: now) { taken.append(nonce) }
            }
            if state.nonces.isEmpty { state = State() }
            return taken
        }
    }

    /// Takes some back that could not be written.
    func putBack(_ nonces: [KeptNonce]) { state.withLock { $0.nonces += nonces } }
}
