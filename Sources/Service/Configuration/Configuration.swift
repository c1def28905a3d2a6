// What an operator configures, as typed values. The defaults are those of the types that hold the values.

import Forecast
import Redis
import Sessions
import Storage
import Telemetry
import Transport

/// The values of one configuration.
public struct Configuration: Sendable {
    /// Settings of the decisions and answers.
    public var settings = Settings()
    /// Listeners, limits and deadlines.
    public var server = ServerConfiguration()
    /// The database, when it is a file.
    public var store = SQLiteDirectory.Source(file: "")
    /// The database, when it is on servers.
    public var mariadb = MariaDBSource()
    /// The files with the passwords of the accounts there.
    var passwordFile: String?, usersPasswordFile: String?
    /// Threads for lookups, and how many lookups may wait.
    public var workers = StoreWorkers.Limits()
    /// Redis, which all instances share.
    public var redis = RedisSettings()
    /// The files of the keys.
    public var keys = KeyFiles()
    /// Level and format of the log.
    public var log = LogSettings()
    /// The record of decisions.
    public var decisions = DecisionSettings()
    /// The token that the admin listener demands; nil when it demands none.
    var adminToken: String?
    /// The file with the token that the admin listener demands.
    var adminTokenFile: String?
    /// How many consumers metrics show.
    public var topConsumers = 0
    /// Rate limits that are tried out.
    package var forecast: [ForecastPolicy] = []
    /// Whose defaults are taken.
    var preset = Preset.none
    /// The wiki of hosts that `wikis.hosts` does not name.
    var defaultWiki = Wiki(id: "wiki", server: .detect)
    /// What happens to requests for hosts that `wikis.hosts` does not name.
    var unknownHosts = UnknownHosts.default
    /// The scope of central ids; nil: derived from the user source and the default wiki.
    var scope: String?
    /// What happens to an invalid session cookie beside OAuth credentials; nil: what the version of MediaWiki does.
    var invalidCookie: CookieSettings.Invalid?
    /// The file with `oauth1.secret_key`.
    var secretKeyFile: String?
    /// The file in which nonces outlive a restart.
    var nonceFile: String?
    /// The file with the password of Redis.
    var redisPasswordFile: String?
    /// The consumers of the configuration, without what is in their files.
    var staticConsumers: [StaticConsumer] = []

    /// The defaults.
    public init() {}

    /// What kind of store the rows are in, for logs and metrics.
    var storeName: String { mariadb.isConfigured ? "mariadb" : "sqlite" }

    /// What happens to requests for hosts that `wikis.hosts` does not name.
    enum UnknownHosts: String, Sendable {
        /// They are for the default wiki.
        case `default`
        /// Their credentials are refused.
        case refuse
    }

    /// Sets the settings that follow from several keys.
    mutating func derive() {
        store.users = settings.users.source
        store.blocksDisableLogin = settings.users.blockDisablesLogin
        store.partialBlocksCount = settings.version.rules.partialBlocksCount
        settings.oauth1.sharesNonces = redis.url != nil
        settings.wikis.localID = defaultWiki.id
        deriveServers()
        settings.cookie.invalid = invalidCookie ?? (settings.version.rules.verifiesCookie ? .refuse : .replace)
        settings.wikis.fallback = unknownHosts == .default ? defaultWiki : nil
        store.wikis = Set(([settings.wikis.fallback].compactMap(\.self) + settings.wikis.byHost.values).map(\.id))
            .sorted()
        mariadb.wikis = store.wikis
        settings.users.scope = scope ?? (settings.users.source == .local ? "local:\(defaultWiki.id)" : "CentralAuth:")
    }
}

extension Configuration {
    /// What database servers are told of other sections. What is not said about the users' servers is as for the wiki's.
    private mutating func deriveServers() {
        mariadb.userSource = settings.users.source
        mariadb.blocksDisableLogin = settings.users.blockDisablesLogin
        mariadb.partialBlocksCount = settings.version.rules.partialBlocksCount
        mariadb.localAccountsCount = !settings.version.rules.requiresLocalAccount
        mariadb.localWiki = defaultWiki.id
        mariadb.tablePrefix = store.tablePrefix
        mariadb.configuredConsumers = Set(staticConsumers.map(\.consumer.key))
        if mariadb.users.user.isEmpty {
            (mariadb.users.user, mariadb.users.password) = (mariadb.wiki.user, mariadb.wiki.password)
        }
        if mariadb.users.database.isEmpty { mariadb.users.database = mariadb.wiki.database }
    }
}

/// The files of the keys, PEM.
public struct KeyFiles: Sendable, Equatable {
    /// Public keys that verify OAuth 2 access tokens.
    public var accessToken: [String] = []
    /// The private key that signs session cookies.
    public var cookie: KeyFile?
    /// Keys that will sign next.
    public var cookieNext: [KeyFile] = []
    /// Keys that signed before.
    public var cookiePrevious: [KeyFile] = []
    /// Keys of the wiki's own session cookies; empty when it sets none, nil when nothing is said about them.
    public var wikiCookie: [String]?
    /// Seconds for which a key is published before it signs.
    public var publishTime: Int64 = 900

    /// No keys.
    public init() {}
}

/// The file of a key of the session cookie.
public struct KeyFile: Sendable, Equatable {
    /// Its name.
    public var path: String
    /// Since when the key is what it is: published, signing or retired. Seconds since 1970; nil when nothing is said.
    public var since: Int64?

    /// A file.
    public init(_ path: String, since: Int64? = nil) {
        self.path = path
        self.since = since
    }
}
