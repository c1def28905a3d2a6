// Counters are kept by event loop and added up when they are read: the request path shares no counter between threads.

public import Synchronization

/// A number that one thread counts up and every thread may read: a relaxed load and store, without a locked instruction.
public final class Counter: Sendable {
    @usableFromInline let value = Atomic<UInt64>(0)

    /// A counter at zero.
    @inlinable
    public init() {}

    /// The number so far.
    @inlinable
    public var current: UInt64 { value.load(ordering: .relaxed) }

    /// Adds `amount`. Only the counter's own thread may call this: additions of two threads at once would get lost.
    @inlinable
    public func add(_ amount: UInt64 = 1) {
        value.store(value.load(ordering: .relaxed) &+ amount, ordering: .relaxed)
    }
}
