// What an operator says about the servers of a farm.

import Sessions

/// Which servers have MediaWiki's tables, and how they are asked.
public struct MariaDBSource: Equatable, Sendable {
    /// Servers with the same rows.
    public struct Servers: Equatable, Sendable {
        /// The servers that lookups go to.
        public var replicas: [DatabaseAddress] = []
        /// The server that the replicas follow; nil: it is never asked.
        public var primary: DatabaseAddress?
        /// The account's name.
        public var user = ""
        /// The account's password; empty for an account without one. Never shown.
        public var password = ""
        /// The database with the tables.
        public var database = ""

        /// No servers.
        public init() {}
    }

    /// How connections are encrypted. Unix sockets never are.
    public struct TLS: Equatable, Sendable {
        /// PEM file with the authorities that servers' certificates are verified with, or `system` for those of the machine.
        public var authorities: String?
        /// PEM files with the client's own certificate and its key.
        public var certificate: String?, key: String?
        /// Whether the server's certificate must be valid, and be for the host that was asked for.
        public var verify = true

        /// No encryption.
        public init() {}

        /// Whether connections are encrypted.
        public var isEnabled: Bool { authorities != nil || certificate != nil || !verify }
    }

    /// The servers with the OAuth tables, and the wiki's own.
    public var wiki = Servers()
    /// The servers with the users' tables. Without replicas here they are the wiki's servers; only the database may be another then.
    public var users = Servers()
    /// Encryption, the same for all servers.
    public var tls = TLS()
    /// The most connections to each server at once, without the one that watches it.
    public var connections = 4
    /// Milliseconds for connecting and logging in, and for a query with its answer.
    public var connectTimeout = 1000, queryTimeout = 1000
    /// Seconds that a replica may be behind; one that lags more is not asked. nil: lag is not looked at.
    public var maxLag: Int? = 10
    /// The table that pt-heartbeat writes, as `database.table`. nil: lag is what the replica says about its replication.
    public var heartbeat: String?
    /// The most queries to a primary in one second.
    public var primaryRate = 20

    /// Whose ids central ids are.
    public var userSource = UserSettings.Source.local
    /// The ids of the wikis that requests are for; warnings name those that no row is for.
    public var wikis: [String] = []
    /// The id of the wiki whose tables are in the database.
    public var localWiki = ""
    /// Keys of consumers in the configuration: the primary is not asked for them.
    public var configuredConsumers: Set<[UInt8]> = []
    /// Whether a block ends a login, so that blocks must be known.
    public var blocksDisableLogin = false
    /// Whether a partial block counts as one of the whole wiki.
    public var partialBlocksCount = false
    /// Whether a central user's account on the wiki must be known, to tell whose it is.
    public var localAccountsCount = true
    /// `$wgDBprefix`: letters, digits and underscores.
    public var tablePrefix = ""

    /// No servers.
    public init() {}

    /// Whether there is anything to connect to.
    public var isConfigured: Bool { !wiki.replicas.isEmpty }
    /// Whether the users' tables are on servers of their own.
    public var hasUserServers: Bool { !users.replicas.isEmpty }
}
