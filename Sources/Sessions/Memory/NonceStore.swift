// The nonces seen (RFC 5849, 3.3): a request is accepted once. A decision says which nonce is to be claimed; a store claims it.

import Bytes

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

    /// The claim of a nonce; texts are compared byte for byte.
    public init(consumer: Bytes, token: Bytes, nonce: Bytes, requestID: Bytes, expires: Int64) {
        self.init(of: CacheKey(consumer, token), nonce: nonce, requestID: requestID, expires: expires)
    }

    /// The claim of a nonce.
    /// - Parameter client: The key of consumer key and token.
    package init(of client: CacheKey, nonce: Bytes, requestID: Bytes, expires: Int64) {
        var hash = KeyedHash()
        hash.combine(client)
        hash.combine(nonce)
        let (high, low) = hash.finish()
        self.high = high
        self.low = UInt32(truncatingIfNeeded: low)
        self.client = UInt32(truncatingIfNeeded: client.low)
        request = Self.hash(ofRequest: requestID)
        self.expires = expires
    }

    /// A claim that was made before, by a client that is not known any more.
    init(high: UInt64, low: UInt32, request: UInt64, expires: Int64) {
        self.high = high
        self.low = low
        client = 0
        self.request = request
        self.expires = expires
    }

    private static func hash(ofRequest id: Bytes) -> UInt64 {
        guard !id.isEmpty else { return 0 }
        var hash = KeyedHash()
        hash.combine(id)
        return max(1, hash.finish().high)
    }
}

/// What became of a claim.
public enum NonceOutcome: Sendable, Equatable {
    /// The nonce is new, and remembered from now on.
    case fresh
    /// It was seen with the same request id: the proxy asks again about the same request.
    case retried
    /// It was seen before.
    case used
    /// The client has as many nonces remembered as it may have.
    case overShare
    /// There is no room to remember it.
    case full
}

/// Remembers nonces.
public protocol NonceStore: AnyObject, Sendable {
    /// Claims a nonce at second `now`. Nil when the store can't tell at once: then `Lookup.nonce` is resolved, and the next claim
    /// by the same request tells.
    func claim(_ claim: NonceClaim, now: Int64) -> NonceOutcome?
    /// Nonces held, as far as this process knows.
    var count: Int { get }
    /// Bytes that they take in this process.
    var byteCount: Int { get }
}
