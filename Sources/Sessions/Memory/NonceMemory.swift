// The nonces seen (RFC 5849, 3.3): a request is accepted once.
//
// Two generations of open-addressing tables, in 64 stripes. A nonce expires at most two timestamp windows after it was
// inserted, so when the younger generation is that old, the elder one holds nothing that counts and is dropped whole: no
// sweeping, and a bound on memory. 24 bytes an entry: a 96-bit keyed hash of (consumer, token, nonce), the second of expiry,
// and a hash of the request's id, by which the proxy's own retry of a check is told from a replay.

import Synchronization

/// Remembers nonces in this process until they expire.
public final class NonceMemory: NonceStore {
    fileprivate struct Entry {
        var high: UInt64 = 0
        var low: UInt32 = 0
        /// Second since 1970 up to which it counts; 0: an empty place.
        var expires: UInt32 = 0
        var request: UInt64 = 0

        init() {}

        init(_ claim: NonceClaim) {
            high = claim.high
            low = claim.low
            expires = UInt32(clamping: max(1, claim.expires))
            request = claim.request
        }
    }

    private final class Stripe: Sendable {
        let table = Mutex(Generations())
    }

    private static var stripeCount: Int { 64 }
    private let stripes: [Stripe]
    private let capacityPerStripe: Int
    /// Seconds after which a generation holds nothing that counts.
    private let horizon: Int64

    /// A memory of at most about `capacity` nonces, each counting for at most `horizon` seconds.
    public init(capacity: Int, horizon: Int64) {
        stripes = (0..<Self.stripeCount).map { _ in Stripe() }
        capacityPerStripe = max(1, (capacity + Self.stripeCount - 1) / Self.stripeCount)
        self.horizon = horizon
    }

    private func stripe(_ claim: NonceClaim) -> Stripe { stripes[Int(truncatingIfNeeded: claim.high >> 58)] }

    /// Whether the nonce is new at second `now`; if so it is remembered until it expires. Known at once.
    public func claim(_ claim: NonceClaim, now: Int64) -> NonceOutcome? {
        stripe(claim).table.withLock { generations in
            generations.rotate(now: now, horizon: horizon)
            if let entry = generations.find(claim, now: now) {
                return claim.request != 0 && entry.request == claim.request ? .retried : .used
            }
            guard generations.count < capacityPerStripe else { return .full }
            generations.insert(Entry(claim))
            return .fresh
        }
    }

    /// Nonces held, expired ones included.
    public var count: Int {
        stripes.reduce(0) { total, stripe in total + stripe.table.withLock { $0.count } }
    }

    /// Bytes of the tables.
    public var byteCount: Int {
        stripes.reduce(0) { total, stripe in total + stripe.table.withLock { $0.byteCount } }
    }
}

/// The younger and the elder table of one stripe.
private struct Generations: Sendable {
    private var young = NonceTable()
    private var old = NonceTable()
    private var began: Int64 = 0

    var count: Int { young.count + old.count }
    var byteCount: Int { young.byteCount + old.byteCount }

    mutating func rotate(now: Int64, horizon: Int64) {
        let age = now - began
        // A clock that was set back by more than a generation is one that had been wrong: what was inserted then must not keep
        // the table full until that time comes.
        guard age > horizon || age < -horizon else { return }
        old = age > 2 * horizon ? NonceTable() : young
        // As many are to be expected again: room for them is made once.
        young = NonceTable(expecting: old.count)
        began = now
    }

    func find(_ key: NonceClaim, now: Int64) -> NonceMemory.Entry? {
        guard let entry = young.find(key) ?? old.find(key), Int64(entry.expires) >= now else { return nil }
        return entry
    }

    mutating func insert(_ entry: NonceMemory.Entry) { young.insert(entry) }
}

/// Open addressing, linear probing; nothing is ever removed from it. An expired entry of the same key is overwritten.
private struct NonceTable: Sendable {
    private var places: [NonceMemory.Entry] = []
    private(set) var count = 0

    init(expecting count: Int = 0) {
        if count > 0 { places = Array(repeating: NonceMemory.Entry(), count: count * 20 / 17 + 2) }
    }

    var byteCount: Int { places.capacity * MemoryLayout<NonceMemory.Entry>.stride }

    /// The place where the probe for a hash begins: the hash's share of the table, any size will do.
    private static func start(_ high: UInt64, of count: Int) -> Int {
        Int((high << 6).multipliedFullWidth(by: UInt64(count)).high)
    }

    func find(_ key: NonceClaim) -> NonceMemory.Entry? {
        guard !places.isEmpty else { return nil }
        var index = Self.start(key.high, of: places.count)
        while places[index].expires != 0 {
            if places[index].high == key.high, places[index].low == key.low { return places[index] }
            index = index + 1 == places.count ? 0 : index + 1
        }
        return nil
    }

    mutating func insert(_ entry: NonceMemory.Entry) {
        // At most 85 % full.
        if (count + 1) * 20 > places.count * 17 { grow() }
        var index = Self.start(entry.high, of: places.count)
        while places[index].expires != 0 {
            if places[index].high == entry.high, places[index].low == entry.low {
                places[index] = entry
                return
            }
            index = index + 1 == places.count ? 0 : index + 1
        }
        places[index] = entry
        count += 1
    }

    /// A small table grows by half, a large one by an eighth: about 30 bytes a nonce.
    private mutating func grow() {
        let previous = places
        let more = previous.count < 4096 ? previous.count / 2 : previous.count / 8
        places = Array(repeating: NonceMemory.Entry(), count: max(16, previous.count + more))
        places.withUnsafeMutableBufferPointer { places in
            for entry in previous where entry.expires != 0 {
                var index = Self.start(entry.high, of: places.count)
                while places[index].expires != 0 { index = index + 1 == places.count ? 0 : index + 1 }
                places[index] = entry
            }
        }
    }
}
