// The table of all keys, continued: what is answered, whom to believe, what is kept in memory, the log.

import Sessions
import Telemetry
import Bytes

extension ConfigurationSection {
    static let cookie = ConfigurationSection(
        "cookie",
        "The session cookie: a JWT that tells the edge who is asking, set for OAuth 1 and owner-only OAuth 2.",
        [
            ConfigurationKey("cookie.name", \.settings.cookie.name, .cookieName, "Its name."),
            ConfigurationKey("cookie.path", \.settings.cookie.path, .path, "Its path attribute."),
            ConfigurationKey(
                "cookie.domain", optional: \.settings.cookie.domain, .domain,
                "Its domain attribute, when it needs one.",
                example: ".wiki.example"),
            ConfigurationKey(
                "cookie.same_site", optional: \.settings.cookie.sameSite, .choice(.strict, .lax, .none),
                "Its SameSite attribute, when it needs one.", example: "Lax"),
            ConfigurationKey(
                "cookie.lifetime", \.settings.cookie.lifetime, .seconds(60...31_536_000),
                "How long it lasts ($wgSessionCookieJwtExpiration): Max-Age, and sxp in the JWT. A "
                    + "cookie with less than 75 % of it left is renewed."
            ),
            ConfigurationKey(
                "cookie.issuer", optional: \.settings.cookie.issuer, .origin,
                "The JWT's iss: the canonical server of the wiki that has the OAuth tables. Without "
                    + "it, wikis.default.server, with https where that leaves the scheme open.",
                example: "https://meta.wiki.example"),
            ConfigurationKey(
                "cookie.backdate", \.settings.cookie.backdate, .seconds(0...3600),
                "How far iat lies in the past, for edges with slow clocks."),
            ConfigurationKey(
                "cookie.hard_lifetime", optional: \.settings.cookie.hardLifetime, .seconds(60...315_360_000),
                "Time to a hard expiry (exp), after which a request with the cookie is refused. MediaWiki sets none.",
                example: "1d"),
            ConfigurationKey(
                "cookie.include_key_id", \.settings.cookie.includeKeyID, .boolean,
                "Name the key in the JWT's header (kid)."),
            ConfigurationKey(
                "cookie.reuse_window", \.settings.cookie.reuseWindow, .seconds(1...86_400),
                "How long one signed cookie serves all requests of its user that need one. At most a "
                    + "quarter of the lifetime."),
            ConfigurationKey(
                "cookie.invalid", \.settings.cookie.invalid, .choice(.refuse, .replace),
                "A cookie that is not the user's beside valid OAuth credentials: refuse the request "
                    + "as MediaWiki does, or set a fresh one."
            ),
            ConfigurationKey(
                "cookie.for_oauth1", \.settings.cookie.forOAuth1, .boolean, "Set it for OAuth 1 requests."),
            ConfigurationKey(
                "cookie.for_owner_only", \.settings.cookie.forOwnerOnly, .boolean,
                "Set it for requests with an owner-only OAuth 2 token."),
        ])

    static let classes = ConfigurationSection(
        "classes", "Rate limit classes: the first matching group's, else by edits and age of the account.",
        [
            ConfigurationKey(
                "classes.allowed", \.settings.classes.allowed,
                Codec.word("a class").list("a list of classes", counts: 1...1000).asSet,
                "The only classes that are ever emitted. BYPASS and DENY are magic to the edge and "
                    + "count only when named here."),
            ConfigurationKey(
                "classes.anonymous", optional: \.settings.classes.anonymous, .word("a class"),
                "The class of requests that are nobody's; without it they have none.", example: "anon"),
            ConfigurationKey(
                "classes.groups", \.settings.classes.groups,
                Codec.groupClass.list("a list of {group: …, class: …}"),
                "Classes of groups, the first match decides.",
                example: """
                    - {group: bot, class: approved-bot}
                    """),
            ConfigurationKey(
                "classes.established", \.settings.classes.established, .word("a class"),
                "The class of users with enough edits and age."),
            ConfigurationKey(
                "classes.established_edits", \.settings.classes.establishedEdits, .integer(0...1_000_000_000),
                "Edits that make a user established."),
            ConfigurationKey(
                "classes.established_age", \.settings.classes.establishedAge, .seconds(0...3_153_600_000),
                "Age of the account that makes a user established."),
            ConfigurationKey(
                "classes.authenticated", \.settings.classes.authenticated, .word("a class"),
                "The class of all other users."),
        ])

    static let edge = ConfigurationSection(
        "edge",
        "What the edge is told. These request headers are overwritten when the value is known and "
            + "removed when not, so that nobody can forge them; so are those of the other profiles.",
        [
            ConfigurationKey(
                "edge.profile", \.settings.defaultProfile, .profileName,
                "What routes are told that name no profile (sessiongate.profile in their context_extensions): standard is "
                    + "what the keys below say; gateway is x-wmf-user-id (the rate limit key) and x-wmf-ratelimit-class, "
                    + "for the rate limit rules of Wikimedia's REST gateway; or one of edge.profiles."),
            ConfigurationKey(
                "edge.user_id_header", \.settings.edge.userIDHeader, Codec.headerName.orNone("none"),
                "Header with the central user id."),
            ConfigurationKey(
                "edge.subject_header", \.settings.edge.subjectHeader, Codec.headerName.orNone("none"),
                "Header with the JWT subject, such as mw:local:enwiki:7."),
            ConfigurationKey(
                "edge.consumer_header", \.settings.edge.consumerHeader, Codec.headerName.orNone("none"),
                "Header with the consumer key."),
            ConfigurationKey(
                "edge.class_header", \.settings.edge.classHeader, Codec.headerName.orNone("none"),
                "Header with the rate limit class."),
            ConfigurationKey(
                "edge.type_header", \.settings.edge.typeHeader, Codec.headerName.orNone("none"),
                "Header with the session type, such as oauth1."),
            ConfigurationKey(
                "edge.rate_limit_key_header", \.settings.edge.rateLimitKeyHeader, Codec.headerName.orNone("none"),
                "Header with the key that rate limit rules count on, such as jwt-sub:mw:local:enwiki:7."),
            ConfigurationKey(
                "edge.inject_cookie", \.settings.edge.injectCookie, .boolean,
                "Overwrite the request's cookie header with one that carries the session JWT too, so "
                    + "that a filter behind sees it on a client's first request."
            ),
            ConfigurationKey(
                "edge.mark_private", \.settings.edge.markPrivate, .choice(.always, .whenAbsent, .never),
                "Cache-Control on responses with our Set-Cookie, so that no shared cache hands it to others: always (private, "
                    + "no-store, in place of what the upstream says), when_absent (private, where it says nothing), or "
                    + "never."),
            ConfigurationKey(
                "edge.profiles", \.settings.profiles, .profiles,
                "Other sets of these keys, by name, for routes that ask for them. What one leaves out has its default, "
                    + "and in one that is named gateway is as in that preset.",
                example: """
                    internal: {user_id_header: x-user, consumer_header: none}
                    gateway: {inject_cookie: true}
                    """),
        ])

    static let trust = ConfigurationSection(
        "trust", "Whom to believe about the client. Name a header only if the edge overwrites what clients send in it.",
        [
            ConfigurationKey(
                "trust.client_address_header", optional: \.settings.trust.clientAddressHeader, .headerName,
                "Header with the client's address. Without it, the address that Envoy sees.", example: "x-client-ip"),
            ConfigurationKey(
                "trust.forwarded_proto", \.settings.trust.forwardedProto, .boolean,
                "Take the signed scheme from x-forwarded-proto."),
            ConfigurationKey(
                "trust.forwarded_host", \.settings.trust.forwardedHost, .boolean,
                "Take the signed host from x-forwarded-host."),
        ])

    static let cache = ConfigurationSection(
        "cache", "How long rows are believed without asking the store again.",
        [
            ConfigurationKey(
                "cache.lifetime", \.settings.cache.lifetime, .seconds(1...86_400),
                "A revocation, a block or a lock takes effect within this time."),
            ConfigurationKey(
                "cache.negative_lifetime", \.settings.cache.negativeLifetime, .seconds(1...86_400),
                "A new consumer or token is found within this time after it was asked for too early."),
            ConfigurationKey(
                "cache.capacity", \.settings.cache.capacity, .integer(100...100_000_000), "Most entries of each cache."),
            ConfigurationKey(
                "cache.memory", \.settings.cache.memory, .size(1 << 20...1 << 40),
                "Most memory of all caches together; the largest gives up its oldest entries first."),
        ])

    static let log = ConfigurationSection(
        "log", "What is written to standard error. Credentials never are.",
        [
            ConfigurationKey(
                "log.level", \.log.level, .choice(.debug, .info, .warning, .error), "From which weight on."),
            ConfigurationKey(
                "log.format", \.log.format, .choice(.text, .json), "Text for people, or one JSON object a line."),
        ])
}
