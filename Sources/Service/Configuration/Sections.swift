// The table of all keys: database, wikis, users, keys, OAuth. Their order here is their order in the example.

import Sessions
import Bytes

extension ConfigurationSection {
    /// All keys.
    public static let all: [ConfigurationSection] = [
        general, server, tls, http, sqlite, mariadb, workers, mediawiki, wikis, users, keys, oauth, oauth1, nonces,
        oauth2,
        entryPoints,
        refusals, cookie, classes,
        edge, limits,
        trust,
        cache,
        forecast,
        log, decisions, metrics,
    ]

    static let general = ConfigurationSection(
        "", "",
        [
            ConfigurationKey(
                "mode", \.settings.mode, .choice(.enforce, .observe),
                "enforce: refusals are carried out. observe: every request passes, and metadata, metrics and the log "
                    + "say which would have been refused.")
        ])

    static let sqlite = ConfigurationSection(
        "store",
        "The database with consumers, acceptances, tokens and users, in MediaWiki's tables. It is only read. It is either an "
            + "SQLite file or on MariaDB servers.",
        [
            ConfigurationKey(
                "store.sqlite.file", \.store.file, .file,
                "The SQLite file with MediaWiki's OAuth tables: MediaWiki's own file, or a copy.",
                example: "oauth.sqlite"),
            ConfigurationKey(
                "store.sqlite.users_file", optional: \.store.usersFile, .file,
                "The SQLite file with the users, if they are in another file.", example: "wiki.sqlite"),
            ConfigurationKey(
                "store.sqlite.busy_timeout", \.store.busyTimeoutMilliseconds, .milliseconds(0...60_000),
                "How long to wait for another process's lock."),
            ConfigurationKey(
                "store.table_prefix", \.store.tablePrefix, .tablePrefix,
                "What the names of MediaWiki's tables begin with ($wgDBprefix).", example: "mw_"),
        ])

    static let workers = ConfigurationSection(
        "workers",
        "Threads for work that would block the event loops, and how much of it may wait.",
        [
            ConfigurationKey(
                "workers.rows", \.workers.rowThreads, .integer(1...64),
                "Threads that read rows which are not in memory."),
            ConfigurationKey(
                "workers.cookies", \.workers.cookieThreads, .integer(1...64),
                "Threads that sign cookies, at low priority."),
            ConfigurationKey(
                "workers.forms", \.workers.formThreads, .threads,
                "Threads that verify signed forms over 64 KiB and queries over 8 KiB, at low priority. auto: one for each "
                    + "processor."),
            ConfigurationKey(
                "workers.lookups", \.workers.lookups, .integer(1...10_000_000),
                "Most lookups under way, counted apart for rows and for cookies. Further requests fail as overloaded."),
            ConfigurationKey(
                "workers.waiters", \.workers.waiters, .integer(1...10_000_000),
                "Most requests that may wait for lookups."),
        ]
    ).fixedAtStart

    static let wikis = ConfigurationSection(
        "wikis",
        "Which wiki a request is for, and which scheme, host and port its OAuth 1 clients sign.",
        [
            ConfigurationKey(
                "wikis.default.id", \.defaultWiki.id, .wikiID,
                "The wiki's id: $wgDBname, followed by - and $wgDBprefix if there is a prefix. Consumers and "
                    + "acceptances name the wiki that they are for by this id. It applies to every host that "
                    + "wikis.hosts does not name."),
            ConfigurationKey(
                "wikis.default.server", \.defaultWiki.server, .server,
                "The wiki's $wgServer, whose scheme, host and port OAuth 1 clients sign. //host takes the scheme "
                    + "from the request; detect takes scheme and host from the request."),
            ConfigurationKey(
                "wikis.unknown_hosts", \.unknownHosts, .choice(.default, .refuse),
                "What happens to requests for hosts that wikis.hosts does not name. default: they are for the "
                    + "default wiki. refuse: they are refused when they carry credentials."),
            ConfigurationKey(
                "wikis.hosts", \.settings.wikis.byHost, .wikis,
                "Wikis by the host of the request. Several hosts may belong to one wiki. \"*.\" and a domain, in quotes, "
                    + "stand for all hosts in the domain that are not named; of several domains the longest counts.",
                example: """
                    de.wiki.example: {id: dewiki, server: //de.wiki.example}
                    de.m.wiki.example: {id: dewiki, server: //de.wiki.example}
                    "*.wiki.example": {id: wiki, server: detect}
                    """),
        ])

    static let users = ConfigurationSection(
        "users",
        "Where the users are that central ids stand for.",
        [
            ConfigurationKey(
                "users.source", \.settings.users.source, .choice(.local, .centralAuth),
                "MediaWiki's central id provider. local: the wiki's own user table. CentralAuth: the table "
                    + "globaluser."),
            ConfigurationKey(
                "users.scope", \.scope, Codec.centralIDScope.orNone("auto"),
                "The scope of central ids in tokens and cookies. auto: local:<id of the default wiki>, or "
                    + "CentralAuth: for CentralAuth."),
            ConfigurationKey(
                "users.block_disables_login", \.settings.users.blockDisablesLogin, .boolean,
                "Refuse users who are blocked on the whole wiki, as the wiki does with $wgBlockDisablesLogin; before "
                    + "MediaWiki 1.42 also those who are blocked in part."),
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
                "keys.cookie", optional: \.keys.cookie, .keyFile,
                "The private key that signs the session cookie. Best is the wiki's own, $wgJwtPrivateKey: then the wiki "
                    + "and Sessiongate accept each other's cookies. All that verify the cookie need its public part, "
                    + "which is at /.well-known/jwks.json. RSA keys sign RS256, which MediaWiki's own session "
                    + "cookies use; MediaWiki core verifies nothing else. P-256 keys sign ES256: shorter and "
                    + "cheaper cookies, for setups where only other software reads them, such as Envoy's jwt_authn.",
                example: "keys/session-cookie.key"),
            ConfigurationKey(
                "keys.cookie_next", \.keys.cookieNext, Codec.keyFile.list("a list of file names"),
                "Keys (private or public) that will sign cookies next: already published, and their cookies are accepted. "
                    + "`sessiongate keys` changes these three keys, and notes since when each key is what it is: {file: …, "
                    + "since: 2026-01-31T12:00:00Z}.",
                example: "[keys/session-cookie-next.key]"),
            ConfigurationKey(
                "keys.cookie_previous", \.keys.cookiePrevious, Codec.keyFile.list("a list of file names"),
                "Keys (private or public) that signed cookies before: still published, and their cookies are accepted.",
                example: "[keys/session-cookie-previous.key]"),
            ConfigurationKey(
                "keys.wiki_cookie", optional: \.keys.wikiCookie, Codec.file.list("a list of file names"),
                "The wiki's own key for session cookies, $wgJwtPublicKey (or the private one): its cookies are accepted, "
                    + "and the key is published. If it is not keys.cookie's, the wiki must not verify the cookie beside "
                    + "OAuth: $wgOAuthUseJwtCookie = false. An empty list says that the wiki sets no such cookie.",
                example: "[keys/wiki-session.pub]"),
            ConfigurationKey(
                "keys.publish_time", \.keys.publishTime, .seconds(0...604_800),
                "How long a key is published before `sessiongate keys promote` lets it sign: longer than those who verify "
                    + "the cookie keep the JWK set. Envoy's jwt_authn keeps it for cache_duration, ten minutes by default."
            ),
        ])

    static let oauth1 = ConfigurationSection(
        "oauth1",
        "How OAuth 1.0a requests are verified.",
        [
            ConfigurationKey(
                "oauth1.compatibility", \.settings.oauth1.compatibility, .choice(.mediawiki, .rfc5849),
                "mediawiki: read requests as MediaWiki and PHP do. rfc5849: read them by RFC 5849 alone."),
            ConfigurationKey(
                "oauth1.timestamp_window", \.settings.oauth1.timestampWindow, .seconds(1...86_400),
                "How far oauth_timestamp may be from now."
            ).fixedAtStart,
            ConfigurationKey(
                "oauth1.nonce_capacity", \.settings.oauth1.nonceCapacity, .integer(1000...1_000_000_000),
                "Most nonces that are remembered until their timestamps expire. When the memory is full, OAuth 1 "
                    + "requests fail as in an outage."
            ).fixedAtStart,
            ConfigurationKey(
                "oauth1.nonce_share", \.settings.oauth1.nonceShare, .integer(1...100),
                "What one consumer and token may have of the room that all others leave there, in percent. Beyond it "
                    + "its requests are refused (nonce-share, 429), and those of others are not. 100: all of it."
            ).fixedAtStart,
            ConfigurationKey(
                "oauth1.nonce_file", optional: \.nonceFile, .file,
                "A file in which nonces outlive a restart: written when the process ends, and read by the next one. Each "
                    + "process on a machine that shares it must be of the same listeners. Without it, a signed request could "
                    + "be sent once more after a restart, until its timestamp expires.",
                example: "/var/lib/sessiongate/nonces"
            ).fixedAtStart,
            ConfigurationKey(
                "oauth1.secret_key", optional: \.settings.oauth1.secretKey, .secretBytes,
                "MediaWiki's $wgOAuthSecretKey or, where that is not set, its $wgSecretKey. The secrets that clients "
                    + "know are derived with it from the stored ones. Without it, stored secrets are used as they "
                    + "are.",
                secret: true),
            ConfigurationKey(
                "oauth1.secret_key_file", optional: \.secretKeyFile, .file,
                "A file with that key, in place of oauth1.secret_key. One line feed at its end is left out.",
                example: "keys/oauth1-secret-key"),
            ConfigurationKey(
                "oauth1.body_unavailable", \.settings.oauth1.bodyUnavailable, .choice(.refuse, .anonymous),
                "What happens to a signed form whose body the proxy did not forward whole, so that the signature "
                    + "can't be verified. refuse: it is refused (body-unavailable). anonymous: it passes as "
                    + "anonymous."),
            ConfigurationKey(
                "oauth1.form_bodies", \.settings.oauth1.formBodies, .choice(.whenPresent, .always),
                "What it means when a form comes without a body. when_present: that the proxy did not forward it, "
                    + "unless Content-Length is 0. always: that it is empty, because the proxy forwards every signed "
                    + "form (Envoy's with_request_body). A route can set this for its requests: "
                    + "sessiongate.form_bodies in its context_extensions."),
            ConfigurationKey(
                "oauth1.allow_plaintext", \.settings.oauth1.allowPlaintext, .boolean,
                "Accept PLAINTEXT signatures. This is insecure: only for closed test set-ups."),
        ])

    static let entryPoints = ConfigurationSection(
        "entry_points",
        "Paths outside the API, where MediaWiki does not accept OAuth credentials. Special:OAuth is let through wherever "
            + "it stands, since it reads them itself. At a path that is neither a script (.php) nor named here, valid "
            + "credentials count and invalid ones are not refused.",
        [
            ConfigurationKey(
                "entry_points.refused", \.settings.entryPoints.refused, Codec.path.list("a list of paths"),
                "Ends of paths where MediaWiki refuses OAuth credentials, even valid ones (mwoauth-not-api)."),
            ConfigurationKey(
                "entry_points.refused_prefixes", \.settings.entryPoints.refusedPrefixes,
                Codec.path.list("a list of paths"),
                "Beginnings of paths where MediaWiki refuses them: the wiki's article paths."),
            ConfigurationKey(
                "entry_points.article_paths", \.settings.entryPoints.articlePaths,
                Codec.articlePath.list("a list of paths that end with $1, such as /wiki/$1 or /$1"),
                "More article paths, as $wgArticlePath and $wgVariantArticlePath have them. They differ from "
                    + "refused_prefixes in that a script's path stays the script's, so that /$1 can stand here.",
                example: "[/$1, /zh-hans/$1]"),
            ConfigurationKey(
                "entry_points.ignored", \.settings.entryPoints.ignored, Codec.path.list("a list of paths"),
                "Ends of paths where MediaWiki ignores OAuth credentials: invalid ones are not refused."),
            ConfigurationKey(
                "entry_points.rest_prefixes", \.settings.entryPoints.restPrefixes,
                Codec.path.list("a list of paths"),
                "Beginnings of paths that the web server rewrites to rest.php, so that invalid credentials are refused "
                    + "there as at rest.php.", example: "[/api/rest_v1/]"),
            ConfigurationKey(
                "entry_points.special_names", \.settings.entryPoints.specialNames,
                Codec.titlePart.list("a list of names"),
                "More names of the namespace Special ($wgNamespaceAliases). Those of MediaWiki's languages are known.",
                example: "[Spezialseite]"),
            ConfigurationKey(
                "entry_points.oauth_page_names", \.settings.entryPoints.oauthPageNames,
                Codec.titlePart.list("a list of names"),
                "More names of the page OAuth in it. Those of the OAuth extension are known.",
                example: "[AppLogin]"),
        ])

    static let refusals = ConfigurationSection(
        "refusals",
        "How requests with invalid credentials are answered.",
        [
            ConfigurationKey(
                "refusals.status", \.settings.refusals.status, .choice(.mediawiki, .unauthorized),
                "mediawiki: as MediaWiki answers, so that clients see the errors that they handle: at api.php 200 with "
                    + "the error in the format that was asked for, at rest.php 403, at pages 400, at other scripts 401. "
                    + "Over plain HTTP a refusal is never 2xx: 401 stands in place of 200, and in forward auth of 400. "
                    + "401: with that status everywhere.")
        ])
}
