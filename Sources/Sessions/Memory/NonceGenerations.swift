// What one stripe of the memory of nonces holds: two generations, of which the elder is dropped whole.

/// What one stripe may hold.
struct NonceLimits: Sendable {
    /// Nonces.
    let capacity: Int
    /// What one client may have of the places that the others leave, in percent.
    let share: Int
    /// Seconds after which a generation holds nothing that counts.
    let horizon: Int64

    /// A client with fewer nonces than this part of the capacity is not refused: so few say nothing about it.
    static var smallestShare: Int { 4096 }
}

/// The nonces of one generation, and whose they are.
struct Generation: Sendable {
    var table = NonceTable()
    var tally: NonceTally

    init(_ limits: NonceLimits, expecting count: Int = 0) {
        table = NonceTable(expecting: count)
        tally = NonceTally(capacity: limits.capacity)
    }

    var byteCount: Int { table.byteCount + tally.byteCount }
}

/// The younger and the elder generation of one stripe.
struct Generations: Sendable {
    private let limits: NonceLimits
    private var young: Generation
    private var old: Generation
    private var began: Int64 = 0

    init(_ limits: NonceLimits) {
        self.limits = limits
        young = Generation(limits)
        old = young
    }

    var count: Int { young.table.count + old.table.count }
    var byteCount: Int { young.byteCount + old.byteCount }
    var hasRoom: Bool { count < limits.capacity }

    mutating func rotate(now: Int64) {
        let age = now - began
        // A clock that was set back by more than a generation is one that had been wrong: what was inserted then must not keep
        // the table full until that time comes.
        guard age > limits.horizon || age < -limits.horizon else { return }
        old = age > 2 * limits.horizon ? Generation(limits) : young
        // As many are to be expected again: room for them is made once.
        young = Generation(limits, expecting: old.table.count)
        began = now
    }

    func find(_ key: NonceClaim, now: Int64) -> NonceEntry? {
        guard let entry = young.table.find(key) ?? old.table.find(key), Int64(entry.expires) >= now else { return nil }
        return entry
    }

    /// Whether this client has all that it may have.
    func isOverShare(_ client: UInt32) -> Bool {
        let count = count
        // own > share × (own + free), in percent. What all have together is more than what one has.
        let free = max(0, limits.capacity - count)
        guard count * (100 - limits.share) > limits.share * free else { return false }
        let own = young.tally.count(of: client) + old.tally.count(of: client)
        return own > limits.capacity / NonceLimits.smallestShare && own * (100 - limits.share) > limits.share * free
    }

    mutating func insert(_ entry: NonceEntry, of client: UInt32) {
        if young.table.insert(entry) { young.tally.add(client) }
    }
}
