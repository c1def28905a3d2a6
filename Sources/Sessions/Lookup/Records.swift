// The rows that verdicts depend on, as MediaWiki's OAuth extension and core lay them out. Column names in brackets.

/// A registered consumer (`oauth_registered_consumer`).
public struct Consumer: Sendable, Equatable {
    /// Where a consumer is in its life (`oarc_stage`).
    public enum Stage: Int, Sendable {
        /// Waiting for approval.
        case proposed = 0
        /// Usable by everyone.
        case approved = 1
        /// Rejected by an administrator.
        case rejected = 2
        /// Proposed for too long.
        case expired = 3
        /// Disabled by an administrator.
        case disabled = 4
        /// Configured statically.
        case configured = 5
    }
    /// Numeric id (`oarc_id`).
    public var id: Int64
    /// Consumer key, the OAuth 2 client id (`oarc_consumer_key`); compared byte for byte.
    public var key: [UInt8]
    /// Display name (`oarc_name`).
    public var name: String
    /// Central id of the owner (`oarc_user_id`).
    public var ownerID: Int64
    /// Only its owner may use it (`oarc_owner_only`).
    public var ownerOnly: Bool
    /// Stage (`oarc_stage`); nil for a value that MediaWiki does not know.
    public var stage: Stage?
    /// Wiki id, or `*` (`oarc_wiki`).
    public var wiki: String
    /// 1 or 2 (`oarc_oauth_version`).
    public var oauthVersion: Int
    /// Stored secret, from which the real one is derived (`oarc_secret_key`); never shown.
    public var storedSecret: [UInt8]
    /// PEM public key or certificate for RSA-SHA1 (`oarc_rsa_key`), empty when none.
    public var rsaKey: [UInt8]
    /// JSON restrictions (`oarc_restrictions`).
    public var restrictions: [UInt8]
    /// JSON list of grants (`oarc_grants`).
    public var grants: [UInt8]

    /// A consumer row.
    public init(
        id: Int64, key: [UInt8], name: String, ownerID: Int64, ownerOnly: Bool, stage: Stage?, wiki: String,
        oauthVersion: Int, storedSecret: [UInt8], rsaKey: [UInt8], restrictions: [UInt8], grants: [UInt8]
    ) {
        self.id = id
        self.key = key
        self.name = name
        self.ownerID = ownerID
        self.ownerOnly = ownerOnly
        self.stage = stage
        self.wiki = wiki
        self.oauthVersion = oauthVersion
        self.storedSecret = storedSecret
        self.rsaKey = rsaKey
        self.restrictions = restrictions
        self.grants = grants
    }
}

/// A user's acceptance of a consumer (`oauth_accepted_consumer`).
public struct Acceptance: Sendable, Equatable {
    /// Numeric id (`oaac_id`).
    public var id: Int64
    /// Wiki id, or `*` (`oaac_wiki`).
    public var wiki: String
    /// Central id of the user (`oaac_user_id`).
    public var userID: Int64
    /// Numeric id of the consumer (`oaac_consumer_id`).
    public var consumerID: Int64
    /// OAuth 1 access token (`oaac_access_token`).
    public var accessToken: [UInt8]
    /// Stored token secret (`oaac_access_secret`); never shown.
    public var storedSecret: [UInt8]
    /// JSON list of grants (`oaac_grants`).
    public var grants: [UInt8]

    /// An acceptance row.
    public init(
        id: Int64, wiki: String, userID: Int64, consumerID: Int64, accessToken: [UInt8], storedSecret: [UInt8],
        grants: [UInt8]
    ) {
        self.id = id
        self.wiki = wiki
        self.userID = userID
        self.consumerID = consumerID
        self.accessToken = accessToken
        self.storedSecret = storedSecret
        self.grants = grants
    }
}

/// An issued OAuth 2 access token (`oauth2_access_tokens`).
public struct AccessTokenRow: Sendable, Equatable {
    /// The token's `jti` (`oaat_identifier`).
    public var identifier: [UInt8]
    /// The acceptance, 0 for client credentials (`oaat_acceptance_id`).
    public var acceptanceID: Int64
    /// Revoked (`oaat_revoked`).
    public var revoked: Bool

    /// A token row.
    public init(identifier: [UInt8], acceptanceID: Int64, revoked: Bool) {
        self.identifier = identifier
        self.acceptanceID = acceptanceID
        self.revoked = revoked
    }
}

/// A user, as the central id provider knows it.
public struct User: Sendable, Equatable {
    /// Central id (`user_id` or `gu_id`).
    public var id: Int64
    /// Name.
    public var name: String
    /// Locked (`gu_locked`).
    public var locked: Bool
    /// Blocked on this wiki, in a way that ends a login where blocks do (`$wgBlockDisablesLogin`); as far as it is known.
    public var isBlocked: Bool
    /// Groups in force.
    public var groups: [String]
    /// Edits, nil when unknown.
    public var editCount: Int64?
    /// Seconds since 1970 at registration, nil when unknown.
    public var registration: Int64?
    /// The ids of the wikis where the account of this name is the central user's (`localuser`); nil where that is not known, and for
    /// users who are not central.
    public var attachedWikis: [String]?
    /// Of a central user: whether the wiki whose tables are in the database has an account of this name; false where that is not
    /// known.
    public var hasLocalAccount: Bool

    /// A user.
    public init(
        id: Int64, name: String, locked: Bool = false, isBlocked: Bool = false, groups: [String] = [],
        editCount: Int64? = nil, registration: Int64? = nil, attachedWikis: [String]? = nil,
        hasLocalAccount: Bool = false
    ) {
        self.id = id
        self.name = name
        self.locked = locked
        self.isBlocked = isBlocked
        self.groups = groups
        self.editCount = editCount
        self.registration = registration
        self.attachedWikis = attachedWikis
        self.hasLocalAccount = hasLocalAccount
    }
}
