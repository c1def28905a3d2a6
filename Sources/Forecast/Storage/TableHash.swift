// Where a text is in a table. The hash is keyed: a client that knew the places of its keys could make them all collide. It is not
// SipHash, which took a third of the time: one multiplication to 128 bits for every eight bytes, of which both halves are used, as in
// wyhash (github.com/wangyi-fudan/wyhash). No client sees a hash, or an order that depends on one.

import Bytes

/// The hash of tables of texts.
enum TableHash {
    /// Random for each process, or fixed in benchmarks: from the standard library's.
    private static let secret: (UInt64, UInt64) = {
        var second = Hasher()
        second.combine(true)
        return (word(Hasher()), word(second) | 1)
    }()

    private static func word(_ hasher: Hasher) -> UInt64 { UInt64(bitPattern: Int64(hasher.finalize())) }

    /// The hash of `text` in this process.
    static func of(_ text: Bytes) -> UInt32 {
        let (seed, factor) = secret
        let base = UnsafeRawPointer(text.start)
        var hash = seed ^ UInt64(text.count)
        var offset = 0
        while offset + 8 <= text.count {
            hash = fold(hash ^ (base + offset).loadUnaligned(as: UInt64.self), factor)
            offset += 8
        }
        if offset < text.count { hash = fold(hash ^ tail(of: text, from: offset), factor) }
        return UInt32(truncatingIfNeeded: fold(hash, seed | 1))
    }

    /// The last one to seven bytes; of a longer text with bytes before them, which costs less.
    @inline(__always)
    private static func tail(of text: Bytes, from offset: Int) -> UInt64 {
        if text.count >= 8 {
            return (UnsafeRawPointer(text.start) + (text.count - 8)).loadUnaligned(as: UInt64.self)
        }
        var rest: UInt64 = 0
        for place in offset..<text.count { rest = rest << 8 | UInt64(text[place]) }
        return rest
    }

    @inline(__always)
    private static func fold(_ left: UInt64, _ right: UInt64) -> UInt64 {
        let product = left.multipliedFullWidth(by: right)
        return product.high ^ product.low
    }
}
