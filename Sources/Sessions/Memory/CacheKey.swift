// The keys of what is remembered: 128 bits, so that a lookup with borrowed bytes copies nothing.

import Bytes

/// A 128-bit key: a keyed hash of texts, or the end of a token, which is its signature.
public struct CacheKey: Hashable, Sendable {
    /// The upper and the lower half.
    public let high: UInt64, low: UInt64

    /// A key from its halves.
    @inlinable
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// The halves multiplied with each other under `secret`, and the product once more. Some keys are ends of signatures, which
    /// a client can choose: under a secret with many zeros at its end one product alone would send thousands of keys with an
    /// equal half to some hundred places.
    @inlinable
    public func spread(with secret: (UInt64, UInt64)) -> UInt64 {
        let product = (high ^ secret.0).multipliedFullWidth(by: low ^ secret.1)
        let mixed = (product.high ^ product.low) &* 0x9E37_79B9_7F4A_7C15
        return mixed ^ mixed >> 32
    }

    /// Random for each process.
    @usableFromInline static let secret: (UInt64, UInt64) = KeyedHash().finish()
}

extension CacheKey {
    /// The key of a hash.
    init(_ hash: KeyedHash) {
        let (high, low) = hash.finish()
        self.init(high: high, low: low)
    }

    /// The key of two texts.
    package init(_ first: Bytes, _ second: Bytes) {
        var hash = KeyedHash()
        hash.combine(first)
        hash.combine(second)
        self.init(hash)
    }

    /// The key of a token: its last 16 bytes, which of a signed token are its signature. What is found there compares the whole
    /// token: that is exact, and cheaper than a digest of it.
    public init(token: Bytes) {
        guard token.count >= 16, let end = token.buffer.baseAddress.map({ UnsafeRawPointer($0 + token.count) }) else {
            self.init(token, .empty)
            return
        }
        self.init(
            high: (end - 16).loadUnaligned(as: UInt64.self), low: (end - 8).loadUnaligned(as: UInt64.self))
    }

    /// The key of a user's entry.
    init(userID: Int64) {
        self = withUnsafeBytes(of: userID) { CacheKey(Bytes($0), .empty) }
    }
}
