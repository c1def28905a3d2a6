// Whose request it is: the only value that a positive decision can be made of.
//
// An identity is made once, when the rows behind a credential are loaded, and shared by every request until they expire. There may
// be hundreds of thousands in memory: what is the same for many (consumers, lists of grants, names of classes) is shared.

import Bytes

/// A verified user, consumer or both. Only this module can make one.
public final class Identity: Sendable {
    /// The kind of session.
    public let type: SessionType
    /// The central id of the user; nil without one.
    public let userID: Int64?
    /// The user's name; of a consumer without a user, `sub` as its token has it, which names the consumer's owner. Empty when
    /// there is none.
    private let name: String
    /// The rate limit class; nil when unknown.
    public let rateLimitClass: String?
    /// The consumer; nil for a cookie session.
    public let consumer: KnownConsumer?
    /// The request's grants: the acceptance's, or for OAuth 2 the token's scopes.
    public let grants: [String]
    /// What the protocol layer has encoded of it.
    public let memo = MemoSlot()
    /// Where its minted cookie is kept.
    let mintKey: CacheKey
    /// The class that a cookie of the user names; empty when unknown.
    private let cookieClass: String

    /// - Parameter namedClass: The class that the access token names (`rlc`): it counts when it is one that is emitted.
    init(
        _ type: SessionType, user: User?, consumer: KnownConsumer?, grants: [String], namedClass: String? = nil,
        _ policy: Policy, at now: Timestamp
    ) {
        self.type = type
        self.consumer = consumer
        self.grants = grants
        userID = user?.id
        name = user?.name ?? ""
        let classes = policy.settings.classes
        let own = user.flatMap { classes.name(for: $0, at: now) }
        rateLimitClass = classes.emitted(namedClass).map(classes.shared) ?? own
        cookieClass = own ?? ""
        let claims = user.map { CookieClaims(userID: $0.id, issuer: policy.issuer, rateLimitClass: own ?? "") }
        mintKey = claims?.cacheKey ?? CacheKey(high: 0, low: 0)
    }

    /// The identity of a consumer without a user (RFC 6749, 4.4): anonymous for the wiki, and known for its limits.
    /// - Parameter subject: `sub` of its token. MediaWiki writes the consumer's owner there, for rate limits.
    init(
        ofClient consumer: KnownConsumer, subject: String?, grants: [String], namedClass: String?, _ policy: Policy
    ) {
        type = .oauth2Client
        self.consumer = consumer
        self.grants = grants
        userID = nil
        name = subject ?? ""
        let classes = policy.settings.classes
        rateLimitClass = (classes.emitted(namedClass) ?? classes.emitted(classes.authenticated)).map(classes.shared)
        cookieClass = ""
        mintKey = CacheKey(high: 0, low: 0)
    }

    /// `identity`, as a session of `type`.
    init(_ identity: Identity, as type: SessionType) {
        self.type = type
        userID = identity.userID
        name = identity.name
        rateLimitClass = identity.rateLimitClass
        consumer = identity.consumer
        grants = identity.grants
        mintKey = identity.mintKey
        cookieClass = identity.cookieClass
    }

    /// The user's name; empty without one.
    public var userName: String { userID == nil ? "" : name }

    /// The JWT subject, `mw:<scope>:<central id>`; nil without a user.
    public func subject(_ policy: Policy) -> String? { userID.map { policy.settings.users.subject(id: $0) } }

    /// The key that rate limit rules count on: `jwt-sub:<sub>`; of a consumer whose token has no `sub`, `consumer:<key>`.
    public func rateLimitKey(_ policy: Policy) -> String? {
        if let subject = subject(policy) { return "jwt-sub:" + subject }
        if !name.isEmpty { return "jwt-sub:" + name }
        return consumer.map { "consumer:" + $0.key.withBytes { $0.string } }
    }

    /// What a cookie for this user says.
    func cookieClaims(_ policy: Policy) -> CookieClaims {
        CookieClaims(userID: userID ?? 0, issuer: policy.issuer, rateLimitClass: cookieClass)
    }

    /// Bytes in memory with the encoded answer that will be kept beside it; the consumer and the grants are shared.
    var byteCount: Int { 144 + (name.utf8.count > 15 ? 32 + name.utf8.count : 0) + Self.answerBytes }

    /// An encoded answer, as large as they usually are: five request headers and the metadata. A test holds it to the truth.
    private static let answerBytes = 720
}

extension UserSettings {
    /// What `sub` begins with; the user's central id follows.
    package var subjectPrefix: String { "mw:\(scope):" }

    /// The `sub` of the user with this central id.
    func subject(id: Int64) -> String { subjectPrefix + String(id) }
}
