// What was learnt: rows, verified tokens and cookies, minted cookies, nonces. Each part is bounded; what was learnt under a policy
// that is gone counts no more.

import Bytes

/// All that is remembered, shared by all event loops and workers.
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
    /// Session cookies that did not: few, so that made-up ones neither fill memory nor drive the others out of it.
    private let invalidCookies: Cache<VerifiedCookie>
    /// Cookies to hand out, by user.
    let minted: Cache<MintedCookie>
    /// What consumers look like, so that the rows of all their tokens share it.
    let consumers: Cache<KnownConsumer>
    /// Nonces seen.
    public let nonces: any NonceStore
    let unknownClasses: UnknownClasses
    private let budget: MemoryBudget

    /// Milliseconds for which a signature, once verified, is not verified again. It can't become invalid; times and rows are looked
    /// at anew for every request.
    private static let tokenLifetime: Int64 = 3_600_000
    /// Bytes of the longest token that is remembered.
    private static let maxTokenBytes = 4096
    private static let maxInvalidCookies = 1024
    private static let maxConsumers = 16_384

    /// Empty memory, as large as `settings` say.
    /// - Parameters:
    ///   - nonces: Remembers nonces; nil: in this process.
    ///   - reportClass: Gets each rate limit class once that an access token names and that is not allowed, on a worker.
    public init(
        _ settings: Settings, nonces: (any NonceStore)? = nil,
        reportClass: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        let capacity = settings.cache.capacity
        oauth1 = Cache(capacity: capacity)
        oauth2 = Cache(capacity: capacity)
        users = Cache(capacity: capacity)
        tokens = Cache(capacity: capacity)
        cookies = Cache(capacity: capacity)
        invalidCookies = Cache(capacity: min(capacity, Self.maxInvalidCookies))
        minted = Cache(capacity: capacity)
        consumers = Cache(capacity: min(capacity, Self.maxConsumers))
        budget = MemoryBudget(
            limit: settings.cache.memory, [oauth1, oauth2, users, tokens, cookies, invalidCookies, minted, consumers])
        unknownClasses = UnknownClasses(report: reportClass)
        let horizon = 2 * settings.oauth1.timestampWindow + 1
        self.nonces =
            nonces
            ?? NonceMemory(
                capacity: settings.oauth1.nonceCapacity, share: settings.oauth1.nonceShare, horizon: horizon)
    }

    /// Forgets what was looked up, verified and minted; nonces stay.
    public func invalidate() {
        oauth1.removeAll()
        oauth2.removeAll()
        users.removeAll()
        tokens.removeAll()
        cookies.removeAll()
        invalidCookies.removeAll()
        minted.removeAll()
        consumers.removeAll()
    }

    /// Remembers `value` for `lifetime` milliseconds, as learnt under `policy`.
    func remember<Value: Remembered>(
        _ value: Value, in cache: Cache<Value>, under key: CacheKey, _ policy: Policy, at now: Timestamp,
        lifetime: Int64, refreshAfter: Int64? = nil
    ) {
        cache.insert(
            value, under: key, at: now, lifetime: lifetime, refreshAfter: refreshAfter, generation: policy.generation,
            size: value.byteCount)
        budget.enforce()
    }

    /// Remembers what the last check of `scratch` has verified.
    public func keep(_ scratch: inout Scratch, _ policy: Policy, at now: Timestamp) {
        if scratch.verified.isEmpty { return }
        let verified = scratch.verified
        scratch.verified = Verified()
        if let token = verified.token, token.text.count <= Self.maxTokenBytes {
            let key = token.text.withBytes { CacheKey(token: $0) }
            remember(token, in: tokens, under: key, policy, at: now, lifetime: Self.tokenLifetime)
        }
        // No cookie of ours is as long as those that are not remembered.
        if let cookie = verified.cookie, cookie.text.count <= Self.maxTokenBytes {
            let key = cookie.text.withBytes { CacheKey(token: $0) }
            let cache = if case .success = cookie.result { cookies } else { invalidCookies }
            remember(cookie, in: cache, under: key, policy, at: now, lifetime: Self.tokenLifetime)
        }
    }

    /// What was found about a cookie with this text; nil when it was not looked at.
    func verifiedCookie(_ text: Bytes, _ policy: Policy, at now: Timestamp) -> VerifiedCookie? {
        let key = CacheKey(token: text)
        let generation = policy.generation
        if let known = cookies.value(key, at: now, generation: generation), known.isAbout(text) { return known }
        if let known = invalidCookies.value(key, at: now, generation: generation), known.isAbout(text) { return known }
        return nil
    }

    /// Entries held, by cache, for metrics.
    public var counts: [(name: StaticString, count: Int)] {
        [
            ("oauth1", oauth1.count), ("oauth2", oauth2.count), ("users", users.count), ("tokens", tokens.count),
            ("cookies", cookies.count + invalidCookies.count), ("minted", minted.count), ("nonces", nonces.count),
        ]
    }

    /// Bytes of all caches, as they account for them; nonces are not among them.
    public var byteCount: Int { budget.byteCount }
}
