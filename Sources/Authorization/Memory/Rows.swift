// What the loader puts into memory: rows, with what is derived from them once.

import Cryptography
import Wire

/// The rows behind an OAuth 1 consumer key and access token.
final class OAuth1Rows: Sendable {
    /// What they were looked up by.
    let consumerKey: [UInt8], token: [UInt8]
    let consumer: Consumer?
    /// The token's acceptance, when it is one of this consumer.
    let grant: Grant?
    /// HMAC key, prepared; nil without a grant.
    let hmacKey: HMACSHA1Key?
    /// The HMAC key itself, for `PLAINTEXT`; nil unless that is allowed.
    let plaintextKey: [UInt8]?
    /// Nil when the consumer has none, or one that is no key.
    let rsaKey: RSAPublicKey?
    let restrictions: AddressRestrictions

    init(
        consumerKey: [UInt8], token: [UInt8], consumer: Consumer?, grant: Grant?, secret: [UInt8]?,
        keepsPlaintext: Bool
    ) {
        self.consumerKey = consumerKey
        self.token = token
        self.consumer = consumer
        self.grant = grant
        hmacKey = secret.map { $0.withBytes { HMACSHA1Key(key: $0) } }
        plaintextKey = keepsPlaintext ? secret : nil
        rsaKey = consumer.flatMap { consumer in
            consumer.rsaKey.isEmpty ? nil : consumer.rsaKey.withBytes { try? RSAPublicKey(pem: $0, minimumBits: 1024) }
        }
        restrictions = (consumer?.restrictions ?? []).withBytes { AddressRestrictions(json: $0) }
    }
}

/// The rows behind an OAuth 2 access token.
final class OAuth2Rows: Sendable {
    /// The token's row; nil counts as revoked.
    let token: AccessTokenRow?
    /// The OAuth 2 consumer that `aud` names.
    let client: Consumer?
    /// Whether the user that `sub` names exists; true when it names none.
    let subjectExists: Bool
    /// Nil when the acceptance does not exist, or is of no consumer.
    let grant: Grant?

    init(token: AccessTokenRow?, client: Consumer?, subjectExists: Bool, grant: Grant?) {
        self.token = token
        self.client = client
        self.subjectExists = subjectExists
        self.grant = grant
    }
}

/// An acceptance with its consumer and user: what both OAuth versions lead to.
struct Grant: Sendable {
    /// Nil for client credentials.
    let acceptance: Acceptance?
    let consumer: Consumer
    /// Nil when the central id names nobody.
    let user: User?
    /// Who the request comes from, if everything else holds.
    let identity: Identity
}

/// A user that was looked up for a cookie session.
final class UserEntry: Sendable {
    /// Nil when there is no such user.
    let identity: Identity?

    init(identity: Identity?) { self.identity = identity }
}
