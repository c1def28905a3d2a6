// What people are told about a reason or a fault: what it means, who can mend it, and how. `sessiongate reasons` prints it, and
// deploy/refusals.md has the same tables.

/// What a code means and what is to be done about it. The texts are Markdown.
public struct Advice: Sendable, Equatable {
    /// Who can mend it.
    public enum Mender: String, Sendable {
        /// Who wrote or runs the client.
        case client
        /// The user whose account or authorization it is.
        case user
        /// Who runs Sessiongate, its proxy and the wiki.
        case `operator`
        /// Who develops Sessiongate.
        case project
    }

    /// What it means, a sentence or two.
    public let meaning: String
    /// Who can mend it, the likeliest first.
    public let menders: [Mender]
    /// What is to be done.
    public let remedy: String

    init(_ meaning: String, _ menders: Mender..., remedy: String) {
        self.meaning = meaning
        self.menders = menders
        self.remedy = remedy
    }
}

extension Fault {
    /// What it means, and what is to be done.
    public var advice: Advice {
        switch self {
        case .storeUnavailable:
            Advice(
                "The database can't be read.", .operator, remedy: "Read `/readyz` and the log: file, permissions, lock."
            )
        case .keyUnavailable:
            Advice(
                "There is no key to verify or to sign with.", .operator,
                remedy: "Configure `keys.access_token` or `keys.cookie`.")
        case .nonceMemoryFull:
            Advice(
                "More signed requests arrived in the last minutes than can be remembered. One client alone does not fill "
                    + "the memory (`nonce-share`).", .operator,
                remedy: "Raise `oauth1.nonce_capacity`, or `maxmemory` of [Redis](redis.md).")
        case .nonceStoreUnavailable:
            Advice(
                "Redis is away, and `nonces.redis.when_down` is `fail`.", .operator,
                remedy: "Bring Redis back ([what happens meanwhile](redis.md#when-redis-is-away)).")
        case .deadlineExceeded:
            Advice(
                "A lookup took longer than the caller waits.", .operator,
                remedy: "Look at the disk, and at `timeout` in Envoy's filter.")
        case .overloaded:
            Advice(
                "More lookups wait than `workers.lookups`, `workers.waiters` or `server.max_pending_lookups` allow. Or one "
                    + "client has sent more [large forms](proxies.md#form-bodies) than it gets verified: then it is that "
                    + "client's requests that fail.", .operator, .client, remedy: "Look at the database's speed first.")
        case .unresolved:
            Advice("A check did not come to an end.", .project, remedy: "This is a bug: please report it.")
        case .routeMisconfigured:
            Advice(
                "A route's `context_extensions` are invalid.", .operator,
                remedy: "Read the log, which says which, and mend them.")
        }
    }
}
