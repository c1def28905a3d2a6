// The hash that keys of what is remembered are made of.

import Authorization
import Testing
import Wire

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

    /// Keys that somebody made up, equal in one half, are spread over a dictionary as others are.
    @Test func madeUpKeysAreSpread() {
        for halves in [(0..<4096).map { ($0, 7) }, (0..<4096).map { (7, $0) }] as [[(UInt64, UInt64)]] {
            let places = halves.map { CacheKey(high: $0.0, low: $0.1)._rawHashValue(seed: 3) & 4095 }
            #expect(Set(places).count > 2200)
        }
    }
}
