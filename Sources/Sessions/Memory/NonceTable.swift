// One table of nonces.

/// A nonce that is remembered.
struct NonceEntry {
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

/// Open addressing, linear probing; nothing is ever removed from it. An expired entry of the same key is overwritten.
struct NonceTable: Sendable {
    private var places: [NonceEntry] = []
    private(set) var count = 0

    init(expecting count: Int = 0) {
        if count > 0 { places = Array(repeating: NonceEntry(), count: count * 20 / 17 + 2) }
    }

    var byteCount: Int { places.capacity * MemoryLayout<NonceEntry>.stride }

    /// The place where the probe for a hash begins: the hash's share of the table, any size will do.
    private static func start(_ high: UInt64, of count: Int) -> Int {
        Int((high << 6).multipliedFullWidth(by: UInt64(count)).high)
    }

    /// The place of a nonce, or the empty one where it belongs; nil while there are no places.
    func place(of key: NonceClaim) -> Int? {
        guard !places.isEmpty else { return nil }
        var index = Self.start(key.high, of: places.count)
        while places[index].expires != 0, places[index].high != key.high || places[index].low != key.low {
            index = index + 1 == places.count ? 0 : index + 1
        }
        return index
    }

    /// What is at a place that ``place(of:)`` has found; nil when it is empty.
    func entry(at place: Int?) -> NonceEntry? {
        guard let place, places[place].expires != 0 else { return nil }
        return places[place]
    }

    /// Remembers the nonce of `key` at the place that ``place(of:)`` has just found. Returns whether that was an empty one.
    mutating func insert(_ key: NonceClaim, at place: Int?) -> Bool {
        if let place, places[place].expires != 0 {
            places[place] = NonceEntry(key)
            return false
        }
        count += 1
        var place = place
        // At most 85 % full.
        if count * 20 > places.count * 17 {
            grow()
            place = self.place(of: key)
        }
        if let place { places[place] = NonceEntry(key) }
        return true
    }

    /// Calls `body` with each nonce, expired ones included.
    func forEach(_ body: (NonceEntry) -> Void) {
        for entry in places where entry.expires != 0 { body(entry) }
    }

    /// A small table grows by half, a large one by an eighth: about 30 bytes a nonce.
    private mutating func grow() {
        let previous = places
        let more = previous.count < 4096 ? previous.count / 2 : previous.count / 8
        places = Array(repeating: NonceEntry(), count: max(16, previous.count + more))
        places.withUnsafeMutableBufferPointer { places in
            for entry in previous where entry.expires != 0 {
                var index = Self.start(entry.high, of: places.count)
                while places[index].expires != 0 { index = index + 1 == places.count ? 0 : index + 1 }
                places[index] = entry
            }
        }
    }
}
