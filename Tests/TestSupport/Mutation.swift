// Randomness that is the same on every run, and inputs that are changed with it.

/// SplitMix64: a seed always gives the same sequence.
package struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    /// A generator that begins at `state`.
    package init(state: UInt64) { self.state = state }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// Up to 63 random bytes.
    package mutating func bytes() -> [UInt8] {
        let length = Int.random(in: 0..<64, using: &self)
        return (0..<length).map { _ in UInt8.random(in: .min ... .max, using: &self) }
    }
}

extension [UInt8] {
    /// The bytes with one to four changes: bits flipped, bytes replaced, removed or inserted, or the end cut off.
    package func mutated(_ generator: inout SeededGenerator) -> [UInt8] {
        var bytes = self
        for _ in 0...Int.random(in: 0...3, using: &generator) where !bytes.isEmpty {
            let index = Int.random(in: 0..<bytes.count, using: &generator)
            switch Int.random(in: 0..<5, using: &generator) {
            case 0: bytes[index] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
            case 1: bytes[index] = [0, 0x7F, 0x80, 0xFF, 0x22, 0x5C, 0x3B].randomElement(using: &generator) ?? 0
            case 2: bytes.remove(at: index)
            case 3: bytes.insert(.random(in: .min ... .max, using: &generator), at: index)
            default: bytes.removeLast(bytes.count - index)
            }
        }
        return bytes
    }
}
