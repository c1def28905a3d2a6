// SipHash-1-3 with 128 bits of result (Aumasson, Bernstein: "SipHash: a fast short-input PRF"), over several texts.
//
// The same function as the standard library's Hasher, which gives 64 bits and copes with pieces of any length one by one; here
// a text is there as a whole, and a key takes two words. The secret is Hasher's: random for each process, or fixed in benchmarks.

import Bytes
import Synchronization

/// A keyed hash of texts.
package struct KeyedHash {
    /// The same from the first hash of the process to the last.
    static let secret: (UInt64, UInt64) = adopted.withLock { adopted in
        defer { adopted.isUsed = true }
        if let secret = adopted.secret { return secret }
        var second = Hasher()
        second.combine(true)
        return (UInt64(bitPattern: Int64(Hasher().finalize())), UInt64(bitPattern: Int64(second.finalize())))
    }

    private struct Adopted {
        var secret: (UInt64, UInt64)?
        var isUsed = false
    }

    private static let adopted = Mutex(Adopted())

    /// Takes the secret of another process; false when there were hashes already.
    static func adopt(_ secret: (UInt64, UInt64)) -> Bool {
        let isTaken = adopted.withLock { adopted in
            if !adopted.isUsed { adopted.secret = secret }
            return !adopted.isUsed
        }
        return isTaken || secret == Self.secret
    }

    private var v0: UInt64
    private var v1: UInt64
    private var v2: UInt64
    private var v3: UInt64

    /// The hash of nothing yet.
    @inline(__always)
    package init() { self.init(key: Self.secret) }

    /// The hash of nothing yet, under a key of one's own: what has the same key gets the same hashes, in other processes too.
    @inline(__always)
    init(key: (UInt64, UInt64)) {
        let (k0, k1) = key
        v0 = k0 ^ 0x736f_6d65_7073_6575
        v1 = k1 ^ 0x646f_7261_6e64_6f6d ^ 0xee
        v2 = k0 ^ 0x6c79_6765_6e65_7261
        v3 = k1 ^ 0x7465_6462_7974_6573
    }

    /// Feeds the count and the bytes: where one text ends and the next begins counts.
    @inline(__always)
    package mutating func combine(_ text: Bytes) {
        combine(UInt64(truncatingIfNeeded: text.count))
        guard let base = text.buffer.baseAddress.map({ UnsafeRawPointer($0) }) else { return }
        var offset = 0
        while offset + 8 <= text.count {
            combine((base + offset).loadUnaligned(as: UInt64.self))
            offset += 8
        }
        guard offset < text.count else { return }
        if text.count >= 8 { return combine((base + text.count - 8).loadUnaligned(as: UInt64.self)) }
        var word: UInt64 = 0
        for index in offset..<text.count { word = word << 8 | UInt64(text[index]) }
        combine(word)
    }

    /// Feeds a hash.
    @inline(__always)
    mutating func combine(_ key: CacheKey) {
        combine(key.high)
        combine(key.low)
    }

    @inline(__always)
    private mutating func combine(_ word: UInt64) {
        v3 ^= word
        round()
        v0 ^= word
    }

    /// The result.
    @inline(__always)
    package consuming func finish() -> (high: UInt64, low: UInt64) {
        v2 ^= 0xee
        for _ in 0..<3 { round() }
        let high = v0 ^ v1 ^ v2 ^ v3
        v1 ^= 0xdd
        for _ in 0..<3 { round() }
        return (high, v0 ^ v1 ^ v2 ^ v3)
    }

    @inline(__always)
    private mutating func round() {
        v0 &+= v1
        v1 = Self.rotated(v1, 13) ^ v0
        v0 = Self.rotated(v0, 32)
        v2 &+= v3
        v3 = Self.rotated(v3, 16) ^ v2
        v0 &+= v3
        v3 = Self.rotated(v3, 21) ^ v0
        v2 &+= v1
        v1 = Self.rotated(v1, 17) ^ v2
        v2 = Self.rotated(v2, 32)
    }

    @inline(__always)
    private static func rotated(_ word: UInt64, _ count: UInt64) -> UInt64 { word &<< count | word &>> (64 &- count) }
}
