// A nonce to be claimed: what a verified request uses up.

import Bytes
import Cryptography

/// A nonce to be claimed when a decision is carried out.
public struct NonceClaim: Sendable, Hashable {
    /// A keyed hash of consumer key, token and nonce: 96 bits.
    public let high: UInt64, low: UInt32
    /// A keyed hash of consumer key and token, by which one client's nonces are told from another's.
    public let client: UInt32
    /// A hash of the proxy's id of the request, by which its own retry is told from a replay; 0 for none.
    public let request: UInt64
    /// The last second since 1970 at which the nonce counts.
    public let expires: Int64
    /// The nonce's key in a store that other processes share; zero where there is none.
    public let shared: CacheKey

    /// The claim of a nonce; texts are compared byte for byte.
    public init(consumer: Bytes, token: Bytes, nonce: Bytes, requestID: Bytes, expires: Int64) {
        self.init(of: CacheKey(consumer, token), nonce: nonce, requestID: requestID, expires: expires)
    }

    /// The claim of a nonce.
    /// - Parameters:
    ///   - client: The key of consumer key and token.
    ///   - shared: What is the same in all processes; nil: the nonce is remembered in this process only.
    package init(
        of client: CacheKey, nonce: Bytes, requestID: Bytes, expires: Int64, shared: SharedNonce? = nil
    ) {
        var hash = KeyedHash()
        hash.combine(client)
        hash.combine(nonce)
        let (high, low) = hash.finish()
        self.high = high
        self.low = UInt32(truncatingIfNeeded: low)
        self.client = UInt32(truncatingIfNeeded: client.low)
        self.expires = expires
        self.shared = shared?.key ?? CacheKey(high: 0, low: 0)
        request = shared?.hash(ofRequest: requestID) ?? Self.hash(ofRequest: requestID)
    }

    /// A claim that was made before, by a client that is not known any more.
    init(high: UInt64, low: UInt32, request: UInt64, expires: Int64) {
        self.high = high
        self.low = low
        client = 0
        self.request = request
        self.expires = expires
        shared = CacheKey(high: 0, low: 0)
    }

    private init(_ claim: NonceClaim, request: UInt64) {
        (high, low, client, expires, shared) = (claim.high, claim.low, claim.client, claim.expires, claim.shared)
        self.request = request
    }

    /// The same nonce, claimed by the request with this hash.
    package func by(request: UInt64) -> NonceClaim { NonceClaim(self, request: request) }

    fileprivate static func hash(ofRequest id: Bytes, _ hash: consuming KeyedHash = KeyedHash()) -> UInt64 {
        guard !id.isEmpty else { return 0 }
        hash.combine(id)
        return max(1, hash.finish().high)
    }
}

/// A nonce as all processes see it: SHA-256 of consumer key, token and nonce. Hashes under this process's own secret would be others
/// elsewhere. No client can make two nonces with one key, and a key tells nothing about its nonce.
package struct SharedNonce {
    /// The digest's first half: the nonce's key.
    package let key: CacheKey
    /// Its second half, under which requests are hashed. It is not stored.
    private let secret: (UInt64, UInt64)

    /// The nonce of a client.
    package init(consumer: Bytes, token: Bytes, nonce: Bytes) {
        let words = SHA256.digest(ofTexts: consumer, token, nonce).words
        key = CacheKey(high: words.0, low: words.1)
        secret = (words.2, words.3)
    }

    /// A hash of the proxy's id of a request; 0 for none.
    func hash(ofRequest id: Bytes) -> UInt64 { NonceClaim.hash(ofRequest: id, KeyedHash(key: secret)) }
}
