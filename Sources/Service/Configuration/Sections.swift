// The table of all keys: access, wikis and verdicts. Their order here is their order in the example.

import Sessions
import Bytes

extension ConfigurationSection {
    /// All keys.
    public static let all: [ConfigurationSection] = [
        general, server, tls, http, sqlite, workers, wikis, users, keys, oauth1, entryPoints, cookie, classes, edge,
        trust,
        cache,
        log,
    ]

    static let general = ConfigurationSection(
        "", "",
        [
            ConfigurationKey(
                "mode", \.settings.mode, .choice(.enforce, .observe),
                "Whether refusals are carried out (enforce), or only marked in metadata, metrics and log (observe).")
        ])

    static let sqlite = ConfigurationSection(
        "store",
        "Where consumers, acceptances, tokens and users are: tables as MediaWiki lays them out, only ever read.",
        [
            ConfigurationKey(
                "store.sqlite.file", \.store.file, .file,
                "The SQLite file with MediaWiki's OAuth tables: MediaWiki's own file works as it is.",
                example: "oauth.sqlite", required: true),
            ConfigurationKey(
                "store.sqlite.users_file", optional: \.store.usersFile, .file,
                "The SQLite file with the users, when they are not in the same one.", example: "wiki.sqlite"),
            ConfigurationKey(
                "store.sqlite.busy_timeout", \.store.busyTimeoutMilliseconds, .milliseconds(0...60_000),
                "How long a lock of another process is waited for."),
            ConfigurationKey(
                "store.table_prefix", \.store.tablePrefix, .tablePrefix,
                "What the names of MediaWiki's tables begin with ($wgDBprefix).", example: "mw_"),
        ])

    static let workers = ConfigurationSection(
        "workers", "Threads for what would hold up the event loops, and how much may wait for them.",
        [
            ConfigurationKey(
                "workers.rows", \.workers.rowThreads, .integer(1...64),
                "Threads that read rows which are not in memory yet."),
            ConfigurationKey(
                "workers.cookies", \.workers.cookieThreads, .integer(1...64),
                "Threads that sign cookies, at low priority."),
            ConfigurationKey(
                "workers.lookups", \.workers.lookups, .integer(1...10_000_000),
                "Most different rows, and most different cookies, that are on their way; beyond it "
                    + "requests fail as overloaded."),
            ConfigurationKey(
                "workers.waiters", \.workers.waiters, .integer(1...10_000_000), "Most requests that wait for them."),
        ])

    static let wikis = ConfigurationSection(
        "wikis", "Which wiki a request is for, and which scheme, host and port its OAuth 1 clients sign.",
        [
            ConfigurationKey(
                "wikis.default.id", \.defaultWiki.id, .wikiID,
                "The id ($wgDBname) of the wiki of all hosts that wikis.hosts does not name; compared "
                    + "with the rows' wiki."),
            ConfigurationKey(
                "wikis.default.server", \.defaultWiki.server, .server,
                "Its server ($wgServer): //host takes the request's scheme, detect takes scheme and "
                    + "host from the request."),
            ConfigurationKey(
                "wikis.unknown_hosts", \.unknownHosts, .choice(.default, .refuse),
                "Requests for hosts that wikis.hosts does not name: for the default wiki, or refused "
                    + "when they carry credentials."
            ),
            ConfigurationKey(
                "wikis.hosts", \.settings.wikis.byHost, .wikis,
                "Wikis by the host of the request, several hosts may share one.",
                example: """
                    de.wiki.example: {id: dewiki, server: //de.wiki.example}
                    de.m.wiki.example: {id: dewiki, server: //de.wiki.example}
                    """),
        ])

    static let users = ConfigurationSection(
        "users", "Whom a central id names.",
        [
            ConfigurationKey(
                "users.source", \.settings.users.source, .choice(.local, .centralAuth),
                "MediaWiki's central id provider: the wiki's own user table, or CentralAuth's globaluser."),
            ConfigurationKey(
                "users.scope", \.scope, Codec.centralIDScope.orNone("auto"),
                "The scope of central ids in tokens and cookies; auto is local:<id of the default "
                    + "wiki>, or CentralAuth: for CentralAuth."
            ),
            ConfigurationKey(
                "users.block_disables_login", \.settings.users.blockDisablesLogin, .boolean,
                "Refuse users who are blocked site-wide, as the wiki does with $wgBlockDisablesLogin."),
        ])

    static let keys = ConfigurationSection(
        "keys", "Keys in PEM files: RSA of at least 2048 bits for RS256, or P-256 for ES256.",
        [
            ConfigurationKey(
                "keys.access_token", \.keys.accessToken, Codec.file.list("a list of file names"),
                "Public keys of MediaWiki's OAuth 2 access tokens ($wgOAuth2PublicKey). Without one, requests with "
                    + "access tokens can't be decided: UNAVAILABLE, as in an outage.",
                example: "[keys/access-token.pub]"),
            ConfigurationKey(
                "keys.cookie", optional: \.keys.cookie, .file,
                "The private key that signs the session cookie. All that verify the cookie need its public part, "
                    + "which is at /.well-known/jwks.json. RSA keys sign RS256, which MediaWiki's own session "
                    + "cookies use; MediaWiki core verifies nothing else. P-256 keys sign ES256: shorter and "
                    + "cheaper cookies, for setups where only other software reads them, such as Envoy's jwt_authn.",
                example: "keys/session-cookie.key"),
            ConfigurationKey(
                "keys.cookie_next", \.keys.cookieNext, Codec.file.list("a list of file names"),
                "Keys (private or public) that will sign cookies next: already published, and their cookies are accepted.",
                example: "[keys/session-cookie-next.key]"),
            ConfigurationKey(
                "keys.cookie_previous", \.keys.cookiePrevious, Codec.file.list("a list of file names"),
                "Keys (private or public) that signed cookies before: still published, and their cookies are accepted.",
                example: "[keys/session-cookie-previous.key]"),
        ])

    static let oauth1 = ConfigurationSection(
        "oauth1", "OAuth 1.0a.",
        [
            ConfigurationKey(
                "oauth1.compatibility", \.settings.oauth1.compatibility, .choice(.mediawiki, .rfc5849),
                "Whose reading of a request decides: MediaWiki's, PHP's parsing included, or RFC 5849's alone."),
            ConfigurationKey(
                "oauth1.timestamp_window", \.settings.oauth1.timestampWindow, .seconds(1...86_400),
                "How far oauth_timestamp may differ from now."),
            ConfigurationKey(
                "oauth1.nonce_capacity", \.settings.oauth1.nonceCapacity, .integer(1000...1_000_000_000),
                "How many nonces are remembered until their timestamps expire; beyond it requests fail closed."
            ),
            ConfigurationKey(
                "oauth1.secret_key", optional: \.settings.oauth1.secretKey, .secretBytes,
                "MediaWiki's $wgOAuthSecretKey, else its $wgSecretKey: real secrets are derived from "
                    + "stored ones with it. Without it, stored secrets are the real ones.",
                secret: true),
            ConfigurationKey(
                "oauth1.secret_key_file", optional: \.secretKeyFile, .file,
                "A file with that key, instead; one line feed at its end is not part of it.",
                example: "keys/oauth1-secret-key"),
            ConfigurationKey(
                "oauth1.body_unavailable", \.settings.oauth1.bodyUnavailable, .choice(.refuse, .anonymous),
                "A signed form whose body was not forwarded whole can't be verified: refuse it, or "
                    + "let it through as anonymous."),
            ConfigurationKey(
                "oauth1.form_bodies", \.settings.oauth1.formBodies, .choice(.whenPresent, .always),
                "What it means that a form came without its body: with always, that it is empty, as the proxy forwards "
                    + "every form (Envoy's with_request_body). Otherwise only a Content-Length of 0 says so. A "
                    + "route's sessiongate.form_bodies (context_extensions) says it for its requests."),
            ConfigurationKey(
                "oauth1.allow_plaintext", \.settings.oauth1.allowPlaintext, .boolean,
                "Accept PLAINTEXT signatures. Insecure: for closed test set-ups."),
        ])

    static let entryPoints = ConfigurationSection(
        "entry_points", "MediaWiki takes OAuth credentials at its API only.",
        [
            ConfigurationKey(
                "entry_points.refused", \.settings.entryPoints.refused, Codec.path.list("a list of paths"),
                "Ends of paths at which valid credentials are refused as well (mwoauth-not-api)."),
            ConfigurationKey(
                "entry_points.refused_prefixes", \.settings.entryPoints.refusedPrefixes,
                Codec.path.list("a list of paths"),
                "Beginnings of paths, the wiki's article paths, at which they are refused."),
            ConfigurationKey(
                "entry_points.ignored", \.settings.entryPoints.ignored, Codec.path.list("a list of paths"),
                "Ends of paths at which credentials mean nothing."),
        ])
}
