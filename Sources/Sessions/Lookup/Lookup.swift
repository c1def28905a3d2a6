// What a check may miss, and who has it resolved.
//
// A check is a function of the request, the policy, the clock and what is in memory. When something is not in memory, it stops and
// names it; the caller has it looked up (on a worker, once however many wait for it) and asks again. Nothing is changed by a check
// that stops.

/// Something that a check needs and memory does not hold.
public enum Lookup: Hashable, Sendable {
    /// The rows behind an OAuth 1 consumer key and access token.
    case oauth1(consumerKey: [UInt8], token: [UInt8])
    /// The same rows anew: with those in memory the signature does not verify, and a secret may have been reset.
    case oauth1Again(consumerKey: [UInt8], token: [UInt8])
    /// The rows behind an OAuth 2 access token.
    case oauth2(AccessTokenClaims)
    /// A user, for a session by cookie or CentralAuth token.
    case user(id: Int64)
    /// A freshly signed session cookie.
    case cookie(CookieClaims)
    /// What a nonce store says about a claim, when it can't tell at once.
    case nonce(PendingClaim)
    /// The check itself, on a worker: it takes too long for the thread that asked. The caller makes a ``DetachedCheck`` of it.
    case worker(Workload)
    /// A check that a worker makes.
    case detached(DetachedCheck)
    /// What memory is to forget: asked for by an operator, not by a check.
    case invalidation(PendingInvalidation)

    /// Position among the kinds, for counters.
    public var kind: Int {
        switch self {
        case .oauth1, .oauth1Again: 0
        case .oauth2: 1
        case .user: 2
        case .cookie: 3
        case .worker, .detached, .invalidation: 4
        case .nonce: 5
        }
    }

    /// Whether it ends in time in any case: a store of nonces gives up by itself (`nonces.redis.timeout`). A timer for each claim costs
    /// more than the rest of it.
    public var endsInTime: Bool { if case .nonce = self { true } else { false } }

    /// The kinds' names, by position.
    public static let kinds = ["oauth1", "oauth2", "user", "cookie", "form", "nonce"]
}

/// Resolves what a check misses, into the memory that the check reads.
public protocol Resolver: Sendable {
    /// Resolves `lookup` and calls `completion` on any thread, once; without a fault the check can be made again.
    func resolve(_ lookup: Lookup, at now: Timestamp, completion: @escaping @Sendable (Fault?) -> Void)
}
