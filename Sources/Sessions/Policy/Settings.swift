// What an operator decides, as the domain sees it: parsed, checked, defaults applied. The file format, its errors and the
// environment overrides are the executable's business.

/// All that configures verdicts and answers.
public struct Settings: Sendable {
    /// Whether refusals are carried out.
    public var mode: Mode = .enforce
    /// Which wiki a request is for.
    public var wikis = WikiTable()
    /// Whom a central id names.
    public var users = UserSettings()
    /// OAuth 1.0a.
    public var oauth1 = OAuth1Settings()
    /// OAuth credentials outside the API.
    public var entryPoints = EntryPointSettings()
    /// The session cookie.
    public var cookie = CookieSettings()
    /// Rate limit classes.
    public var classes = ClassSettings()
    /// What the edge is told.
    public var edge = EdgeSettings()
    /// What it is told on routes that name one of these (`sessiongate.profile`), beside the built-in `standard` and `gateway`.
    public var profiles: [String: EdgeSettings] = [:]
    /// The profile of routes that name none.
    public var defaultProfile = EdgeSettings.standardName
    /// Where the client's address and the signed scheme and host come from.
    public var trust = TrustSettings()
    /// How long what was looked up is believed.
    public var cache = CacheSettings()

    /// The defaults of a single wiki that detects its server.
    public init() {}
}

/// Whether a refusal is carried out or only reported.
public enum Mode: String, Sendable {
    /// Refusals are answered with 401.
    case enforce
    /// Nothing is refused; what would have been is marked.
    case observe
}

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
    /// Wikis by lower-case host, as clients send it (with a port only where one is not the default).
    public var byHost: [String: Wiki] = [:]
    /// The wiki of every other host; nil: requests for other hosts with credentials are refused (`wiki-unknown`).
    public var fallback: Wiki? = Wiki(id: "wiki", server: .detect)

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
    /// `$wgBlockDisablesLogin`: site-wide blocked users are refused.
    public var blockDisablesLogin = false

    /// Local users of the wiki `wiki`.
    public init() {}
}

/// OAuth 1.0a verification.
public struct OAuth1Settings: Sendable {
    /// Whose reading of RFC 5849 decides.
    public enum Compatibility: String, Sendable {
        /// MediaWiki's, PHP's parsing included.
        case mediawiki
        /// The RFC's alone.
        case rfc5849
    }
    /// What to do with a form request whose body was not forwarded, or not whole.
    public enum BodyUnavailable: String, Sendable {
        /// Refused with `body-unavailable`.
        case refuse
        /// Let through as anonymous.
        case anonymous
    }
    /// What it means that no form body was forwarded.
    public enum FormBodies: String, Sendable {
        /// That there is none, only where HTTP itself says so.
        case whenPresent = "when_present"
        /// That it is empty: the proxy forwards every form.
        case always
    }
    /// Whose reading of RFC 5849 decides.
    public var compatibility: Compatibility = .mediawiki
    /// Seconds that `oauth_timestamp` may differ from now, inclusive.
    public var timestampWindow: Int64 = 300
    /// Most nonces remembered; beyond it requests fail closed.
    public var nonceCapacity = 2_000_000
    /// `$wgOAuthSecretKey`: secrets are derived from stored values with it; nil: stored values are the secrets.
    public var secretKey: [UInt8]?
    /// Accept `PLAINTEXT` signatures: insecure, for closed test set-ups.
    public var allowPlaintext = false
    /// What to do when a form body is not there to be verified.
    public var bodyUnavailable: BodyUnavailable = .refuse
    /// Whether the proxy always forwards form bodies: one that is not there is then an empty one.
    public var formBodies: FormBodies = .whenPresent

    /// MediaWiki's behaviour.
    public init() {}
}

/// OAuth is for the API: MediaWiki refuses it elsewhere (`mwoauth-not-api`).
public struct EntryPointSettings: Sendable {
    /// Path suffixes of entry points where OAuth credentials are refused, e.g. `/index.php`.
    public var refused: [String] = ["/index.php"]
    /// Path prefixes (article paths) where OAuth credentials are refused, e.g. `/wiki/`.
    public var refusedPrefixes: [String] = ["/wiki/"]
    /// Path suffixes of entry points that ignore OAuth credentials.
    public var ignored: [String] = ["/load.php"]

    /// MediaWiki's entry points.
    public init() {}
}

/// The `sessionJwt` cookie.
public struct CookieSettings: Sendable {
    /// What to do with a cookie that does not verify beside valid OAuth credentials.
    public enum Invalid: String, Sendable {
        /// Refuse the request, as MediaWiki does.
        case refuse
        /// Set a fresh one in its place.
        case replace
    }
    /// The cookie's `SameSite` attribute.
    public enum SameSite: String, Sendable {
        /// Strict.
        case strict = "Strict"
        /// Lax.
        case lax = "Lax"
        /// None.
        case none = "None"
    }
    /// Cookie name.
    public var name = "sessionJwt"
    /// `path` attribute.
    public var path = "/"
    /// `domain` attribute, none when nil.
    public var domain: String?
    /// `SameSite` attribute, none when nil.
    public var sameSite: SameSite?
    /// Seconds of `Max-Age`, and from `iat` to the soft expiry `sxp`.
    public var lifetime: Int64 = 14_400
    /// `iss`: the canonical server of the OAuth central wiki; nil: what the request's wiki signs (`detect`).
    public var issuer: String?
    /// Seconds that `iat` lies in the past, for edges with slow clocks.
    public var backdate: Int64 = 5
    /// Seconds from now to a hard expiry `exp`; nil: the claim is left out.
    public var hardLifetime: Int64?
    /// Whether the JWT's header names the key (`kid`).
    public var includeKeyID = true
    /// Seconds for which one minted cookie serves all requests of its user.
    public var reuseWindow: Int64 = 600
    /// A cookie that does not verify.
    public var invalid: Invalid = .refuse
    /// Cookies for OAuth 1 sessions.
    public var forOAuth1 = true
    /// Cookies for owner-only OAuth 2 sessions.
    public var forOwnerOnly = true

    /// MediaWiki's cookie.
    public init() {}
}

/// Rate limit classes (`rlc`).
public struct ClassSettings: Sendable {
    /// A group and the class of its members.
    public struct GroupClass: Sendable {
        /// Global group name.
        public var group: String
        /// Class name.
        public var name: String

        /// A rule.
        public init(group: String, name: String) {
            self.group = group
            self.name = name
        }
    }
    /// First match wins.
    public var groups: [GroupClass] = []
    /// Class of requests that are nobody's; nil: none.
    public var anonymous: String?
    /// The only classes ever emitted. `BYPASS` and `DENY` count only when named here.
    public var allowed: Set<String> = ["anon", "authed-user", "established-user", "approved-bot"]
    /// Class of users with enough edits and age.
    public var established = "established-user"
    /// Class of every other user.
    public var authenticated = "authed-user"
    /// Edits that make a user established.
    public var establishedEdits: Int64 = 1000
    /// Seconds since registration that make a user established.
    public var establishedAge: Int64 = 7 * 86_400

    /// The classes of Wikimedia's gateway.
    public init() {}
}

/// What the edge is told, and under which names. A header without a name is not sent.
public struct EdgeSettings: Sendable, Equatable {
    /// What is done about caches that might store a response with our Set-Cookie.
    public enum MarkPrivate: String, Sendable {
        /// `Cache-Control: private` is added to responses that have no Cache-Control.
        case whenAbsent = "when_absent"
        /// `Cache-Control: private, no-store` replaces what the upstream says.
        case always
        /// Responses are left as they are.
        case never

        /// The Cache-Control beside our Set-Cookie; nil for none.
        package var cacheControl: String? {
            switch self {
            case .whenAbsent: "private"
            case .always: "private, no-store"
            case .never: nil
            }
        }
    }
    /// Request header with the central user id.
    public var userIDHeader: String? = "x-session-user-id"
    /// Request header with the JWT subject.
    public var subjectHeader: String? = "x-session-sub"
    /// Request header with the consumer key.
    public var consumerHeader: String? = "x-session-consumer"
    /// Request header with the rate limit class.
    public var classHeader: String? = "x-session-class"
    /// Request header with the session type.
    public var typeHeader: String? = "x-session-type"
    /// Request header with the rate limit key.
    public var rateLimitKeyHeader: String?
    /// Overwrite the request's `cookie` header with one that carries the session JWT.
    public var injectCookie = false
    /// What is done about caches.
    public var markPrivate = MarkPrivate.always
    /// The class `BYPASS` is told by leaving the class header out.
    public var omitsBypass = false
    /// Headers of other profiles, removed: what one route trusts must not be forged on another.
    package internal(set) var foreignHeaders: [String] = []

    /// The names of the headers that are sent.
    package var headers: [String] {
        [userIDHeader, subjectHeader, consumerHeader, classHeader, typeHeader, rateLimitKeyHeader].compactMap { $0 }
    }

    /// The default names.
    public init() {}

    /// The name of the profile that is configured by the keys of `edge`.
    public static let standardName = "standard"
    /// The name of ``gateway``.
    public static let gatewayName = "gateway"

    /// What the rate limit rules of Wikimedia's REST gateway read: the key (`jwt-sub:<sub>`) and the class.
    public static let gateway: EdgeSettings = {
        var edge = EdgeSettings()
        edge.userIDHeader = nil
        edge.subjectHeader = nil
        edge.consumerHeader = nil
        edge.typeHeader = nil
        edge.rateLimitKeyHeader = "x-wmf-user-id"
        edge.classHeader = "x-wmf-ratelimit-class"
        edge.omitsBypass = true
        return edge
    }()
}

/// Whom to believe about the client.
public struct TrustSettings: Sendable {
    /// Lower-case header with the client's address, set by a trusted hop; nil: Envoy's peer address.
    public var clientAddressHeader: String?
    /// Take the scheme from `x-forwarded-proto`, set by a trusted hop.
    public var forwardedProto = true
    /// Take the host from `x-forwarded-host`, set by a trusted hop.
    public var forwardedHost = false

    /// Envoy at the edge.
    public init() {}
}

/// How long what was looked up is believed, and how much of it is kept.
public struct CacheSettings: Sendable {
    /// Seconds: a revocation takes effect within this bound.
    public var lifetime: Int64 = 10
    /// Seconds that "there is no such row" is believed.
    public var negativeLifetime: Int64 = 2
    /// Most entries of each cache.
    public var capacity = 200_000
    /// Bytes that all caches together may take.
    public var memory = 256 << 20

    /// Ten seconds.
    public init() {}
}
