// Who a request comes from: the only value that a positive verdict can be made of.
//
// An identity is made once, when the rows behind a credential are loaded, and shared by every request until they expire. What
// the edge is told of it is encoded then, not per request.

import Wire

/// What kind of session a request belongs to.
public enum SessionType: String, Sendable, CaseIterable {
    /// OAuth 1.0a.
    case oauth1 = "oauth1"
    /// An owner-only OAuth 2 access token.
    case oauth2Owner = "oauth2-owner"
    /// A regular OAuth 2 access token.
    case oauth2 = "oauth2"
    /// An OAuth 2 client-credentials token: a consumer without a user.
    case oauth2Client = "oauth2-client"
    /// The session cookie alone.
    case cookie = "cookie"
    /// A CentralAuth token.
    case centralAuth = "centralauth"
    /// No session.
    case none = "none"

    /// Position in `allCases`.
    var index: Int {
        switch self {
        case .oauth1: 0
        case .oauth2Owner: 1
        case .oauth2: 2
        case .oauth2Client: 3
        case .cookie: 4
        case .centralAuth: 5
        case .none: 6
        }
    }
}

/// A verified user, consumer or both. Only this module can make one.
public final class Identity: Sendable {
    /// The kind of session.
    public let type: SessionType
    /// The user; nil for client credentials.
    public let user: User?
    /// JWT subject, `mw:<scope>:<central id>`; nil without a user.
    public let subject: String?
    /// The consumer; nil for a cookie session.
    public let consumer: Consumer?
    /// Rate limit class; nil when unknown.
    public let rateLimitClass: String?
    /// The request's grants: the acceptance's, or for OAuth 2 the token's scopes.
    public let grants: [String]
    /// What a cookie for this user says; nil without a user.
    let claims: CookieClaims?
    /// Where its minted cookie is kept.
    let mintKey: CacheKey?
    /// What the edge is told, encoded.
    let parts: IdentityParts

    init(
        type: SessionType, user: User?, consumer: Consumer?, grants: [String], settings: Settings, issuer: String,
        now: Timestamp
    ) {
        self.type = type
        self.user = user
        self.consumer = consumer
        self.grants = grants
        let name = user.flatMap { settings.classes.name(for: $0, at: now) }
        rateLimitClass = name
        subject = user.map { settings.users.subject(id: $0.id) }
        claims = user.map { CookieClaims(userID: $0.id, issuer: issuer, rateLimitClass: name ?? "") }
        mintKey = claims.map(\.cacheKey)
        parts = IdentityParts(
            type: type, user: user, subject: subject, consumer: consumer, rateLimitClass: name, edge: settings.edge)
    }

    /// The key that rate limit rules count on, `jwt-sub:<sub>`; nil without a user.
    public var rateLimitKey: String? { subject.map { "jwt-sub:" + $0 } }
}

extension CookieClaims {
    /// Where the minted cookie is kept.
    var cacheKey: CacheKey {
        var high = Hasher()
        var low = Hasher()
        low.combine(UInt8(1))
        high.combine(self)
        low.combine(self)
        return CacheKey(high: high, low: low)
    }
}

extension CacheKey {
    init(high: Hasher, low: Hasher) {
        self.init(
            high: UInt64(bitPattern: Int64(high.finalize())), low: UInt64(bitPattern: Int64(low.finalize())))
    }

    /// The key of several texts; where one ends and the next begins counts.
    init(_ texts: Bytes...) {
        var high = Hasher()
        var low = Hasher()
        low.combine(UInt8(1))
        for text in texts {
            high.combine(text)
            low.combine(text)
        }
        self.init(high: high, low: low)
    }
}

extension UserSettings {
    /// The `sub` of the user with this central id.
    func subject(id: Int64) -> String { "mw:\(scope):\(id)" }
}

extension ClassSettings {
    /// The rate limit class of `user`; nil when no class is allowed for it.
    func name(for user: User, at now: Timestamp) -> String? {
        if let rule = groups.first(where: { user.groups.contains($0.group) && allowed.contains($0.name) }) {
            return rule.name
        }
        let isOld = user.registration.map { now.seconds - $0 >= establishedAge } ?? false
        let hasEdits = (user.editCount ?? 0) >= establishedEdits
        let name = isOld && hasEdits ? established : authenticated
        return allowed.contains(name) ? name : nil
    }
}
