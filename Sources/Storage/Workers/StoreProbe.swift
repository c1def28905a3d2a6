// Whether rows can be read: a lookup that finds nothing, but needs all tables. It has a thread of its own, so that a store that
// hangs delays no lookup, and a queue of lookups is not mistaken for a store that hangs.

import NIOPosix
import Sessions
import Synchronization

/// Asks a directory whether it can be read, and remembers the answer.
final class StoreProbe: Sendable {
    private struct State {
        var problem: String?
        /// When the question was asked that has no answer yet.
        var asked: ContinuousClock.Instant?
    }

    private let directory: any SnapshotDirectory
    private let pool = NIOThreadPool(numberOfThreads: 1)
    private let state = Mutex(State())
    private let patience: Duration
    private let timings: StoreTimings

    /// A directory that does not answer within `patience` counts as unreadable.
    init(
        _ directory: any SnapshotDirectory, _ timings: StoreTimings = StoreTimings(), patience: Duration = .seconds(5)
    ) {
        self.directory = directory
        self.timings = timings
        self.patience = patience
        pool.start()
    }

    /// Asks, unless the last question has no answer yet.
    func ask() {
        let isWaiting = state.withLock { state in
            defer { if state.asked == nil { state.asked = .now } }
            return state.asked != nil
        }
        guard !isWaiting else { return }
        pool.submit { [self] item in
            guard case .active = item else { return }
            let problem = read()
            state.withLock { $0 = State(problem: problem) }
        }
    }

    private func read() -> String? {
        do {
            let never = Timestamp(seconds: 0)
            _ = try directory.snapshot(of: [.oauth2(tokenID: [], clientID: [], subject: nil)]) {
                try $0.oauth2(tokenID: [], clientID: [], subject: nil, at: never)
            }
            timings.noteRead()
            return nil
        } catch {
            return "\(error)"
        }
    }

    /// Why rows can't be read, as far as is known; nil when they can.
    var problem: String? {
        state.withLock { state in
            if let asked = state.asked, ContinuousClock.now - asked > patience { return "it does not answer" }
            return state.problem
        }
    }

    func shutdown() async { try? await pool.shutdownGracefully() }
}
