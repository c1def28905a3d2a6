// Who a request comes from: the only value that a positive verdict can be made of.
//
// An identity is made once, when the rows behind a credential are loaded, and shared by every request until they expire. What
// the edge is told of it is encoded then, not per request.

import Synchronization
import Bytes

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
    // What every request reads comes first, see `Grant`.
    /// The kind of session.
    public let type: SessionType
    /// What the edge is told by the default profile, encoded.
    private let parts: IdentityParts
    /// Rate limit class; nil when unknown.
    public let rateLimitClass: String?
    /// Whether the access token names the class (`rlc`).
    let hasNamedClass: Bool
    /// Where its minted cookie is kept.
    let mintKey: CacheKey?
    /// What a cookie for this user says; nil without a user.
    let claims: CookieClaims?
    /// The user; nil for client credentials.
    public let user: User?
    /// JWT subject, `mw:<scope>:<central id>`; nil without a user.
    public let subject: String?
    /// The consumer; nil for a cookie session.
    public let consumer: Consumer?
    /// The request's grants: the acceptance's, or for OAuth 2 the token's scopes.
    public let grants: [String]
    /// The same for other profiles, as far as they were asked for.
    private let otherParts = Mutex<[Int: IdentityParts]>([:])

    init(
        type: SessionType, user: User?, consumer: Consumer?, grants: [String], namedClass: String?, gate: Gate,
        now: Timestamp
    ) {
        self.type = type
        self.user = user
        self.consumer = consumer
        self.grants = grants
        let settings = gate.settings
        let own = user.flatMap { settings.classes.name(for: $0, at: now) }
        let named = settings.classes.emitted(namedClass)
        hasNamedClass = named != nil
        rateLimitClass = named ?? own
        subject = user.map { settings.users.subject(id: $0.id) }
        claims = user.map { CookieClaims(userID: $0.id, issuer: gate.issuer, rateLimitClass: own ?? "") }
        mintKey = claims.map(\.cacheKey)
        parts = IdentityParts(
            type: type, user: user, subject: subject, consumer: consumer, rateLimitClass: rateLimitClass,
            edge: gate.profiles[0].settings)
    }

    /// `identity`, as a session of `type` in the class `rateLimitClass`.
    private init(_ identity: Identity, type: SessionType, rateLimitClass: String?, gate: Gate) {
        self.type = type
        user = identity.user
        subject = identity.subject
        consumer = identity.consumer
        grants = identity.grants
        claims = identity.claims
        mintKey = identity.mintKey
        self.rateLimitClass = rateLimitClass
        hasNamedClass = true
        parts = IdentityParts(
            type: type, user: user, subject: subject, consumer: consumer, rateLimitClass: rateLimitClass,
            edge: gate.profiles[0].settings)
    }

    /// The identity as it is when a verified cookie or CentralAuth token names its class (`rlc`): that counts when it is one that
    /// is emitted, and more than what is known of the user, but less than what an access token names.
    func presented(as type: SessionType? = nil, class name: String?, gate: Gate) -> Identity {
        let type = type ?? self.type
        let named = hasNamedClass ? nil : gate.settings.classes.emitted(name)
        if type == self.type, named == nil || named == rateLimitClass { return self }
        return Identity(self, type: type, rateLimitClass: named ?? rateLimitClass, gate: gate)
    }

    /// The encoded answer of the default profile.
    var answer: [UInt8] { parts.whole }

    /// What the edge is told by `profile`.
    func parts(for profile: Profile) -> IdentityParts {
        if profile.index == 0 { return parts }
        return otherParts.withLock { known in
            if let parts = known[profile.index] { return parts }
            let parts = IdentityParts(
                type: type, user: user, subject: subject, consumer: consumer, rateLimitClass: rateLimitClass,
                edge: profile.settings)
            known[profile.index] = parts
            return parts
        }
    }

    /// The key that rate limit rules count on, `jwt-sub:<sub>`; nil without a user.
    public var rateLimitKey: String? { subject.map { "jwt-sub:" + $0 } }
}

extension CookieClaims {
    /// Where the minted cookie is kept.
    var cacheKey: CacheKey {
        var hasher = Hasher()
        hasher.combine(self)
        return CacheKey(hasher)
    }
}

extension CacheKey {
    /// Both halves of what `hasher` was fed: the hash of one byte more is another hash, for the price of that byte.
    init(_ hasher: Hasher) {
        var longer = hasher
        longer.combine(UInt8(1))
        self.init(
            high: UInt64(bitPattern: Int64(hasher.finalize())), low: UInt64(bitPattern: Int64(longer.finalize())))
    }

    /// The key of two texts.
    init(_ first: Bytes, _ second: Bytes) {
        var hash = KeyedHash()
        hash.combine(first)
        hash.combine(second)
        self.init(hash)
    }

    /// Both halves of a hash.
    init(_ hash: KeyedHash) {
        let (high, low) = hash.finish()
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
