// What an operator decides, as the domain sees it: parsed, checked, defaults applied. The file format, its errors and the
// environment overrides are the executable's business.

/// All that configures verdicts and answers.
public struct Settings: Sendable {
    /// Whether refusals are carried out.
    public var mode: Mode = .enforce
    /// The version of MediaWiki behind.
    public var version = MediaWikiVersion.version147
    /// Which wiki a request is for.
    public var wikis = WikiTable()
    /// Whom a central id names.
    public var users = UserSettings()
    /// OAuth 1.0a.
    public var oauth1 = OAuth1Settings()
    /// OAuth 2.
    public var oauth2 = OAuth2Settings()
    /// Consumers that come before those of the database.
    public var staticConsumers: [Consumer] = []
    /// OAuth credentials outside the API.
    public var entryPoints = EntryPointSettings()
    /// How refusals are answered.
    public var refusals = RefusalSettings()
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
    /// What tells clients apart beside their credentials.
    public var limits = LimitSettings()
    /// Where the client's address and the signed scheme and host come from.
    public var trust = TrustSettings()
    /// How long what was looked up is believed.
    public var cache = CacheSettings()

    /// The defaults of a single wiki that detects its server.
    public init() {}
}

/// Whether a refusal is carried out or only reported.
public enum Mode: String, Sendable, CaseIterable {
    /// Refused requests do not reach the wiki.
    case enforce
    /// Nothing is refused; what would have been is marked.
    case observe
}

/// How refusals are answered.
public struct RefusalSettings: Sendable {
    /// Whose HTTP statuses refusals have.
    public enum Status: String, Sendable {
        /// MediaWiki's: those that each entry point answers with.
        case mediawiki
        /// 401 everywhere.
        case unauthorized = "401"
    }
    /// Whose HTTP statuses refusals have.
    public var status = Status.mediawiki

    /// As MediaWiki answers.
    public init() {}
}

/// OAuth 2 and the other JWTs of MediaWiki.
public struct OAuth2Settings: Sendable {
    /// Seconds by which `nbf`, `iat` and `exp` may be missed.
    public var leeway: Int64 = 0

    /// As exact as MediaWiki.
    public init() {}
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
    /// Seconds for which rows count longer while the store can't be read.
    public var staleIfError: Int64 = 300
    /// Most entries of each cache.
    public var capacity = 200_000
    /// Bytes that all caches together may take.
    public var memory = 256 << 20

    /// Ten seconds.
    public init() {}
}

/// OAuth is for the API: MediaWiki refuses it elsewhere (`mwoauth-not-api`).
public struct EntryPointSettings: Sendable {
    /// Path suffixes of entry points where OAuth credentials are refused, e.g. `/index.php`.
    public var refused: [String] = ["/index.php"]
    /// Path prefixes (article paths) where OAuth credentials are refused, e.g. `/wiki/`.
    public var refusedPrefixes: [String] = ["/wiki/"]
    /// Path suffixes of entry points that ignore OAuth credentials: they make no session, or do not run the hook that refuses.
    public var ignored: [String] = [
        "/load.php", "/thumb.php", "/thumb_handler.php", "/img_auth.php", "/opensearch_desc.php",
    ]
    /// Article paths, e.g. `/wiki/$1` or `/$1` (`$wgArticlePath`, `$wgVariantArticlePath`), in addition to `refusedPrefixes`. A path
    /// that names a known script is that script's first.
    public var articlePaths: [String] = []
    /// Path prefixes that the web server rewrites to `rest.php`, e.g. `/api/rest_v1/`.
    public var restPrefixes: [String] = []
    /// Names of the namespace `Special`, in addition to those of MediaWiki's languages.
    public var specialNames: [String] = []
    /// Names of the page `OAuth` in it, in addition to those of the OAuth extension.
    public var oauthPageNames: [String] = []

    /// MediaWiki's entry points.
    public init() {}
}
