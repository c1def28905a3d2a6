// A store that is down fails every lookup, which may be twenty thousand a second. The log gets one line a second.

import Synchronization

/// Passes errors on, at most one a second, with the number of errors since the one before.
final class ErrorReporter: Sendable {
    private let pass: @Sendable (StoreError, Int) -> Void
    private let state = Mutex<(last: ContinuousClock.Instant?, count: Int)>((nil, 0))

    init(_ pass: @escaping @Sendable (StoreError, Int) -> Void) {
        self.pass = pass
    }

    func report(_ error: StoreError, at now: ContinuousClock.Instant = .now) {
        let count = state.withLock { state -> Int? in
            state.count += 1
            if let last = state.last, now - last < .seconds(1) { return nil }
            defer { state = (now, 0) }
            return state.count
        }
        if let count { pass(error, count) }
    }
}
