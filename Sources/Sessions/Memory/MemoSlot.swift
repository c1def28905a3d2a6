// A place beside a value for what another layer derives from it once: the protocol layer keeps encoded answers beside an identity,
// and the domain knows nothing of their form.

import Synchronization

/// Something that is derived from an immutable value, and kept beside it.
open class Memo: @unchecked Sendable {
    // @unchecked Sendable: subclasses are immutable after init, or guard what they change themselves.

    /// Nothing yet.
    public init() {}
}

/// A place for one memo: made by the first that needs it, and never changed.
public struct MemoSlot: ~Copyable, Sendable {
    // Not AtomicLazyReference: its `load()` is generic code in the standard library, 600 instructions each time.
    private let memo = Atomic<Unmanaged<Memo>?>(nil)

    /// An empty place.
    package init() {}

    deinit { memo.load(ordering: .acquiring)?.release() }

    /// The memo, which `make` makes when there is none. All callers of one slot name the same type.
    @inline(__always)
    public func get<Value: Memo>(_ make: () -> Value) -> Value {
        // One layer fills the slots of a process, so the type is always the one that was stored.
        if let memo = memo.load(ordering: .acquiring) {
            return unsafeDowncast(memo.takeUnretainedValue(), to: Value.self)
        }
        return unsafeDowncast(store(make()), to: Value.self)
    }

    /// Keeps `made`, unless another thread was first. Returns what is kept.
    private func store(_ made: Memo) -> Memo {
        let kept = Unmanaged.passRetained(made)
        let (isStored, first) = memo.compareExchange(
            expected: nil, desired: kept, ordering: .acquiringAndReleasing)
        guard !isStored, let first else { return made }
        kept.release()
        return first.takeUnretainedValue()
    }
}
