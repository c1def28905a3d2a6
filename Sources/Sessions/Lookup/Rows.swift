// What the loader puts into memory: rows, with what is derived from them once.

import Bytes
import Cryptography

/// The rows behind an OAuth 1 consumer key and access token.
final class OAuth1Rows: Remembered {
    /// The consumer; nil when none is registered under this key.
    let consumer: KnownConsumer?
    /// Whether they were read since a signature had not verified.
    private let isReadAgain: Bool
    /// When they were read: milliseconds since 1970, the lower half, which takes no memory of its own here.
    private let readAt: UInt32
    /// Of the token's digest.
    private let token: UInt32
    /// The token's acceptance, when it is one of this consumer.
    let grant: Grant?
    /// HMAC key, prepared; nil without a grant.
    let hmacKey: HMACSHA1Key?
    /// The HMAC key itself, for `PLAINTEXT`; nil unless that is allowed.
    let plaintextKey: [UInt8]?

    init(
        consumer: KnownConsumer?, grant: Grant?, secret: [UInt8]?, keepsPlaintext: Bool, readAt now: Timestamp,
        isReadAgain: Bool, token: UInt32
    ) {
        self.consumer = consumer
        self.isReadAgain = isReadAgain
        readAt = UInt32(truncatingIfNeeded: now.milliseconds)
        self.token = token
        self.grant = grant
        hmacKey = secret.map { $0.withBytes { HMACSHA1Key(key: $0) } }
        plaintextKey = keepsPlaintext ? secret : nil
    }

    /// Milliseconds for which rows count as fresh: rows that this very check has had read, and rows that were read again, so that
    /// guessing signatures buys no more than one read in two seconds.
    private static let freshness: UInt32 = 100, freshnessReadAgain: UInt32 = 2000

    /// Whether a secret may have been reset since they were read, so that a signature that does not verify is no reason yet to
    /// refuse the request.
    func mayBeOutdated(at now: Timestamp) -> Bool {
        let age = UInt32(truncatingIfNeeded: now.milliseconds) &- readAt
        return age >= (isReadAgain ? Self.freshnessReadAgain : Self.freshness)
    }

    /// For RSA-SHA1.
    var rsaKey: RSAPublicKey? { grant?.identity.consumer?.rsaKey }
    /// Where the consumer's requests may come from.
    var restrictions: AddressRestrictions { grant?.identity.consumer?.restrictions ?? .nowhere }

    /// Whether they may be about what is to be forgotten.
    func concerns(_ what: Invalidation) -> Bool { what.concerns(grant, token: token) }

    var byteCount: Int { 168 + (grant?.byteCount ?? 0) + (plaintextKey.map { 32 + $0.count } ?? 0) }
}

/// The rows behind an OAuth 2 access token.
final class OAuth2Rows: Remembered {
    /// Whether the token has a row that is not revoked.
    let isTokenValid: Bool
    /// The OAuth 2 consumer that `aud` names; nil when it names none.
    let client: KnownConsumer?
    /// Whether the user that `sub` names exists; true when it names none.
    let subjectExists: Bool
    /// Of the digest of the token's `jti`.
    private let token: UInt32
    /// Nil when the acceptance does not exist, or its consumer.
    let grant: Grant?

    init(isTokenValid: Bool, client: KnownConsumer?, subjectExists: Bool, grant: Grant?, token: UInt32) {
        self.isTokenValid = isTokenValid
        self.client = client
        self.subjectExists = subjectExists
        self.grant = grant
        self.token = token
    }

    /// Whether they may be about what is to be forgotten.
    func concerns(_ what: Invalidation) -> Bool { what.concerns(grant, token: token) }

    var byteCount: Int { 112 + (grant?.byteCount ?? 0) }
}

/// A user that was looked up for a cookie session.
final class UserEntry: Remembered {
    /// Whose session it is; nil when there is no such user, or one who may not log in.
    let identity: Identity?

    init(_ identity: Identity?) { self.identity = identity }

    /// Whether it may be about what is to be forgotten.
    func concerns(_ what: Invalidation) -> Bool {
        guard case .user(let id) = what else { return false }
        return identity.map { $0.userID == id } ?? true
    }

    var byteCount: Int { 32 + (identity?.byteCount ?? 0) }
}
