// What all event loops share: settings, keys, memory.

import Bytes

/// The shared part of the service; each event loop has an `Authorizer` of it.
public final class Gate: Sendable {
    /// What the operator decided.
    public let settings: Settings
    /// The keys.
    public let keys: KeyRing
    /// What was looked up, verified, minted and seen.
    public let memory: Memory
    /// `iss` of the cookies.
    public let issuer: String
    let cookieName: [UInt8]
    let refusals = Refusals()
    /// What kinds of routes want the edge to be told; the default first.
    let profiles: [Profile]
    let defaultProfile: Profile
    let wikis: ServedWikis
    let entryPoints: EntryPoints

    /// A gate with empty memory.
    public init(settings: Settings, keys: KeyRing) {
        self.settings = settings
        self.keys = keys
        memory = Memory(settings)
        issuer = settings.cookie.issuer ?? settings.wikis.fallback?.canonicalServer ?? ""
        cookieName = Array(settings.cookie.name.utf8)
        profiles = Profile.all(settings)
        defaultProfile = profiles[0]
        wikis = ServedWikis(settings.wikis)
        entryPoints = EntryPoints(settings.entryPoints)
    }
}

extension Wiki {
    /// The server as an issuer: `https` where the wiki leaves the scheme open. Nil when it is detected.
    var canonicalServer: String? {
        guard case .fixed(let scheme, let host, let port) = server else { return nil }
        let signed = scheme ?? "https"
        let isDefault = port == nil || port == (signed == "https" ? 443 : 80)
        return "\(signed)://\(host)\(isDefault ? "" : ":\(port ?? 0)")"
    }
}

/// All that is remembered, each part bounded.
public final class Memory: Sendable {
    /// Rows behind OAuth 1 credentials.
    let oauth1: Cache<OAuth1Rows>
    /// Rows behind OAuth 2 access tokens.
    let oauth2: Cache<OAuth2Rows>
    /// Users of cookie sessions.
    let users: Cache<UserEntry>
    /// Access tokens whose signature was verified.
    let tokens: Cache<VerifiedToken>
    /// Session cookies that verified.
    private let cookies: Cache<VerifiedCookie>
    /// Session cookies that did not: few, so that nobody fills memory, or drives the others out of it, with what he makes up.
    private let worthlessCookies: Cache<VerifiedCookie>
    /// Cookies to hand out, by user.
    let minted: Cache<MintedCookie>
    /// Nonces seen.
    public let nonces: NonceMemory

    /// Milliseconds for which a signature, once verified, is not verified again. It can't become invalid; times and rows are
    /// looked at anew for every request.
    static let tokenLifetime: Int64 = 3_600_000
    /// Bytes of the longest token that is remembered.
    static let longestToken = 4096

    init(_ settings: Settings) {
        let capacity = settings.cache.capacity
        oauth1 = Cache(capacity: capacity)
        oauth2 = Cache(capacity: capacity)
        users = Cache(capacity: capacity)
        tokens = Cache(capacity: capacity)
        cookies = Cache(capacity: capacity)
        worthlessCookies = Cache(capacity: min(capacity, 1024))
        minted = Cache(capacity: capacity)
        nonces = NonceMemory(
            capacity: settings.oauth1.nonceCapacity, horizon: 2 * settings.oauth1.timestampWindow + 1)
    }

    /// Forgets what was looked up, verified and minted; nonces stay.
    public func invalidate() {
        oauth1.removeAll()
        oauth2.removeAll()
        users.removeAll()
        tokens.removeAll()
        cookies.removeAll()
        worthlessCookies.removeAll()
        minted.removeAll()
    }

    /// What was found about a cookie with this text; nil when it was not looked at.
    func verifiedCookie(_ text: Bytes, at now: Timestamp) -> VerifiedCookie? {
        let key = CacheKey(token: text)
        if let known = cookies.value(key, at: now), known.isAbout(text) { return known }
        if let known = worthlessCookies.value(key, at: now), known.isAbout(text) { return known }
        return nil
    }

    /// Remembers what was found about a cookie. None of ours is as long as those that are not remembered.
    func remember(_ cookie: VerifiedCookie, of text: Bytes, at now: Timestamp) {
        guard text.count <= Self.longestToken else { return }
        let cache = if case .success = cookie.result { cookies } else { worthlessCookies }
        cache.insert(cookie, under: CacheKey(token: text), at: now, lifetime: Self.tokenLifetime)
    }

    /// Entries held, by name, for metrics.
    public var counts: [(name: StaticString, count: Int)] {
        [
            ("oauth1", oauth1.count), ("oauth2", oauth2.count), ("users", users.count), ("tokens", tokens.count),
            ("cookies", cookies.count + worthlessCookies.count), ("minted", minted.count), ("nonces", nonces.count),
        ]
    }
}
