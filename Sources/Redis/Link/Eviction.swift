// Whether Redis evicts keys when its memory is full: it would forget nonces then, and a signed request could be replayed.

/// What Redis does when its memory is full.
enum Eviction {
    /// Asks for it.
    static let question = RedisCommand("INFO", "memory")

    /// The policy by which keys are evicted (`maxmemory-policy`), in an answer to ``question``; nil when none are, or when the answer
    /// does not say it: a user of Redis's access control may lack the right to ask.
    static func policy(in answer: RedisReply) -> String? {
        let name = "maxmemory_policy:"
        let line = answer.string?.split(whereSeparator: \.isNewline).first { $0.hasPrefix(name) }
        guard let policy = line?.dropFirst(name.count), policy != "noeviction" else { return nil }
        return String(policy)
    }
}
