// A stream that waits for a lookup. The lookup ends on another thread, when the stream may be gone, or Envoy's worker with it: so what
// wakes the worker is given up with the stream, under a lock.

import CEnvoy
import Sessions
import Synchronization

/// Wakes a stream when its lookup has ended.
final class Waiter: Sendable {
    /// Envoy's scheduler of one stream.
    private struct Scheduler: @unchecked Sendable {
        // @unchecked Sendable: Envoy's schedulers may be used on any thread.
        let pointer: UnsafeMutableRawPointer
    }

    private struct State {
        /// Nil as soon as the stream was woken or is gone.
        var scheduler: Scheduler?
        var fault: Fault?
    }

    private let state: Mutex<State>
    private let envoy: envoy_callbacks

    /// A waiter for `stream`; nil when Envoy can't wake it.
    init?(_ stream: UnsafeMutableRawPointer, _ envoy: envoy_callbacks) {
        guard let pointer = envoy.scheduler_new(stream) else { return nil }
        self.envoy = envoy
        state = Mutex(State(scheduler: Scheduler(pointer: pointer)))
    }

    deinit { cancel() }

    /// Wakes the stream with `event`, on its own thread. On any thread, once.
    func finish(_ fault: Fault?, event: UInt64) {
        state.withLock { state in
            guard let scheduler = state.scheduler else { return }
            state = State(fault: fault)
            // Under the lock: the stream's end waits for it, and so the thread that is woken is still there.
            envoy.scheduler_commit(scheduler.pointer, event)
            envoy.scheduler_delete(scheduler.pointer)
        }
    }

    /// The stream is gone, or no longer waits.
    func cancel() {
        state.withLock { state in
            guard let scheduler = state.scheduler else { return }
            state.scheduler = nil
            envoy.scheduler_delete(scheduler.pointer)
        }
    }

    /// Why the lookup failed; nil when it did not.
    var fault: Fault? { state.withLock { $0.fault } }
}
