// What the loader puts into memory: rows, with what is derived from them once.

import Bytes
import Cryptography

/// The rows behind an OAuth 1 consumer key and access token.
final class OAuth1Rows: Remembered {
    /// Whether there is such a consumer.
    let isConsumerKnown: Bool
    /// The token's acceptance, when it is one of this consumer.
    let grant: Grant?
    /// HMAC key, prepared; nil without a grant.
    let hmacKey: HMACSHA1Key?
    /// The HMAC key itself, for `PLAINTEXT`; nil unless that is allowed.
    let plaintextKey: [UInt8]?
    private let read: Timestamp

    /// Milliseconds for which rows are as good as new. So often, and no more often, a bad signature has them read again: guessing
    /// buys one read in that time for each token.
    private static let freshness: Int64 = 2000

    /// - Parameter read: When the rows were read.
    init(isConsumerKnown: Bool, grant: Grant?, secret: [UInt8]?, keepsPlaintext: Bool, read: Timestamp) {
        self.isConsumerKnown = isConsumerKnown
        self.read = read
        self.grant = grant
        hmacKey = secret.map { $0.withBytes { HMACSHA1Key(key: $0) } }
        plaintextKey = keepsPlaintext ? secret : nil
    }

    /// Whether the database may have another secret by now.
    func mayBeStale(at now: Timestamp) -> Bool { now.milliseconds - read.milliseconds >= Self.freshness }

    /// For RSA-SHA1.
    var rsaKey: RSAPublicKey? { grant?.identity.consumer?.rsaKey }
    /// Where the consumer's requests may come from.
    var restrictions: AddressRestrictions { grant?.identity.consumer?.restrictions ?? .nowhere }

    var byteCount: Int { 160 + (grant?.byteCount ?? 0) + (plaintextKey.map { 32 + $0.count } ?? 0) }
}

/// The rows behind an OAuth 2 access token.
final class OAuth2Rows: Remembered {
    /// Whether the token has a row that is not revoked.
    let isTokenValid: Bool
    /// Whether `aud` names an OAuth 2 consumer.
    let isClientKnown: Bool
    /// Whether the user that `sub` names exists; true when it names none.
    let subjectExists: Bool
    /// Nil when the acceptance does not exist, or its consumer.
    let grant: Grant?

    init(isTokenValid: Bool, isClientKnown: Bool, subjectExists: Bool, grant: Grant?) {
        self.isTokenValid = isTokenValid
        self.isClientKnown = isClientKnown
        self.subjectExists = subjectExists
        self.grant = grant
    }

    var byteCount: Int { 104 + (grant?.byteCount ?? 0) }
}

/// A user that was looked up for a cookie session.
final class UserEntry: Remembered {
    /// Whose session it is; nil when there is no such user, or one who may not log in.
    let identity: Identity?

    init(_ identity: Identity?) { self.identity = identity }

    var byteCount: Int { 32 + (identity?.byteCount ?? 0) }
}
