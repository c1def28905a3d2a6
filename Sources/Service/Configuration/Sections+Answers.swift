// The table of all keys, continued: cookie, classes, request headers, trust, caches, log.

import Sessions
import Telemetry
import Bytes

extension ConfigurationSection {
    static let cookie = ConfigurationSection(
        "cookie",
        "The session cookie: a JWT that tells the edge whose request it is. It is set for OAuth 1 and for owner-only "
            + "OAuth 2 tokens.",
        [
            ConfigurationKey(
                "cookie.name", \.settings.cookie.name, .cookieName,
                "The cookie's name."),
            ConfigurationKey(
                "cookie.path", \.settings.cookie.path, .path,
                "The cookie's path attribute."),
            ConfigurationKey(
                "cookie.domain", optional: \.settings.cookie.domain, .domain,
                "The cookie's domain attribute. Without a value the cookie has none.",
                example: ".wiki.example"),
            ConfigurationKey(
                "cookie.same_site", optional: \.settings.cookie.sameSite, .choice(.strict, .lax, .none),
                "The cookie's SameSite attribute. Without a value the cookie has none.", example: "Lax"),
            ConfigurationKey(
                "cookie.lifetime", \.settings.cookie.lifetime, .seconds(60...31_536_000),
                "How long a cookie lasts ($wgSessionCookieJwtExpiration): its Max-Age, and the soft expiry (sxp) in "
                    + "the JWT. A cookie with less than 75 % of this time left is renewed."),
            ConfigurationKey(
                "cookie.issuer", optional: \.settings.cookie.issuer, .origin,
                "The JWT's iss: the canonical server of the wiki that has the OAuth tables. Without a value it is "
                    + "wikis.default.server, with https where that has no scheme.",
                example: "https://meta.wiki.example"),
            ConfigurationKey(
                "cookie.backdate", \.settings.cookie.backdate, .seconds(0...3600),
                "How far in the past iat is set, for edges whose clocks are behind."),
            ConfigurationKey(
                "cookie.hard_lifetime", optional: \.settings.cookie.hardLifetime, .seconds(60...315_360_000),
                "Time until a hard expiry (exp), after which OAuth requests that carry the cookie are refused. "
                    + "MediaWiki sets none.",
                example: "1d"),
            ConfigurationKey(
                "cookie.include_key_id", \.settings.cookie.includeKeyID, .boolean,
                "Name the signing key in the JWT's header (kid)."),
            ConfigurationKey(
                "cookie.key_id", optional: \.settings.cookie.keyID, .word("a kid"),
                "The kid of keys.cookie, in the JWT's header and in /.well-known/jwks.json. Set it to what an existing "
                    + "JWKS calls the same key: Envoy's jwt_authn passes over a key that has another kid than the "
                    + "token. Without a value it is the key's thumbprint (RFC 7638).", example: "wiki-2026"),
            ConfigurationKey(
                "cookie.reuse_window", \.settings.cookie.reuseWindow, .seconds(1...86_400),
                "For this time one signed cookie serves all requests of its user that need one. At most a quarter of "
                    + "cookie.lifetime."),
            ConfigurationKey(
                "cookie.invalid", \.invalidCookie,
                Codec<CookieSettings.Invalid>.choice(.refuse, .replace).orNone("auto"),
                "What happens when a session cookie beside valid OAuth credentials is invalid or another user's. "
                    + "refuse: the request is refused, as in MediaWiki since 1.46. replace: the client gets a new "
                    + "cookie. auto: what mediawiki.version does."),
            ConfigurationKey(
                "cookie.for_oauth1", \.settings.cookie.forOAuth1, .boolean,
                "Set the cookie for OAuth 1 requests."),
            ConfigurationKey(
                "cookie.for_owner_only", \.settings.cookie.forOwnerOnly, .boolean,
                "Set the cookie for requests with an owner-only OAuth 2 token."),
        ])

    static let classes = ConfigurationSection(
        "classes",
        "Rate limit classes. The first group that matches decides; without one, the account's edits and age do.",
        [
            ConfigurationKey(
                "classes.allowed", \.settings.classes.allowed,
                Codec.word("a class").list("a list of classes", counts: 1...1000).asSet,
                "The only classes that are ever sent. BYPASS and DENY have a special meaning to rate limiters, so "
                    + "they are sent only if they are named here."),
            ConfigurationKey(
                "classes.anonymous", optional: \.settings.classes.anonymous, .word("a class"),
                "The class of anonymous requests. Without a value they have none.", example: "anon"),
            ConfigurationKey(
                "classes.groups", \.settings.classes.groups,
                Codec.groupClass.list("a list of {group: …, class: …}"),
                "Classes of groups. The first one whose group the user is in decides.",
                example: """
                    - {group: bot, class: approved-bot}
                    """),
            ConfigurationKey(
                "classes.established", \.settings.classes.established, .word("a class"),
                "The class of users with enough edits and an account that is old enough."),
            ConfigurationKey(
                "classes.established_edits", \.settings.classes.establishedEdits, .integer(0...1_000_000_000),
                "Edits that classes.established requires."),
            ConfigurationKey(
                "classes.established_age", \.settings.classes.establishedAge, .seconds(0...3_153_600_000),
                "Age of the account that classes.established requires."),
            ConfigurationKey(
                "classes.authenticated", \.settings.classes.authenticated, .word("a class"),
                "The class of all other users."),
        ])

    static let edge = ConfigurationSection(
        "edge",
        "Request headers for the wiki and for filters behind Sessiongate. Each is overwritten when its value is "
            + "known and removed when it is not, so that clients can't forge it. The headers of all other profiles "
            + "are removed too.",
        [
            ConfigurationKey(
                "edge.preset", \.preset, .choice(.none, .wikimedia),
                "Other defaults, for one kind of edge: a key that is set counts all the same. wikimedia: the cookie is "
                    + "injected for jwt_authn, users are CentralAuth's, and issuer, classes and headers are those of "
                    + "Wikimedia's gateway (deploy/wikimedia.md)."),
            ConfigurationKey(
                "edge.profile", \.settings.defaultProfile, .profileName,
                "The profile of routes that name none (sessiongate.profile in their context_extensions). standard: "
                    + "the keys below. gateway: x-wmf-user-id (the rate limit key) and x-wmf-ratelimit-class of every "
                    + "request that is to be limited, for the rules of Wikimedia's REST gateway. Or one of edge.profiles."
            ),
        ] + EdgeKey.all.map(\.configurationKey) + [
            ConfigurationKey(
                "edge.profiles", \.settings.profiles, .profiles,
                "More profiles by name, for routes that ask for them. A key that a profile leaves out has its "
                    + "default. A profile named gateway changes that preset.",
                example: """
                    internal: {user_id_header: x-user, consumer_header: none}
                    gateway: {inject_cookie: true}
                    """)
        ])

    static let trust = ConfigurationSection(
        "trust",
        "Which headers are believed about the client. Use one only if your edge overwrites what clients send in it.",
        [
            ConfigurationKey(
                "trust.client_address_header", optional: \.settings.trust.clientAddressHeader, .headerName,
                "Header with the client's address, the first one if it is a list. Without a value, the address that "
                    + "Envoy sees counts.", example: "x-client-ip"),
            ConfigurationKey(
                "trust.forwarded_proto", \.settings.trust.forwardedProto, .boolean,
                "Take the scheme that OAuth 1 clients signed from x-forwarded-proto."),
            ConfigurationKey(
                "trust.forwarded_host", \.settings.trust.forwardedHost, .boolean,
                "Take the host that OAuth 1 clients signed from x-forwarded-host."),
        ])

    static let cache = ConfigurationSection(
        "cache",
        "How long and how many database rows are kept in memory.",
        [
            ConfigurationKey(
                "cache.lifetime", \.settings.cache.lifetime, .seconds(1...86_400),
                "How long a row is used before the database is read again. A revocation, block or lock takes effect "
                    + "within this time, or at once where it is announced (/cache/invalidate). An OAuth 1 secret that was reset counts at once."
            ),
            ConfigurationKey(
                "cache.negative_lifetime", \.settings.cache.negativeLifetime, .seconds(1...86_400),
                "How long a row that was not found counts as missing. A new consumer or token works at the latest "
                    + "after this time."),
            ConfigurationKey(
                "cache.stale_if_error", \.settings.cache.staleIfError, .seconds(0...86_400),
                "How much longer than cache.lifetime a row counts while the database can't be read. What is not in memory "
                    + "fails then: 503, never a refusal. 0: rows never count longer."),
            ConfigurationKey(
                "cache.capacity", \.settings.cache.capacity, .integer(100...100_000_000),
                "Most entries in each cache."
            ).fixedAtStart,
            ConfigurationKey(
                "cache.memory", \.settings.cache.memory, .size(1 << 20...1 << 40),
                "Most memory of all caches together. When it is used up, the largest cache gives up its oldest entries. "
                    + "Remembered nonces are not among it: oauth1.nonce_capacity bounds them.", example: "256MiB"
            ).fixedAtStart,
        ])

    static let log = ConfigurationSection(
        "log",
        "The log, on standard error. It never contains credentials.",
        [
            ConfigurationKey(
                "log.level", \.log.level, .choice(.debug, .info, .warning, .error),
                "The lowest level that is written. POST /log/level?level=debug on server.admin changes it until the next start or the next change here."
            ),
            ConfigurationKey(
                "log.format", \.log.format, .choice(.text, .json),
                "text: lines for people. json: one object a line."
            ).fixedAtStart,
        ])
}
