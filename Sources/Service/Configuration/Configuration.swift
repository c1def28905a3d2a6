// What an operator configures, typed. The defaults are those of the types that the values end up in.

import Sessions
import Storage
import Telemetry
import Transport

/// All that one configuration file says.
public struct Configuration: Sendable {
    /// What decides verdicts and answers.
    public var settings = Settings()
    /// Listeners, limits and deadlines.
    public var server = ServerConfiguration()
    /// Where the rows are.
    public var store = SQLiteDirectory.Source(file: "")
    /// Threads beside the event loops, and how much may wait for them.
    public var workers = StoreWorkers.Limits()
    /// Which keys are used.
    public var keys = KeyFiles()
    /// What is logged, and how.
    public var log = LogSettings()
    /// The wiki of hosts that the table does not name.
    var defaultWiki = Wiki(id: "wiki", server: .detect)
    /// What becomes of requests for hosts that the table does not name.
    var unknownHosts = UnknownHosts.default
    /// The scope of central ids; nil: made of the user source and the default wiki.
    var scope: String?
    /// The file with `oauth1.secret_key`.
    var secretKeyFile: String?

    /// The defaults.
    public init() {}

    /// Requests for hosts that the table of wikis does not name.
    enum UnknownHosts: String, Sendable {
        /// They are for the default wiki.
        case `default`
        /// Their credentials are refused.
        case refuse
    }

    /// Puts what follows from several keys into the settings.
    mutating func derive() {
        store.users = settings.users.source
        settings.wikis.fallback = unknownHosts == .default ? defaultWiki : nil
        settings.users.scope = scope ?? (settings.users.source == .local ? "local:\(defaultWiki.id)" : "CentralAuth:")
    }
}

/// The files of the keys, PEM.
public struct KeyFiles: Sendable {
    /// Public keys of who issues OAuth 2 access tokens.
    public var accessToken: [String] = []
    /// Private key that signs the session cookie.
    public var cookie: String?
    /// Keys of cookies to come.
    public var cookieNext: [String] = []
    /// Keys of cookies that are still out there.
    public var cookiePrevious: [String] = []

    /// No keys.
    public init() {}
}
