// A set of small numbers: which consumers had a request in a slice of time.

/// A set of small non-negative numbers, a bit each.
struct NumberSet {
    private var words: [UInt64] = []

    /// Adds `number`.
    @inline(__always)
    mutating func insert(_ number: Int) {
        let word = number >> 6
        if word >= words.count { words += [UInt64](repeating: 0, count: word + 1 - words.count) }
        words[word] |= 1 << UInt64(number & 63)
    }

    /// Adds the numbers of `other`.
    mutating func formUnion(_ other: NumberSet) {
        if other.words.count > words.count {
            words += [UInt64](repeating: 0, count: other.words.count - words.count)
        }
        for index in other.words.indices { words[index] |= other.words[index] }
    }

    /// How many numbers there are.
    var count: Int { words.reduce(0) { $0 + $1.nonzeroBitCount } }

    /// Bytes in memory.
    var byteCount: Int { words.count * 8 }

    /// The numbers, ascending.
    var numbers: [Int] {
        words.indices.flatMap { index in
            (0..<64).filter { words[index] & 1 << UInt64($0) != 0 }.map { index << 6 | $0 }
        }
    }
}
