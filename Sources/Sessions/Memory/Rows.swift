// What the loader puts into memory: rows, with what is derived from them once.

import Cryptography
import Bytes

/// The rows behind an OAuth 1 consumer key and access token.
final class OAuth1Rows: Sendable {
    /// Whether there is such a consumer.
    let isConsumerKnown: Bool
    /// The token's acceptance, when it is one of this consumer.
    let grant: Grant?
    /// HMAC key, prepared; nil without a grant.
    let hmacKey: HMACSHA1Key?
    /// The HMAC key itself, for `PLAINTEXT`; nil unless that is allowed.
    let plaintextKey: [UInt8]?
    /// Nil when the consumer has none, or one that is no key.
    let rsaKey: RSAPublicKey?
    let restrictions: AddressRestrictions
    /// Fetches what an answer is made of, while the signature is verified.
    let prefetch: Prefetch

    init(
        consumer: Consumer?, grant: Grant?, secret: [UInt8]?,
        keepsPlaintext: Bool
    ) {
        isConsumerKnown = consumer != nil
        self.grant = grant
        hmacKey = secret.map { $0.withBytes { HMACSHA1Key(key: $0) } }
        plaintextKey = keepsPlaintext ? secret : nil
        rsaKey = consumer.flatMap { consumer in
            consumer.rsaKey.isEmpty ? nil : consumer.rsaKey.withBytes { try? RSAPublicKey(pem: $0, minimumBits: 1024) }
        }
        prefetch = Prefetch(grant)
        restrictions = (consumer?.restrictions ?? []).withBytes { AddressRestrictions(json: $0) }
    }
}

/// The rows behind an OAuth 2 access token.
final class OAuth2Rows: Sendable {
    /// The token's row; nil counts as revoked.
    let token: AccessTokenRow?
    /// Whether `aud` names an OAuth 2 consumer.
    let isClientKnown: Bool
    /// Whether the user that `sub` names exists; true when it names none.
    let subjectExists: Bool
    /// Nil when the acceptance does not exist, or is of no consumer.
    let grant: Grant?

    init(token: AccessTokenRow?, client: Consumer?, subjectExists: Bool, grant: Grant?) {
        self.token = token
        isClientKnown = client != nil
        self.subjectExists = subjectExists
        self.grant = grant
    }
}

/// An acceptance with its consumer and user: what both OAuth versions lead to.
final class Grant: Sendable {
    // What every request reads comes first: with a million of these each is cold, and fewer lines of memory are fetched.
    /// Who the request comes from, if everything else holds.
    let identity: Identity
    /// The one wiki that it is for, and the one that the consumer is for; nil: any.
    let wiki: String?
    let consumerWiki: String?
    /// False when the acceptance is of a user who doesn't exist.
    let isUserThere: Bool
    let isUserLocked: Bool
    let isUserBlocked: Bool
    /// Whether the consumer is usable by the user.
    let isUsable: Bool
    /// Nil for client credentials.
    let acceptance: Acceptance?
    let consumer: Consumer
    /// Nil when the central id names nobody.
    let user: User?

    init(acceptance: Acceptance?, consumer: Consumer, user: User?, identity: Identity) {
        self.acceptance = acceptance
        self.consumer = consumer
        self.user = user
        self.identity = identity
        let accepted = acceptance?.wiki ?? consumer.wiki
        wiki = accepted == "*" ? nil : accepted
        consumerWiki = consumer.wiki == "*" ? nil : consumer.wiki
        isUserThere = acceptance == nil || user != nil
        isUserLocked = user?.locked ?? false
        isUserBlocked = user?.blockedSitewide ?? false
        isUsable = Self.isUsable(consumer, by: user)
    }

    /// Approved consumers are anybody's, unless owner-only; proposed ones and owner-only ones are their owner's.
    private static func isUsable(_ consumer: Consumer, by user: User?) -> Bool {
        if consumer.stage == .approved, !consumer.ownerOnly { return true }
        guard consumer.stage == .proposed || consumer.stage == .approved, let user else { return false }
        return consumer.ownerID == user.id
    }
}

/// A user that was looked up for a cookie session.
final class UserEntry: Sendable {
    /// Nil when there is no such user.
    let identity: Identity?

    init(identity: Identity?) { self.identity = identity }
}
