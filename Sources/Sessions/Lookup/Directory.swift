// Where the rows are: one call returns all that stand behind a lookup, so that a database across a network is asked once.

/// All rows behind an OAuth 1 consumer key and access token.
public struct OAuth1Records: Sendable, Equatable {
    /// The consumer with the key.
    public var consumer: Consumer?
    /// The acceptance with the token, when it is one of this consumer.
    public var acceptance: Acceptance?
    /// The acceptance's user.
    public var user: User?

    /// Rows.
    public init(consumer: Consumer? = nil, acceptance: Acceptance? = nil, user: User? = nil) {
        self.consumer = consumer
        self.acceptance = acceptance
        self.user = user
    }
}

/// All rows behind an OAuth 2 access token.
public struct OAuth2Records: Sendable, Equatable {
    /// The token's row.
    public var token: AccessTokenRow?
    /// The consumer that the token names (`aud`).
    public var client: Consumer?
    /// The acceptance that the token's row names.
    public var acceptance: Acceptance?
    /// The acceptance's consumer.
    public var consumer: Consumer?
    /// The acceptance's user.
    public var user: User?
    /// Whether the user that the token names (`sub`) exists; true when it names none.
    public var subjectExists: Bool

    /// Rows.
    public init(
        token: AccessTokenRow? = nil, client: Consumer? = nil, acceptance: Acceptance? = nil, consumer: Consumer? = nil,
        user: User? = nil, subjectExists: Bool = true
    ) {
        self.token = token
        self.client = client
        self.acceptance = acceptance
        self.consumer = consumer
        self.user = user
        self.subjectExists = subjectExists
    }
}

/// Where the rows are. Blocking: called on store workers and in tools, never on an event loop.
///
/// Keys are compared byte for byte. A missing row is nil; what can't be told is thrown.
public protocol Directory: Sendable {
    /// The rows behind an OAuth 1 consumer key and access token, as they are at `now`.
    func oauth1(consumerKey: [UInt8], token: [UInt8], at now: Timestamp) throws -> OAuth1Records
    /// The rows behind an OAuth 2 access token: its `jti`, its client id, and the central id in `sub`, nil when there is none.
    func oauth2(tokenID: [UInt8], clientID: [UInt8], subject: Int64?, at now: Timestamp) throws -> OAuth2Records
    /// The user with this central id, with the groups and blocks in force at `now`.
    func user(id: Int64, at now: Timestamp) throws -> User?
}
