// The rows behind a lookup. Each lookup is one call, so that a database across a network is asked once.

/// All rows behind an OAuth 1 consumer key and access token.
public struct OAuth1Records: Sendable, Equatable {
    /// The consumer with the key; nil when there is none.
    public var consumer: Consumer?
    /// The acceptance with the access token; it may be another consumer's. Nil when there is none.
    public var acceptance: Acceptance?
    /// The user of the acceptance; nil without an acceptance, or when there is no such user.
    public var user: User?

    /// The rows that were found.
    public init(consumer: Consumer? = nil, acceptance: Acceptance? = nil, user: User? = nil) {
        self.consumer = consumer
        self.acceptance = acceptance
        self.user = user
    }
}

/// All rows behind an OAuth 2 access token.
public struct OAuth2Records: Sendable, Equatable {
    /// The token with the `jti`; nil when there is none.
    public var token: AccessTokenRow?
    /// The consumer that `aud` names, of either version of OAuth; nil when there is none.
    public var client: Consumer?
    /// The acceptance that the token belongs to; nil when it has none, or when it no longer exists.
    public var acceptance: Acceptance?
    /// The consumer of the acceptance.
    public var consumer: Consumer?
    /// The user of the acceptance.
    public var user: User?
    /// Whether the user in `sub` exists; true when no subject was asked for.
    public var subjectExists: Bool

    /// The rows that were found.
    public init(
        token: AccessTokenRow? = nil, client: Consumer? = nil, acceptance: Acceptance? = nil,
        consumer: Consumer? = nil, user: User? = nil, subjectExists: Bool = true
    ) {
        self.token = token
        self.client = client
        self.acceptance = acceptance
        self.consumer = consumer
        self.user = user
        self.subjectExists = subjectExists
    }
}

/// MediaWiki's rows. Calls block: they are made on store workers and in tools, never on an event loop.
///
/// Keys, tokens and identifiers are compared byte for byte. What does not exist is nil; a call throws when the store can't
/// tell whether it exists.
public protocol Directory: Sendable {
    /// The rows behind an OAuth 1 request, with the user's groups and blocks in force at `now`.
    ///
    /// - Throws: When the rows can't be read.
    func oauth1(consumerKey: [UInt8], token: [UInt8], at now: Timestamp) throws -> OAuth1Records

    /// The rows behind an OAuth 2 access token, with the user's groups and blocks in force at `now`.
    ///
    /// - Parameters:
    ///   - tokenID: The token's `jti`.
    ///   - clientID: The token's `aud`, a consumer key.
    ///   - subject: The central user id in `sub`; nil when there is none.
    ///   - now: The time that expiries are compared with.
    /// - Throws: When the rows can't be read.
    func oauth2(tokenID: [UInt8], clientID: [UInt8], subject: Int64?, at now: Timestamp) throws -> OAuth2Records

    /// The user with this central id, with the groups and blocks in force at `now`.
    ///
    /// - Throws: When the rows can't be read.
    func user(id: Int64, at now: Timestamp) throws -> User?
}
