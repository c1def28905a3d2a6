// Who is next: everybody once, then everybody once more in another order.

/// Numbers from 0 to a count, again and again: each pass has every one of them once, in an order of its own.
package struct Passes: Sendable {
    private let count: Int
    private var left = 0
    private var current = 0
    private var step = 1

    /// Passes over this many numbers, at least one.
    package init(count: Int) { self.count = count }

    /// The next number.
    package mutating func next(using random: inout some RandomNumberGenerator) -> Int {
        if left == 0 { begin(using: &random) }
        left -= 1
        current = (current + step) % count
        return current
    }

    private mutating func begin(using random: inout some RandomNumberGenerator) {
        left = count
        current = Int.random(in: 0..<count, using: &random)
        // Steps that have no divisor in common with the count come by every number.
        repeat { step = Int.random(in: 1...count, using: &random) } while !Self.areCoprime(step, count)
    }

    private static func areCoprime(_ first: Int, _ second: Int) -> Bool {
        var (larger, smaller) = (first, second)
        while smaller != 0 { (larger, smaller) = (smaller, larger % smaller) }
        return larger == 1
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014): the same seed gives the same load.
package struct SeededRandom: RandomNumberGenerator, Sendable {
    private var state: UInt64

    /// A generator with this seed.
    package init(seed: UInt64) { state = seed }

    /// The next 64 bits.
    package mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var bits = state
        bits = (bits ^ bits >> 30) &* 0xbf58_476d_1ce4_e5b9
        bits = (bits ^ bits >> 27) &* 0x94d0_49bb_1331_11eb
        return bits ^ bits >> 31
    }
}
