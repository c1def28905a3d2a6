// What was learnt: rows, verified tokens and cookies, minted cookies, nonces. Each part is bounded; what was learnt under a policy
// that is gone counts no more.

import Bytes
import Synchronization

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
        self.nonces = nonces ?? NonceMemory(settings.oauth1)
    }

    /// Counts what was to be forgotten: what was read from a store before that must not be remembered after it.
    private let invalidations = Atomic<UInt64>(0)

    /// How often something was to be forgotten so far.
    var epoch: UInt64 { invalidations.load(ordering: .acquiring) }

    /// Forgets what was looked up about `what`, and that something was not found. Signatures that were verified stay: they can't
    /// become invalid, and what they are of is looked up for each request. So do cookies to hand out, which say nothing that could
    /// be revoked, and nonces. Looks at every entry, which takes up to some 40 ms: not on an event loop.
    public func forget(_ what: Invalidation) {
        invalidations.add(1, ordering: .acquiringAndReleasing)
        if what == .all { return removeAll() }
        oauth1.removeAll { $0.concerns(what) }
        oauth2.removeAll { $0.concerns(what) }
        users.removeAll { $0.concerns(what) }
    }

    /// Forgets what was looked up, verified and minted; nonces stay.
    private func removeAll() {
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
    /// - Parameter epoch: What ``epoch`` was before it was read; nil for what can't be revoked. When something was to be forgotten
    ///   since, `value` may be of before, and is not kept.
    func remember<Value: Remembered>(
        _ value: Value, in cache: Cache<Value>, under key: CacheKey, _ policy: Policy, at now: Timestamp,
        lifetime: Int64, refreshAfter: Int64? = nil, epoch: UInt64? = nil
    ) {
        cache.insert(
            value, under: key, at: now, lifetime: lifetime, refreshAfter: refreshAfter, generation: policy.generation,
            size: value.byteCount)
        // Looked at only now: a sweep that came too early for it has counted before it began.
        if let epoch, epoch != self.epoch { return cache.remove(key) }
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

    /// Most entries by cache, as `settings` have them, for metrics.
    public func capacities(_ settings: Settings) -> [(name: StaticString, count: Int)] {
        let capacity = settings.cache.capacity
        return [
            ("oauth1", capacity), ("oauth2", capacity), ("users", capacity), ("tokens", capacity),
            ("cookies", capacity + min(capacity, Self.maxInvalidCookies)), ("minted", capacity),
            ("nonces", settings.oauth1.nonceCapacity),
        ]
    }

    /// Bytes of all caches, as they account for them; nonces are not among them.
    public var byteCount: Int { budget.byteCount }
}
