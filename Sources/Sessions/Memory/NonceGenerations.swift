// What one stripe of the memory of nonces holds: two generations, of which the elder is dropped whole.

/// What one stripe may hold.
struct NonceLimits: Sendable {
    /// Nonces.
    let capacity: Int
    /// What one client may have of the places that the others leave, in percent.
    let share: Int
    /// Seconds after which a generation holds nothing that counts.
    let horizon: Int64

    /// Up to so many nonces no client is over its share, even if all are its own.
    let quietCount: Int

    init(capacity: Int, share: Int, horizon: Int64) {
        self.capacity = capacity
        self.share = share
        self.horizon = horizon
        quietCount = capacity * share / 100
    }

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

    /// The nonce of `key`, if it still counts.
    /// - Parameter place: Its place in the younger table.
    func find(_ key: NonceClaim, at place: Int?, now: Int64) -> NonceEntry? {
        let found = young.table.entry(at: place) ?? old.table.entry(at: old.table.place(of: key))
        guard let found, Int64(found.expires) >= now else { return nil }
        return found
    }

    /// The nonce's place in the younger table.
    func place(of key: NonceClaim) -> Int? { young.table.place(of: key) }

    /// Why this client's next nonce is not remembered; nil when it is.
    func refusal(of client: UInt32) -> NonceOutcome? {
        let count = count
        if count <= limits.quietCount, count < limits.capacity { return nil }
        return isOverShare(client, free: max(0, limits.capacity - count))
            ? .overShare : count < limits.capacity ? nil : .full
    }

    /// Whether this client has all that it may have: own > share × (own + free), in percent.
    private func isOverShare(_ client: UInt32, free: Int) -> Bool {
        let own = young.tally.count(of: client) + old.tally.count(of: client)
        return own > limits.capacity / NonceLimits.smallestShare && own * (100 - limits.share) > limits.share * free
    }

    /// Calls `body` with each nonce.
    func forEach(_ body: (NonceEntry) -> Void) {
        old.table.forEach(body)
        young.table.forEach(body)
    }

    /// Remembers a nonce for which no client answers, if there is room.
    mutating func restore(_ key: NonceClaim) {
        guard count < limits.capacity else { return }
        _ = young.table.insert(key, at: place(of: key))
    }

    /// Remembers a nonce at its place in the younger table.
    mutating func insert(_ key: NonceClaim, at place: Int?) {
        if young.table.insert(key, at: place) { young.tally.add(key.client) }
    }
}
