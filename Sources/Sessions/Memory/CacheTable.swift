// One stripe of a cache: entries in a ring in order of arrival, found by open addressing.
//
//     ring:   … [oldest] [ ] [ ] [newest] …     values, 48 bytes each; the oldest leave first
//     index:  [ ][3][ ][7][1] …                 hash → position in the ring + 1; 0 is empty; at most half full
//
// A dictionary and an array of keys in order of arrival would take twice the memory, and hash with a Hasher each time.

/// A bounded map from keys to values with expiry. A value type without locks or a clock.
struct CacheTable<Value> {
    private struct Entry {
        var key: CacheKey
        /// Nil once it was removed.
        var value: Value?
        /// Milliseconds since 1970.
        var loaded: Int64
        /// Milliseconds from `loaded` to the expiry.
        var lifetime: UInt32
        /// Milliseconds from `loaded` to when it is to be read anew, if it is still used; the largest number: never, or it was said.
        var refreshAfter: UInt32
        /// The generation of the policy that it was learnt under.
        var generation: UInt32
        /// Bytes that it accounts for.
        var cost: UInt32
    }

    /// Entries; the oldest is at `head`, `count` are in use. A power of two.
    private var ring: [Entry] = []
    private var head = 0
    private(set) var count = 0
    /// Positions in the ring plus one.
    private var index: [UInt32] = []
    /// Bytes of all entries.
    private(set) var cost = 0

    /// Bytes of the table for each entry, beside the value itself.
    static var overhead: Int { MemoryLayout<Entry>.stride + 2 * MemoryLayout<UInt32>.stride }

    /// The value under `key`, unless it has expired or belongs to another generation. One from the future (the clock was set
    /// back) has expired too. `isDue` becomes true when it is to be read anew: it is said once.
    @inline(__always)
    mutating func value(_ key: CacheKey, at now: Int64, generation: UInt32, isDue: inout Bool) -> Value? {
        guard let place = place(of: key) else { return nil }
        let position = Int(index[place]) - 1
        let age = now &- ring[position].loaded
        guard age >= 0, age < Int64(ring[position].lifetime), ring[position].generation == generation else {
            return nil
        }
        if age >= Int64(ring[position].refreshAfter) {
            ring[position].refreshAfter = .max
            isDue = true
        }
        return ring[position].value
    }

    /// Lets an entry that satisfies `isUsable` count for another `time` milliseconds, but for no more than `maxAge` in all.
    /// - Returns: Whether it counts now. It is due again after half of that time.
    mutating func extend(
        _ key: CacheKey, at now: Int64, generation: UInt32, by time: Int64, maxAge: Int64,
        where isUsable: (Value) -> Bool
    ) -> Bool {
        guard let place = place(of: key) else { return false }
        let position = Int(index[place]) - 1
        let age = now &- ring[position].loaded
        guard age >= 0, age < maxAge, ring[position].generation == generation, let value = ring[position].value,
            isUsable(value)
        else { return false }
        ring[position].lifetime = max(ring[position].lifetime, UInt32(clamping: min(age + time, maxAge)))
        ring[position].refreshAfter = UInt32(clamping: age + time / 2)
        return true
    }

    /// Puts `value` under `key`, in place of any other. Returns by how much the cost has grown.
    mutating func insert(
        _ value: Value, under key: CacheKey, at now: Int64, lifetime: UInt32, refreshAfter: UInt32 = .max,
        generation: UInt32, cost newCost: Int, capacity: Int
    ) -> Int {
        let before = cost
        let entry = Entry(
            key: key, value: value, loaded: now, lifetime: lifetime, refreshAfter: refreshAfter, generation: generation,
            cost: UInt32(clamping: newCost))
        cost += Int(entry.cost)
        if let place = place(of: key) {
            let position = Int(index[place]) - 1
            cost -= Int(ring[position].cost)
            ring[position] = entry
            return cost - before
        }
        if count >= capacity { removeOldest() }
        if count == ring.count { grow(filledWith: entry) }
        let position = (head + count) & (ring.count - 1)
        ring[position] = entry
        count += 1
        link(key, to: position)
        return cost - before
    }

    /// Removes the oldest entry. Returns the bytes that it accounted for, 0 when there is none.
    @discardableResult
    mutating func removeOldest() -> Int {
        guard count > 0 else { return 0 }
        let removed = Int(ring[head].cost)
        unlink(ring[head].key)
        ring[head].value = nil
        ring[head].cost = 0
        head = (head + 1) & (ring.count - 1)
        count -= 1
        cost -= removed
        return removed
    }

    /// Removes the value under `key`. Returns the bytes that it accounted for.
    mutating func remove(_ key: CacheKey) -> Int {
        place(of: key).map { empty(Int(index[$0]) - 1) } ?? 0
    }

    /// Removes the values of which `isMeant` holds. Returns the bytes that they accounted for.
    mutating func removeAll(where isMeant: @Sendable (Value) -> Bool) -> Int {
        var removed = 0
        for offset in 0..<count {
            let position = (head + offset) & (ring.count - 1)
            if let value = ring[position].value, isMeant(value) { removed += empty(position) }
        }
        return removed
    }

    /// Takes the value out of its entry, which keeps its place in ring and index until it is the oldest or its key comes again.
    private mutating func empty(_ position: Int) -> Int {
        let removed = max(0, Int(ring[position].cost) - Self.overhead)
        ring[position].value = nil
        ring[position].lifetime = 0
        ring[position].cost -= UInt32(removed)
        cost -= removed
        return removed
    }

    // MARK: The index

    @inline(__always)
    private static func hash(_ key: CacheKey) -> Int {
        Int(truncatingIfNeeded: key.spread(with: CacheKey.secret) >> 8)
    }

    /// The place in the index that names the entry of `key`.
    @inline(__always)
    private func place(of key: CacheKey) -> Int? {
        guard !index.isEmpty else { return nil }
        var place = Self.hash(key) & (index.count - 1)
        while index[place] != 0 {
            if ring[Int(index[place]) - 1].key == key { return place }
            place = (place + 1) & (index.count - 1)
        }
        return nil
    }

    private mutating func link(_ key: CacheKey, to position: Int) {
        var place = Self.hash(key) & (index.count - 1)
        while index[place] != 0 { place = (place + 1) & (index.count - 1) }
        index[place] = UInt32(position + 1)
    }

    /// Takes `key` out of the index, and moves back what stands behind it only since its place was taken.
    private mutating func unlink(_ key: CacheKey) {
        guard var hole = place(of: key) else { return }
        let mask = index.count - 1
        var next = (hole + 1) & mask
        while index[next] != 0 {
            let home = Self.hash(ring[Int(index[next]) - 1].key) & mask
            // Whether the way from home to `next` passes the hole.
            if (next - home) & mask >= (next - hole) & mask {
                index[hole] = index[next]
                hole = next
            }
            next = (next + 1) & mask
        }
        index[hole] = 0
    }

    private mutating func grow(filledWith entry: Entry) {
        var larger: [Entry] = []
        let size = max(4, 2 * ring.count)
        larger.reserveCapacity(size)
        for offset in 0..<count { larger.append(ring[(head + offset) & (ring.count - 1)]) }
        var empty = entry
        empty.value = nil
        while larger.count < size { larger.append(empty) }
        (ring, head) = (larger, 0)
        index = Array(repeating: 0, count: 2 * size)
        for position in 0..<count { link(ring[position].key, to: position) }
    }
}
