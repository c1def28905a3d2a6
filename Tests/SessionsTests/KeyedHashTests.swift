// The hash that keys of what is remembered are made of.

import Sessions
import Testing
import Bytes

@Suite struct KeyedHashTests {
    private func hash(_ texts: [UInt8]...) -> [UInt64] {
        var hash = KeyedHash()
        for text in texts { text.withBytes { hash.combine($0) } }
        let (high, low) = hash.finish()
        return [high, low]
    }

    @Test func everyBitAndEveryLengthCounts() {
        var seen: Set<[UInt64]> = []
        for length in 0...40 {
            let text = [UInt8](repeating: 0, count: length)
            #expect(hash(text) == hash(text))
            #expect(seen.insert(hash(text)).inserted)
            for bit in 0..<8 * length {
                var other = text
                other[bit / 8] ^= 1 << UInt8(bit % 8)
                #expect(seen.insert(hash(other)).inserted)
            }
        }
        #expect(Set(seen.map { $0[0] }).count == seen.count && Set(seen.map { $0[1] }).count == seen.count)
    }

    @Test func bordersBetweenTextsCount() {
        let texts: [[[UInt8]]] = [[[1, 2], [3]], [[1], [2, 3]], [[1, 2, 3], []], [[], [1, 2, 3]]]
        #expect(Set(texts.map { hash($0[0], $0[1]) }).count == 4)
        #expect(hash([1, 2, 3]) != hash([1, 2, 3], []))
    }

    /// About half of all bits change with one bit of the text.
    @Test func bitsAreSpread() {
        let text = [UInt8](0..<64)
        var changed = 0
        for bit in 0..<512 {
            var other = text
            other[bit / 8] ^= 1 << UInt8(bit % 8)
            changed += zip(hash(text), hash(other)).reduce(0) { $0 + ($1.0 ^ $1.1).nonzeroBitCount }
        }
        #expect((60 * 512..<68 * 512).contains(changed))
    }

    /// Keys that somebody made up, equal in one half or alike in both, are spread over a dictionary as others are, under
    /// hundreds of secrets: 4,096 random ones have 2,589 places, give or take 20.
    @Test func madeUpKeysAreSpread() {
        let numbers = (0..<4096).map(UInt64.init)
        let families: [[CacheKey]] = [
            numbers.map { CacheKey(high: $0, low: 7) }, numbers.map { CacheKey(high: 7, low: $0) },
            numbers.map { CacheKey(high: $0 << 52, low: 7) }, numbers.map { CacheKey(high: $0, low: $0) },
        ]
        var state: UInt64 = 0
        func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = (state ^ state >> 30) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
            return mixed ^ mixed >> 31
        }
        for round in 0..<256 {
            // Some with zeros at their ends.
            let secret = (next() << UInt64(round % 24), next() << UInt64(round / 24))
            for family in families {
                let places = Set(family.map { $0.spread(with: secret) & 4095 })
                #expect(places.count > 2400, "secret \(secret)")
            }
        }
        let keys = numbers.map { CacheKey(high: 7, low: $0) }
        #expect(Set(keys.map { $0._rawHashValue(seed: 3) & 4095 }).count > 2400)
    }
}
