// How many nonces each client has in one table: enough to find the clients that have many, in memory that does not grow with the
// number of clients (Misra and Gries, "Finding repeated elements", 1982).
//
//     set:  [client|count] × 8          64 bytes, one line of the processor's cache; a hash of the client chooses the set
//
// A client that has a place in its set is counted there. One that finds all places taken lowers every count of the set by one, and
// is not counted. So no count is higher than what the client really has, whatever the others do: a client is never held responsible
// for another one's nonces. A count can be too low, by at most a ninth of all nonces of the set.

/// Counts of nonces by client, for one table of nonces.
package struct NonceTally: Sendable {
    /// A client's count; a count of 0 is a free place.
    private struct Place {
        var client: UInt32 = 0
        var count: UInt32 = 0
    }

    private typealias Set = InlineArray<8, Place>

    /// Empty until the first nonce is counted.
    private var sets: [Set] = []
    private let setCount: Int

    /// Nonces for which there is one set, and the most sets.
    private static var noncesPerSet: Int { 64 }
    private static var maxSets: Int { 256 }

    /// A tally for a table of at most `capacity` nonces.
    package init(capacity: Int) {
        var count = 1
        while count < Self.maxSets, count * Self.noncesPerSet < capacity { count *= 2 }
        setCount = count
    }

    /// Bytes of the sets.
    package var byteCount: Int { sets.capacity * MemoryLayout<Set>.stride }

    /// How many nonces of this client were counted: never more than it has.
    package func count(of client: UInt32) -> Int {
        guard !sets.isEmpty else { return 0 }
        let set = sets[index(of: client)]
        for place in set.indices where set[place].client == client { return Int(set[place].count) }
        return 0
    }

    /// Counts one more nonce of this client.
    package mutating func add(_ client: UInt32) {
        if sets.isEmpty { sets = Array(repeating: Set(repeating: Place()), count: setCount) }
        Self.add(client, to: &sets[index(of: client)])
    }

    private static func add(_ client: UInt32, to set: inout Set) {
        var free: Int?
        for place in set.indices {
            if set[place].client == client, set[place].count != 0 { return set[place].count += 1 }
            // The first one, where a set with few clients is searched from.
            if free == nil, set[place].count == 0 { free = place }
        }
        if let free { return set[free] = Place(client: client, count: 1) }
        for place in set.indices { set[place].count -= 1 }
    }

    private func index(of client: UInt32) -> Int { Int(truncatingIfNeeded: client) & (setCount - 1) }
}
