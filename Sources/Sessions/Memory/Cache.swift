// What was looked up or verified, remembered for a bounded time, in bounded number and bounded bytes; shared by all event loops.
//
// Striped locks: a lookup holds one of up to 256 locks for a few dozen nanoseconds.

import Synchronization

/// What a cache holds: it says how much memory it takes.
protocol Remembered: Sendable {
    /// Bytes in memory, with what belongs to it alone.
    var byteCount: Int { get }
}

/// A bounded, expiring map from keys to values.
public final class Cache<Value: Sendable>: Sendable {
    /// A lock that can be an array's element.
    private final class Stripe: Sendable {
        let table = Mutex(CacheTable<Value>())
    }

    /// The more stripes, the smaller is the table that grows while an event loop may be waiting for it; with too few places for
    /// each, some would be full before others.
    private static var maxStripes: Int { 256 }
    private static var minPlaces: Int { 64 }
    private let stripes: [Stripe]
    private let capacityPerStripe: Int
    /// Bytes of all values and their tables.
    private let bytes = Atomic<Int>(0)
    /// The stripe that gives up its oldest entry next.
    private let hand = Atomic<Int>(0)

    /// A cache of at most about `capacity` values.
    public init(capacity: Int) {
        var count = 1
        while count < Self.maxStripes, capacity / (2 * count) >= Self.minPlaces { count *= 2 }
        stripes = (0..<count).map { _ in Stripe() }
        capacityPerStripe = max(1, (capacity + count - 1) / count)
    }

    @inline(__always)
    private func stripe(_ key: CacheKey) -> Stripe {
        stripes[Int(truncatingIfNeeded: key.high & UInt64(stripes.count - 1))]
    }

    /// The value under `key`, unless it has expired or was learnt under another generation of the policy.
    public func value(_ key: CacheKey, at now: Timestamp, generation: UInt32 = 0) -> Value? {
        var isDue = false
        return value(key, at: now, generation: generation, isDue: &isDue)
    }

    /// The same; `isDue` becomes true when the caller is to have the value read anew, while it still counts.
    func value(_ key: CacheKey, at now: Timestamp, generation: UInt32, isDue: inout Bool) -> Value? {
        stripe(key).table.withLock {
            $0.value(key, at: now.milliseconds, generation: generation, isDue: &isDue)
        }
    }

    /// Lets a value that satisfies `isUsable` count for another `time` milliseconds, but for no more than `maxAge` in all.
    /// - Returns: Whether it counts now.
    func extend(
        _ key: CacheKey, at now: Timestamp, generation: UInt32, by time: Int64, maxAge: Int64,
        where isUsable: @Sendable (Value) -> Bool
    ) -> Bool {
        stripe(key).table.withLock {
            $0.extend(
                key, at: now.milliseconds, generation: generation, by: time, maxAge: maxAge, where: isUsable)
        }
    }

    /// Remembers `value` under `key` from `now` for `lifetime` milliseconds, in place of any other. `size` is its own memory.
    /// - Parameter refreshAfter: Milliseconds after which it is due; nil: never.
    public func insert(
        _ value: Value, under key: CacheKey, at now: Timestamp, lifetime: Int64, refreshAfter: Int64? = nil,
        generation: UInt32 = 0, size: Int = 0
    ) {
        let cost = size + CacheTable<Value>.overhead
        let growth = stripe(key).table.withLock {
            $0.insert(
                value, under: key, at: now.milliseconds, lifetime: UInt32(clamping: lifetime),
                refreshAfter: refreshAfter.map { UInt32(clamping: $0) } ?? .max, generation: generation, cost: cost,
                capacity: capacityPerStripe)
        }
        bytes.add(growth, ordering: .relaxed)
    }

    /// Forgets everything.
    public func removeAll() {
        for stripe in stripes {
            let removed = stripe.table.withLock { table in
                defer { table = CacheTable() }
                return table.cost
            }
            bytes.subtract(removed, ordering: .relaxed)
        }
    }

    /// Forgets the value under `key`.
    func remove(_ key: CacheKey) {
        let removed = stripe(key).table.withLock { $0.remove(key) }
        bytes.subtract(removed, ordering: .relaxed)
    }

    /// Forgets the values of which `isMeant` holds. Each stripe is locked for as long as its values are looked at: with 200,000
    /// values some 100 µs.
    func removeAll(where isMeant: @Sendable (Value) -> Bool) {
        for stripe in stripes {
            let removed = stripe.table.withLock { $0.removeAll(where: isMeant) }
            bytes.subtract(removed, ordering: .relaxed)
        }
    }

    /// Values held, expired ones included.
    public var count: Int {
        stripes.reduce(0) { total, stripe in total + stripe.table.withLock { $0.count } }
    }
}

extension Cache: Budgeted {
    var byteCount: Int { bytes.load(ordering: .relaxed) }

    /// Gives up the oldest entry of one stripe after the other until `excess` bytes are free, or nothing is left.
    func free(_ excess: Int) {
        var left = excess
        var emptyInTurn = 0
        while left > 0, emptyInTurn < stripes.count {
            let turn = hand.add(1, ordering: .relaxed).oldValue
            let removed = stripes[turn & (stripes.count - 1)].table.withLock { $0.removeOldest() }
            bytes.subtract(removed, ordering: .relaxed)
            left -= removed
            emptyInTurn = removed == 0 ? emptyInTurn + 1 : 0
        }
    }
}
