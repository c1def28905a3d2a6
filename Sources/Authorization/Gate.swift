// What all event loops share: settings, keys, memory.

import Wire

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
    let wikisByID: [String: Wiki]
    /// Whether several wikis are told apart by host.
    let hasWikiTable: Bool

    /// A gate with empty memory.
    public init(settings: Settings, keys: KeyRing) {
        self.settings = settings
        self.keys = keys
        memory = Memory(settings)
        issuer = settings.cookie.issuer ?? settings.wikis.fallback?.canonicalServer ?? ""
        cookieName = Array(settings.cookie.name.utf8)
        profiles = Profile.all(settings)
        let wikis = settings.wikis.byHost.sorted { $0.key < $1.key }.map(\.value)
        wikisByID = Dictionary(
            ((settings.wikis.fallback.map { [$0] } ?? []) + wikis).map { ($0.id, $0) },
            uniquingKeysWith: { first, _ in first })
        hasWikiTable = !settings.wikis.byHost.isEmpty
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
    /// Access tokens whose signature was verified, by digest.
    let tokens: Cache<VerifiedToken>
    /// Cookies that were looked at, by digest.
    let cookies: Cache<VerifiedCookie>
    /// Cookies to hand out, by user.
    let minted: Cache<MintedCookie>
    /// Nonces seen.
    public let nonces: NonceMemory

    /// Milliseconds for which a signature, once verified, is not verified again. It can't become invalid; times and rows are
    /// looked at anew for every request.
    static let tokenLifetime: Int64 = 3_600_000

    init(_ settings: Settings) {
        let capacity = settings.cache.capacity
        oauth1 = Cache(capacity: capacity)
        oauth2 = Cache(capacity: capacity)
        users = Cache(capacity: capacity)
        tokens = Cache(capacity: capacity)
        cookies = Cache(capacity: capacity)
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
        minted.removeAll()
    }

    /// Entries held, by name, for metrics.
    public var counts: [(name: StaticString, count: Int)] {
        [
            ("oauth1", oauth1.count), ("oauth2", oauth2.count), ("users", users.count), ("tokens", tokens.count),
            ("cookies", cookies.count), ("minted", minted.count), ("nonces", nonces.count),
        ]
    }
}
