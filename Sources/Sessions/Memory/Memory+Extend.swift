// While the store can't be read, what is known goes on working.

extension Memory {
    /// Milliseconds for which expired rows count once more; half of it later they are to be read again.
    private static let staleLifetime: Int64 = 2000

    /// Lets the rows behind `lookup` count a little longer, if they were found, under `policy`, no longer ago than it allows.
    /// - Returns: Whether they count now, so that a check can go on.
    public func extend(_ lookup: Lookup, _ policy: Policy, at now: Timestamp) -> Bool {
        switch lookup {
        case .oauth1(let consumerKey, let token):
            let key = consumerKey.withBytes { consumer in token.withBytes { CacheKey(consumer, $0) } }
            return extend(oauth1, key, policy, at: now) { $0.grant != nil }
        case .oauth2(let claims): return extend(oauth2, claims.rowsKey, policy, at: now) { $0.grant != nil }
        case .user(let id): return extend(users, CacheKey(userID: id), policy, at: now) { $0.identity != nil }
        // What is in memory does not verify: it says nothing about a secret that is new.
        case .oauth1Again: return false
        case .cookie, .nonce, .worker, .detached, .invalidation: return false
        }
    }

    private func extend<Value>(
        _ cache: Cache<Value>, _ key: CacheKey, _ policy: Policy, at now: Timestamp,
        where isUsable: @Sendable (Value) -> Bool
    ) -> Bool {
        let settings = policy.settings.cache
        let maxAge = (settings.lifetime + settings.staleIfError) * 1000
        return cache.extend(
            key, at: now, generation: policy.generation, by: Self.staleLifetime, maxAge: maxAge, where: isUsable)
    }
}
