// Envoy's hooks are plain calls: what has to be waited for in them is waited for by a thread that may block.

import Dispatch
import Synchronization

/// Runs `body` on the threads of Swift's tasks, and blocks this one until it has ended. Never call it in a task.
func blocking<Value: Sendable>(_ body: @escaping @Sendable () async -> Value) -> Value {
    let result = ResultBox<Value>()
    let done = DispatchSemaphore(value: 0)
    Task.detached {
        let value = await body()
        result.value.withLock { $0 = value }
        done.signal()
    }
    done.wait()
    // Set before the signal.
    guard let value = result.value.withLock({ $0 }) else { fatalError("no result") }
    return value
}

private final class ResultBox<Value: Sendable>: Sendable {
    let value = Mutex<Value?>(nil)
}

/// Something that happens once, whichever of several threads is first.
final class Once: Sendable {
    private let isDone = Atomic<Bool>(false)

    /// True for the first that asks.
    func take() -> Bool { !isDone.exchange(true, ordering: .acquiringAndReleasing) }
}
