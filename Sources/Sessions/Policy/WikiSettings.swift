// Wikis, and whose ids central ids are.

/// One wiki: its id and the server that its clients sign.
public struct Wiki: Sendable, Equatable {
    /// The scheme, host and port that signatures are made over (`$wgServer`).
    public enum Server: Sendable, Equatable {
        /// Fixed authority; a nil scheme (`//host`) takes the request's. `host` is lower-case, `port` nil for the scheme's default.
        case fixed(scheme: String?, host: String, port: Int?)
        /// Scheme and host as the request names them.
        case detect
    }
    /// MediaWiki's wiki id (`enwiki`), compared with the `wiki` columns.
    public var id: String
    /// What its clients sign.
    public var server: Server

    /// A wiki.
    public init(id: String, server: Server) {
        self.id = id
        self.server = server
    }
}

/// Which wiki a request's host belongs to.
public struct WikiTable: Sendable {
    /// Wikis by lower-case host, as clients send it (with a port only where one is not the default), or by `*.` and a domain, for all
    /// hosts in it that are not named. Of several domains the longest counts.
    public var byHost: [String: Wiki] = [:]
    /// The wiki of every other host; nil: requests for other hosts with credentials are refused (`wiki-unknown`).
    public var fallback: Wiki? = Wiki(id: "wiki", server: .detect)
    /// The id of the wiki whose own tables (`user`, `block`) are in the database.
    public var localID = "wiki"

    /// One wiki for every host.
    public init() {}
}

/// Whom a central id names.
public struct UserSettings: Sendable {
    /// MediaWiki's central id provider.
    public enum Source: String, Sendable {
        /// The wiki's own `user` table.
        case local
        /// CentralAuth's `globaluser`.
        case centralAuth = "CentralAuth"
    }
    /// Where users are looked up.
    public var source: Source = .local
    /// The scope of central ids in `sub`: `<provider>:<instance>`, e.g. `local:wiki`, `CentralAuth:`.
    public var scope: String = "local:wiki"
    /// `$wgBlockDisablesLogin`: blocked users are refused.
    public var blockDisablesLogin = false

    /// Local users of the wiki `wiki`.
    public init() {}
}
