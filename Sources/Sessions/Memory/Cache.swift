// What was looked up or verified, remembered for a bounded time and in bounded number; shared by all event loops.
//
// Striped locks: a lookup holds one of up to 256 locks for a few dozen nanoseconds. Keys are 128 bits: a keyed hash, or the end of
// a token, which is its signature. So a lookup with borrowed bytes copies nothing; what is kept under the end of a token says
// itself whether it is about the whole of it.

import Synchronization

/// A 128-bit cache key.
public struct CacheKey: Hashable, Sendable {
    /// High and low half.
    public let high: UInt64, low: UInt64

    /// A key from two halves.
    @inlinable
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Feeds both halves.
    @inlinable
    public func hash(into hasher: inout Hasher) {
        hasher.combine(high)
        hasher.combine(low)
    }

    /// What dictionaries ask for. Keys are random, or the ends of signatures: two multiplications spread those that somebody
    /// made up, where feeding a Hasher would take a hundred instructions at each lookup.
    @inlinable
    public func _rawHashValue(seed: Int) -> Int {
        spread(with: Self.secret) ^ seed
    }

    /// The halves multiplied with each other under `secret`, and the product once more: under a secret with many zeros at its
    /// end, one product alone gives thousands of keys with an equal half some hundred places.
    @inlinable
    public func spread(with secret: (UInt64, UInt64)) -> Int {
        let product = (high ^ secret.0).multipliedFullWidth(by: low ^ secret.1)
        let mixed = (product.high ^ product.low) &* 0x9E37_79B9_7F4A_7C15
        return Int(truncatingIfNeeded: mixed ^ mixed >> 32)
    }

    /// Random for each process.
    @usableFromInline static let secret: (UInt64, UInt64) = KeyedHash().finish()
}

/// A bounded, expiring map from keys to values.
public final class Cache<Value: Sendable>: Sendable {
    private struct Slot {
        var value: Value
        var loaded: Int64
        var expires: Int64
    }

    private struct Shard {
        var slots: [CacheKey: Slot] = [:]
        /// Keys in order of arrival, a ring: the oldest leave first when there is no room.
        var order: [CacheKey] = []
        var oldest = 0
    }

    /// A lock that can be an array's element.
    private final class Stripe: Sendable {
        let shard = Mutex(Shard())
    }

    /// The more stripes, the smaller is the table that grows while an event loop may be waiting for it; with too few places for
    /// each, some would be full before others.
    private static var mostStripes: Int { 256 }
    private static var leastPlaces: Int { 64 }
    private let stripes: [Stripe]
    private let capacityPerStripe: Int

    /// A cache of at most about `capacity` values.
    public init(capacity: Int) {
        var count = 1
        while count < Self.mostStripes, capacity / (2 * count) >= Self.leastPlaces { count *= 2 }
        stripes = (0..<count).map { _ in Stripe() }
        capacityPerStripe = max(1, (capacity + count - 1) / count)
    }

    private func stripe(_ key: CacheKey) -> Stripe {
        stripes[Int(truncatingIfNeeded: key.high & UInt64(stripes.count - 1))]
    }

    /// The value under `key`, unless it has expired. One from the future (the clock was set back) has expired too.
    public func value(_ key: CacheKey, at now: Timestamp) -> Value? {
        stripe(key).shard.withLock { shard in
            guard let slot = shard.slots[key], slot.loaded <= now.milliseconds, now.milliseconds < slot.expires else {
                return nil
            }
            return slot.value
        }
    }

    /// Remembers `value` under `key` from `now` for `lifetime` milliseconds, in place of any other.
    public func insert(_ value: Value, under key: CacheKey, at now: Timestamp, lifetime: Int64) {
        let slot = Slot(value: value, loaded: now.milliseconds, expires: now.milliseconds &+ lifetime)
        stripe(key).shard.withLock { shard in
            if shard.slots.updateValue(slot, forKey: key) != nil { return }
            if shard.order.count < capacityPerStripe {
                shard.order.append(key)
            } else {
                shard.slots.removeValue(forKey: shard.order[shard.oldest])
                shard.order[shard.oldest] = key
                shard.oldest = (shard.oldest + 1) % capacityPerStripe
            }
        }
    }

    /// Forgets everything.
    public func removeAll() {
        for stripe in stripes { stripe.shard.withLock { $0 = Shard() } }
    }

    /// Values held, expired ones included.
    public var count: Int {
        stripes.reduce(0) { total, stripe in total + stripe.shard.withLock { $0.slots.count } }
    }
}

extension Cache where Value: AnyObject {
    /// Begins to fetch the value under `key` into the processor's cache, and returns at once: ``value(_:at:)`` retains it, and
    /// would wait for it.
    func prefetch(_ key: CacheKey) {
        let address: UInt = stripe(key).shard.withLock { shard in
            guard let index = shard.slots.index(forKey: key) else { return 0 }
            return Prefetch.address(shard.slots.values[index].value)
        }
        Prefetch.fetch(address, Prefetch.rowsSize)
    }
}
