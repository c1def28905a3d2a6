import Sessions
import Cryptography
import Foundation
import Service
import TestSupport
import Testing

/// A configuration without keys that holds together.
private let minimal = """
    store:
      sqlite:
        file: oauth.sqlite
    cookie:
      for_oauth1: false
      for_owner_only: false

    """

/// A key that is not the demo's.
private let otherKey = Result { try SigningKey.generate() }

/// Reads `text` as a configuration, in a directory of its own.
private func load(
    _ text: String, environment: [String: String] = [:], files: [String: String] = [:]
) throws -> LoadedConfiguration {
    let directory = try ScratchDirectory()
    try directory.write("oauth.sqlite", "")
    for (name, contents) in files { try directory.write(name, contents) }
    try directory.write("c.yaml", text)
    return try LoadedConfiguration(file: directory.file("c.yaml"), environment: environment)
}

/// What is wrong with `text`, without the directory.
private func problems(
    _ text: String, environment: [String: String] = [:], files: [String: String] = [:]
) -> [String] {
    do {
        _ = try load(text, environment: environment, files: files)
        return []
    } catch let errors as ConfigurationErrors {
        return errors.problems.map { "\($0)".replacing(/\/[^ :]*\/sessiongate-[-0-9A-F]*\//, with: "") }
    } catch {
        return ["\(error)"]
    }
}

@Suite struct ConfigurationValues {
    @Test func whatIsNotGivenIsTheDefault() throws {
        let configuration = try load(minimal).configuration
        let defaults = Settings()
        #expect(configuration.settings.cookie.lifetime == defaults.cookie.lifetime)
        #expect(configuration.settings.oauth1.secretKey == nil)
        #expect(configuration.settings.wikis.fallback == Wiki(id: "wiki", server: .detect))
        #expect(configuration.settings.users.scope == "local:wiki")
        #expect(configuration.server.dataListeners.map(\.address.text) == ["127.0.0.1:9001"])
        #expect(configuration.server.admin?.text == "127.0.0.1:9002")
    }

    @Test func valuesAreRead() throws {
        let configuration = try load(
            minimal + """
                  lifetime: 1h
                  reuse_window: 90
                  same_site: Lax
                  domain: .wiki.example
                  hard_lifetime: 2d
                mode: observe
                server:
                  listen: [127.0.0.1:7001, "[::1]:7001", unix:/run/gate.sock]
                  admin: none
                wikis:
                  default: {id: enwiki, server: https://en.wiki.example:8443}
                  hosts:
                    de.wiki.example: {id: dewiki, server: //de.wiki.example}
                    fr.wiki.example:8080: {id: frwiki}
                users: {source: CentralAuth}
                oauth1: {secret_key: abc, timestamp_window: 10m}
                classes:
                  allowed: [a, b, BYPASS]
                  established: a
                  authenticated: b
                  groups: [{group: staff, class: BYPASS}, {group: bot, class: a}]
                cache: {lifetime: 1, negative_lifetime: 1}
                """
        ).configuration
        let settings = configuration.settings
        #expect(settings.mode == .observe)
        #expect(settings.cookie.lifetime == 3600)
        #expect(settings.cookie.reuseWindow == 90)
        #expect(settings.cookie.sameSite == .lax)
        #expect(settings.cookie.domain == ".wiki.example")
        #expect(settings.cookie.hardLifetime == 172_800)
        #expect(
            configuration.server.dataListeners.map(\.address.text) == [
                "127.0.0.1:7001", "[::1]:7001", "unix:/run/gate.sock",
            ])
        #expect(configuration.server.admin == nil)
        let english = Wiki(id: "enwiki", server: .fixed(scheme: "https", host: "en.wiki.example", port: 8443))
        #expect(settings.wikis.fallback == english)
        #expect(
            settings.wikis.byHost == [
                "de.wiki.example": Wiki(id: "dewiki", server: .fixed(scheme: nil, host: "de.wiki.example", port: nil)),
                "fr.wiki.example:8080": Wiki(id: "frwiki", server: .detect),
            ])
        #expect(settings.users.source == .centralAuth)
        #expect(settings.users.scope == "CentralAuth:")
        #expect(settings.oauth1.secretKey == Array("abc".utf8))
        #expect(settings.oauth1.timestampWindow == 600)
        #expect(settings.classes.allowed == ["a", "b", "BYPASS"])
        #expect(settings.classes.groups.map(\.group) == ["staff", "bot"])
        #expect(settings.classes.groups.map(\.name) == ["BYPASS", "a"])
        #expect(settings.cache.lifetime == 1)
    }

    @Test func entryPointsAreRead() throws {
        let text =
            minimal + """
                entry_points:
                  article_paths: [/wiki/$1, /$1, /вики/$1]
                  rest_prefixes: /api/rest_v1/
                  special_names: [Spezialseite, Meine Seiten]
                  oauth_page_names: 登录
                """
        let found = try load(text).configuration.settings.entryPoints
        let defaults = EntryPointSettings()
        #expect(found.articlePaths == ["/wiki/$1", "/$1", "/вики/$1"] && defaults.articlePaths.isEmpty)
        #expect(found.restPrefixes == ["/api/rest_v1/"] && defaults.restPrefixes.isEmpty)
        #expect(found.specialNames == ["Spezialseite", "Meine Seiten"] && found.oauthPageNames == ["登录"])
        #expect(found.refusedPrefixes == ["/wiki/"] && found.refused == ["/index.php"])
        #expect(found.ignored.contains("/load.php") && found.ignored.contains("/img_auth.php"))
        let environment = ["SESSIONGATE_ENTRY_POINTS_ARTICLE_PATHS": "/a/$1, /$1"]
        let overridden = try load(text, environment: environment).configuration.settings.entryPoints
        #expect(overridden.articlePaths == ["/a/$1", "/$1"])
    }

    @Test func theEnvironmentOverridesTheFile() throws {
        let environment = [
            "SESSIONGATE_COOKIE_LIFETIME": "2h", "SESSIONGATE_SERVER_LISTEN": "127.0.0.1:1, 127.0.0.1:2",
            "SESSIONGATE_EDGE_INJECT_COOKIE": "false", "SESSIONGATE_SERVER_EVENT_LOOPS": "3",
            "SESSIONGATE_WIKIS_HOSTS": "{a.example: {id: awiki, server: detect}}",
            "SESSIONGATE_CLASSES_ALLOWED": "[authed-user, established-user]", "SESSIONGATE_MODE": "",
            "SESSIONGATE_PORT": "tcp://10.0.0.1:9001", "SESSIONGATE_SERVICE_HOST": "10.0.0.1",
            "SESSIONGATE_EDGE_SERVICE_HOST": "10.0.0.2", "SESSIONGATE_STORE_PORT": "tcp://10.0.0.3:1",
        ]
        let loaded = try load("mode: observe\n" + minimal + "  lifetime: 1h\n", environment: environment)
        #expect(loaded.configuration.settings.cookie.lifetime == 7200)
        #expect(loaded.configuration.server.dataListeners.map(\.address.text) == ["127.0.0.1:1", "127.0.0.1:2"])
        #expect(loaded.configuration.server.eventLoops == 3)
        #expect(loaded.configuration.settings.wikis.byHost.keys.sorted() == ["a.example"])
        #expect(loaded.configuration.settings.classes.allowed == ["authed-user", "established-user"])
        #expect(loaded.configuration.settings.mode == .observe, "an empty variable overrides nothing")
        #expect(loaded.places["cookie.lifetime"] == .variable("SESSIONGATE_COOKIE_LIFETIME"))
    }

    /// An empty value is one that was commented out, and null is YAML's word for it: the key has its default.
    @Test(arguments: ["", " null", " ~"]) func nullIsTheSameAsNothing(null: String) throws {
        let text =
            minimal + "  lifetime:\(null)\n  domain:\(null)\nserver:\n  admin:\(null)\nlog:\(null)\nmode:\(null)\n"
        let configuration = try load(text).configuration
        #expect(configuration.settings.cookie.lifetime == 14_400)
        #expect(configuration.settings.cookie.domain == nil)
        #expect(configuration.server.admin == .tcp(host: "127.0.0.1", port: 9002))
        #expect(configuration.settings.mode == .enforce)
        let wikis = "wikis:\n  hosts:\n    a.example:\n      id: a\n      server:\(null)\n"
        #expect(try load(minimal + wikis).configuration.settings.wikis.byHost["a.example"]?.server == .detect)
        let found = problems(minimal + "wikis:\n  hosts:\n    a.example:\n      id:\(null)\n")
        #expect(found.count == 1 && found[0].contains("id is missing"), "\(found)")
    }

    @Test func nullInTheEnvironmentTakesTheFilesValueAway() throws {
        let loaded = try load(minimal + "  domain: a.example\n", environment: ["SESSIONGATE_COOKIE_DOMAIN": "null"])
        #expect(loaded.configuration.settings.cookie.domain == nil && loaded.places["cookie.domain"] == nil)
        let found = problems(minimal, environment: ["SESSIONGATE_STORE_SQLITE_FILE": "null"])
        #expect(found.count == 1 && found[0].contains("store.sqlite.file: missing"), "\(found)")
    }

    @Test func aSecretWithAWindowsLineEndIsWarnedOf() throws {
        let text = minimal + "oauth1:\n  secret_key_file: secret\n"
        func found(_ secret: String) throws -> [String] {
            try load(text, files: ["secret": secret]).warnings.filter { $0.problem.contains("carriage return") }.map(
                \.key)
        }
        #expect(try found("s3cr3t\r\n") == ["oauth1.secret_key_file"])
        #expect(try found("s3cr3t\n").isEmpty)
        let loaded = try load(text, files: ["secret": "s3cr3t\r\n"])
        #expect(
            loaded.configuration.settings.oauth1.secretKey == Array("s3cr3t\r".utf8), "MediaWiki would use it as it is")
        #expect(!loaded.warnings.contains { "\($0)".contains("s3cr3t") })
    }

    @Test(arguments: [
        ("mode: observe", "mode"), ("oauth1: {allow_plaintext: true}", "oauth1.allow_plaintext"),
        ("server: {listen: '0.0.0.0:9001'}", "server.listen"),
        ("server: {listen: '[::]:9001'}", "server.listen"),
        ("http: {trusted_peers: [10.0.0.1, 0.0.0.0/0]}", "http.trusted_peers"),
        ("http: {trusted_peers: '::/0'}", "http.trusted_peers"),
    ])
    func risksAreWarnedOf(text: String, key: String) throws {
        let risky = try load(minimal + text + "\n").warnings.filter { !$0.problem.hasPrefix("missing") }
        #expect(risky.map(\.key) == [key] && risky[0].expected != nil, "\(risky)")
    }

    @Test(arguments: [
        "mode: enforce",
        "server: {listen: ['127.0.0.1:9001', 'localhost:9003', 'unix:/run/s.sock'], admin: '[::1]:9002'}",
        "server: {admin: none}", "http: {trusted_peers: [10.0.0.0/8]}",
    ])
    func whatIsNoRiskIsNot(text: String) throws {
        let risky = try load(minimal + text + "\n").warnings.filter { !$0.problem.hasPrefix("missing") }
        #expect(risky.isEmpty)
    }

    @Test func aSecretComesFromAFile() throws {
        let text = minimal + "oauth1:\n  secret_key_file: secret\n"
        #expect(
            try load(text, files: ["secret": "abc \n"]).configuration.settings.oauth1.secretKey == Array("abc ".utf8))
        for (files, problem) in [
            ([:], "No such file or directory; expected a file that can be read"),
            (["secret": ""], "it is empty; expected a file with contents"),
            (["secret": "\n"], "it is empty; expected a secret"),
        ] {
            #expect(problems(text, files: files) == ["c.yaml:8: oauth1.secret_key_file: secret: \(problem)"])
        }
    }

    @Test func everyKeyHasAVariableOfItsOwn() {
        let keys = ConfigurationSection.all.flatMap(\.keys)
        #expect(Set(keys.map(\.variable)).count == keys.count)
        #expect(keys.first { $0.path == "server.event_loops" }?.variable == "SESSIONGATE_SERVER_EVENT_LOOPS")
        #expect(keys.first { $0.path == "edge.inject_cookie" }?.variable == "SESSIONGATE_EDGE_INJECT_COOKIE")
    }
}

@Suite struct ConfigurationMistakes {
    @Test func allAreToldAtOnceInTheOrderOfTheFile() {
        let found = problems(
            """
            mode: observed
            server:
              event_lops: 3
              listen: 127.0.0.1
            timestamp_window: 5
            wikis:
              default: {id: "a b", server: https://x/y}
              hosts:
                EN.wiki: {id: x}
                en.wiki: {idd: x, server: detect}
            oauth1:
              timestamp_window: soon
            cookie:
              name: "a;b"
              lifetime: 1h
              lifetime: 2h
            """, environment: ["SESSIONGATE_SERVER_EVENT_LOOPS": "many", "SESSIONGATE_CACHE_LIFETIM": "3"])
        #expect(
            found.joined(separator: "\n") == """
                c.yaml:1: mode: got "observed"; expected enforce or observe
                c.yaml:1: store.sqlite.file: missing; expected a file name, absolute or relative to \
                the configuration's directory, or store.mariadb
                c.yaml:1: keys.cookie: missing; expected the key that signs session cookies, or cookie.for_oauth1 and \
                cookie.for_owner_only: false
                c.yaml:3: server.event_lops: unknown key; expected server.event_loops
                c.yaml:4: server.listen: got "127.0.0.1"; expected host:port, such as 127.0.0.1:9001 or [::1]:9001, or \
                unix:/path
                c.yaml:5: timestamp_window: unknown key; expected oauth1.timestamp_window
                c.yaml:7: wikis.default.id: got "a b"; expected a wiki id such as enwiki: letters, digits, _ and -
                c.yaml:7: wikis.default.server: got "https://x/y"; expected detect, //host or https://host, with a port \
                where it is not the default
                c.yaml:9: wikis.hosts: "EN.wiki" is not a host as requests name it; expected a host in lower case, or "*." \
                and a domain, with a port only where it is neither 80 nor 443
                c.yaml:10: wikis.hosts.en.wiki: unknown key "idd"; expected {id: …, server: …}
                c.yaml:10: wikis.hosts.en.wiki: id is missing; expected {id: …, server: …}
                c.yaml:12: oauth1.timestamp_window: got "soon"; expected a duration such as 30s, 5m or 4h, from 1s to 1d
                c.yaml:14: cookie.name: got "a;b"; expected a cookie name: letters, digits and !#$%&'*+-.^_`|~
                c.yaml:16: cookie.lifetime: given more than once; expected each key once
                SESSIONGATE_CACHE_LIFETIM: no key has this name; expected SESSIONGATE_CACHE_LIFETIME
                SESSIONGATE_SERVER_EVENT_LOOPS: server.event_loops: got "many"; expected a whole number from 1 to 1024, \
                or auto
                """)
    }

    @Test func namesThatAreNoPartOfATitleAreToldWithWhatIs() {
        let text = "entry_points:\n  article_paths: [/wiki/$1, /wiki/]\n  special_names: ['Spezial:']\n"
        #expect(
            problems(minimal + text) == [
                #"c.yaml:8: entry_points.article_paths: got "/wiki/"; expected a path that ends with $1, such as /wiki/$1"#,
                #"c.yaml:9: entry_points.special_names: got "Spezial:"; expected a name without :, / and #, such as "#
                    + "Spezial or MWOAuth",
            ])
    }

    @Test(arguments: [
        ("entry_points.article_paths", "wiki/$1"), ("entry_points.article_paths", "/$1/$1"),
        ("entry_points.article_paths", "/index.php?title=$1"), ("entry_points.article_paths", "/a b/$1"),
        ("entry_points.rest_prefixes", "api"), ("entry_points.special_names", "\"_\""),
        ("entry_points.oauth_page_names", "OAuth/token"), ("entry_points.oauth_page_names", "\"\""),
        ("cookie.lifetime", "1h30m"), ("cookie.lifetime", "-1"), ("cookie.lifetime", "500ms"),
        ("cookie.lifetime", "[1h]"),
        ("cookie.lifetime", "99999999999999999999"), ("server.event_loops", "0"), ("server.event_loops", "1.5"),
        ("edge.inject_cookie", "yes"), ("edge.user_id_header", "X-User"), ("edge.user_id_header", "x user"),
        ("server.listen", "[]"), ("server.listen", "localhost:99999"), ("server.listen", "unix:relative"),
        ("server.admin", "9002"), ("wikis.default.server", "ftp://wiki.example"), ("wikis.default.id", "\"*\""),
        ("cookie.path", "wiki"), ("cookie.same_site", "lax"), ("cookie.issuer", "wiki.example"),
        ("cookie.issuer", "https://wiki.example/"), ("classes.allowed", "[]"), ("users.scope", "enwiki"),
        ("classes.groups", "[bot]"), ("wikis.hosts", "[a]"), ("store.sqlite", "oauth.sqlite"),
        ("log", "debug"), ("trust.client_address_header", "\"\""), ("workers.rows", "0"),
        ("cache.lifetime", "0s"), ("cache.negative_lifetime", "0"), ("oauth1.form_bodies", "never"),
    ])
    func aValueThatDoesNotFitIsNamedWithWhatWould(key: String, value: String) throws {
        let parts = key.split(separator: ".")
        let text = parts.indices.map { index in
            String(repeating: "  ", count: index) + parts[index] + ":"
                + (index == parts.count - 1 ? " \(value)\n" : "\n")
        }
        let found = problems(text.joined())
        let named = found.filter { $0.hasPrefix("c.yaml:\(parts.count): \(key): ") && $0.contains("; expected ") }
        #expect(named.count == 1, "\(found)")
    }

    @Test(arguments: [
        ("cookie: {reuse_window: 2h}", "cookie.reuse_window"),
        ("cookie: {lifetime: 1h, hard_lifetime: 30m}", "cookie.hard_lifetime"),
        ("cookie: {backdate: 1h, lifetime: 1h}", "cookie.backdate"),
        ("cookie: {name: __Host-session, path: /w}", "cookie.name"),
        ("cookie: {for_owner_only: true}", "keys.cookie"),
        ("keys: {cookie: key}", "cookie.issuer"), ("edge: {inject_cookie: true}", "edge.inject_cookie"),
        ("edge: {class_header: x-session-type}", "edge.type_header"),
        ("edge: {class_header: cookie}", "edge.class_header"),
        ("edge: {class_header: trailer}", "edge.class_header"),
        ("edge: {type_header: x-envoy-auth-headers-to-remove}", "edge.type_header"),
        ("edge: {user_id_header: content-encoding}", "edge.user_id_header"),
        ("edge: {profiles: {a: {type_header: expect}}}", "edge.profiles"),
        ("trust: {client_address_header: x-session-sub}", "trust.client_address_header"),
        ("trust: {client_address_header: x-wmf-user-id}", "trust.client_address_header"),
        ("tls: {client_certificates: required, client_ca: key}", "tls.client_certificates"),
        ("classes: {established: gold}", "classes.established"),
        ("classes: {groups: [{group: bot, class: BYPASS}]}", "classes.groups"),
        ("classes: {groups: [{group: bot, class: anon}, {group: bot, class: anon}]}", "classes.groups"),
        ("wikis: {unknown_hosts: refuse}", "wikis.unknown_hosts"),
        ("users: {source: CentralAuth, scope: 'local:enwiki'}", "users.scope"),
        ("cache: {lifetime: 1s, negative_lifetime: 1m}", "cache.negative_lifetime"),
        ("server: {listen: ['127.0.0.1:1', '127.0.0.1:1']}", "server.listen"),
        ("server: {admin: '127.0.0.1:9001'}", "server.admin"),
        ("server: {admin: '10.0.0.5:9002'}", "server.admin"),
        ("server: {admin_token_file: secret}", "server.admin_token_file"),
        ("decisions: {sample: {refused: 2}}", "decisions.sample.refused"),
        ("decisions: {sample: {failed: nan}}", "decisions.sample.failed"),
        ("oauth1: {secret_key: hunter2, secret_key_file: secret}", "oauth1.secret_key_file"),
    ])
    func combinationsThatCannotWorkAreRefused(line: String, key: String) {
        let base = minimal.replacing(/cookie:[\s\S]*/, with: "")
        let off = "for_oauth1: false, for_owner_only: false"
        let whole =
            line.hasPrefix("cookie: {")
            ? line.replacing(
                "cookie: {", with: line.contains("for_") ? "cookie: {for_oauth1: false, " : "cookie: {\(off), ")
            : "cookie: {\(off)}\n\(line)"
        let found = problems(base + whole + "\n", files: ["secret": "x", "key": SharedDemo.cookieKey])
        #expect(found.count == 1 && found[0].contains(": \(key): "), "\(found)")
    }

    /// What is right as far as it goes, but leaves a kind of session without what it needs.
    @Test(arguments: [
        ("oauth1: {secret_key: x}", ["keys.access_token", "keys.cookie"]),
        ("keys: {access_token: public}\noauth1: {secret_key_file: secret}", ["keys.cookie"]),
        ("keys: {cookie_previous: public}", ["oauth1.secret_key_file", "keys.access_token"]),
        (
            "keys: {cookie: key, wiki_cookie: [], access_token: public}\noauth1: {secret_key: x}\n"
                + "cookie: {issuer: 'https://meta.wiki.example'}", ["cookie.issuer"]
        ),
        (
            "keys: {cookie: key, wiki_cookie: [], access_token: public}\noauth1: {secret_key: x}\n"
                + "edge: {inject_cookie: true}\n"
                + "cookie: {issuer: 'https://w.test', for_oauth1: false, for_owner_only: false}", ["edge.inject_cookie"]
        ),
        (
            "keys: {cookie: key, wiki_cookie: [], access_token: public}\noauth1: {secret_key: x}\n"
                + "cookie: {issuer: 'https://w.test'}\ntls: {key: key}", ["tls.key"]
        ),
        (
            "keys: {cookie: key, wiki_cookie: [], access_token: public}\noauth1: {secret_key: x}\n"
                + "cookie: {issuer: 'https://w.test'}", []
        ),
        // Our key and the wiki's: the wiki's is named, it is ours, or it is too old to have one.
        (
            "keys: {cookie: key, access_token: public}\noauth1: {secret_key: x}\ncookie: {issuer: 'https://w.test'}",
            ["keys.wiki_cookie"]
        ),
        (
            "keys: {cookie: key, wiki_cookie: public, access_token: public}\noauth1: {secret_key: x}\n"
                + "cookie: {issuer: 'https://w.test'}", []
        ),
        (
            "mediawiki: {version: 1.43}\nkeys: {cookie: key, access_token: public}\noauth1: {secret_key: x}\n"
                + "cookie: {issuer: 'https://w.test'}", []
        ),
        (
            "mediawiki: {version: 1.46}\nkeys: {cookie: key, wiki_cookie: key, access_token: public}\n"
                + "oauth1: {secret_key: x}\ncookie: {issuer: 'https://w.test'}\n"
                + "oauth: {static_consumers: [{id: 1, key: k, name: n, oauth_version: 2, owner: 3}]}",
            ["oauth.static_consumers"]
        ),
    ])
    func whatCannotWorkIsWarnedOf(text: String, keys: [String]) throws {
        let off =
            text.contains("cookie: ") && text.contains("issuer")
            ? "" : "cookie: {for_oauth1: false, for_owner_only: false}\n"
        let public_ = String(decoding: try otherKey.get().publicKey.pem, as: UTF8.self)
        let loaded = try load(
            "store: {sqlite: {file: oauth.sqlite}}\n" + off + text + "\n",
            files: ["secret": "x", "key": SharedDemo.cookieKey, "public": public_])
        let found = loaded.warnings.filter { !$0.problem.contains("other users can read it") }
        #expect(found.map(\.key) == keys, "\(found)")
        #expect(found.allSatisfy { $0.expected != nil })
    }

    /// Nine levels of nine aliases are 387 million values, as values or as a key.
    @Test(arguments: ["", "? *i\n: 1\n"]) func aliasesAreRefusedBeforeTheyAreLaidOut(end: String) {
        let levels = zip("bcdefghi", "abcdefgh").map { name, inner in
            "\(name): &\(name) [\(Array(repeating: "*\(inner)", count: 9).joined(separator: ","))]\n"
        }
        let found = problems("a: &a [x]\n" + levels.joined() + end)
        #expect(found.count == 1 && found[0].hasPrefix("c.yaml:2: ") && found[0].contains("aliases"), "\(found)")
    }

    /// The characters have no meaning elsewhere.
    @Test func whatOnlyLooksLikeAnAliasIsText() throws {
        let text =
            minimal + "oauth1: {secret_key: 'a&b *b'}\nclasses: {allowed: [anon, a*b, established-user, authed-user]}\n"
        let settings = try load(text + "# a: &y *y\n").configuration.settings
        #expect(settings.oauth1.secretKey == Array("a&b *b".utf8) && settings.classes.allowed.contains("a*b"))
    }

    @Test func secretsAreNeverTold() throws {
        let texts = [
            "oauth1: {secret_key: [hunter2]}", "oauth1: {secret_key: hunter2, secret_key_file: nowhere}",
            "oauth1: {secretkey: hunter2}", "oauth1:\n  secret_key: \"hunter2\n",
            "oauth1: {secret_key: hunter2, secret_key: hunter2}",
        ]
        for text in texts {
            let found = problems(minimal + text)
            #expect(!found.isEmpty && !found.joined().contains("hunter2"), "\(found)")
        }
        let loaded = try load(minimal + "oauth1: {secret_key: hunter2}")
        #expect(!"\(loaded.listing)".contains("hunter2"))
        #expect(loaded.listing["values"]?["oauth1"]?["secret_key"] == "(hidden)")
    }

    @Test func aFileThatCannotBeReadIsOneProblem() throws {
        #expect(problems("a: [1\nb: 2").count == 1)
        #expect(problems("a: [1\nb: 2")[0].hasPrefix("c.yaml:2: this can't be read as YAML: "))
        #expect(problems("- a\n")[0].hasPrefix("c.yaml:1: got a list; expected a table of keys: mode, server, "))
        #expect(problems("a: 1\n---\nb: 2\n").count == 1)
        #expect(problems("a: *nowhere\n").count == 1)
        let directory = try ScratchDirectory()
        for name in ["missing.yaml", "."] {
            let error = #expect(throws: ConfigurationErrors.self) {
                try LoadedConfiguration(file: directory.file(name), environment: [:])
            }
            #expect(error?.problems.count == 1)
        }
    }

    private static let withKeys = """
        oauth1: {secret_key: x}
        cookie: {issuer: 'https://w.test'}
        store: {sqlite: {file: oauth.sqlite}}
        keys: {cookie: key, wiki_cookie: [], access_token: [public, other]}

        """

    /// A P-256 key is a choice that an operator must know about: MediaWiki core does not verify its cookies.
    @Test func keysOfBothAlgorithms() throws {
        let (p256, other) = (try SigningKey.generate(.es256), try SigningKey.generate(.es256))
        func text(_ pem: [UInt8]) -> String { String(decoding: pem, as: UTF8.self) }
        let issuers = ["public": text(try otherKey.get().publicKey.pem), "other": text(other.publicKey.pem)]
        func load(cookie: String) throws -> LoadedConfiguration {
            try ServiceTests.load(Self.withKeys, files: issuers.merging(["key": cookie]) { $1 })
        }
        func warnings(_ loaded: LoadedConfiguration) -> [String] {
            loaded.warnings.map(\.problem).filter { !$0.contains("other users can read it") }
        }
        let loaded = try load(cookie: text(p256.pem))
        #expect(loaded.keys.cookie?.algorithm == .es256)
        #expect(loaded.keys.accessToken.map(\.algorithm) == [.rs256, .es256])
        #expect(
            warnings(loaded) == [
                "a P-256 key, so that cookies are signed with ES256, which MediaWiki core does not verify"
            ])
        #expect(warnings(try load(cookie: SharedDemo.cookieKey)) == [])
        // The key of access tokens may be that of cookies.
        #expect(try load(cookie: text(other.pem)).keys.cookie?.publicKey.keyID == other.publicKey.keyID)
        let problem = problems(
            Self.withKeys, files: issuers.merging(["key": Self.weakKey, "public": Self.ed25519]) { $1 })
        #expect(problem.count == 2)
        #expect(
            problem[0].contains("keys.access_token: public: a key of another kind: expected an RSA key or a P-256 key"))
        #expect(problem[1].contains("keys.cookie: key: an RSA key of 1024 bits: expected 2048 to 8192"))
    }

    private static let weakKey = String(decoding: (try? RSAPrivateKey.generate(bits: 1024).pem) ?? [], as: UTF8.self)
    private static let ed25519 = """
        -----BEGIN PUBLIC KEY-----
        MCowBQYDK2VwAyEAM50a79NEXQRTUJiX92bqA4c9gJ0ntwoopn8Sjn4hsMw=
        -----END PUBLIC KEY-----
        """

    @Test func keysAreReadAndNamedWhenTheyAreNone() {
        let keys = """
            keys:
              access_token: [missing.pub, text.pub]
              cookie: text.pub
            """
        let found = problems(minimal + "  issuer: https://w.example\n" + keys, files: ["text.pub": "no key"])
        #expect(found.count == 3)
        #expect(
            found[0]
                == "c.yaml:9: keys.access_token: missing.pub: No such file or directory; expected a file that can be read"
        )
        #expect(found[1].hasPrefix("c.yaml:9: keys.access_token: text.pub: no key in PEM form"))
        #expect(found[2].hasPrefix("c.yaml:10: keys.cookie: text.pub: no key in PEM form"))
    }
}

@Suite struct ExampleConfiguration {
    /// The example with its commented keys in force.
    private var uncommented: String {
        ExampleFile.standard.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            let key = line.drop { $0 == " " }
            let isCommentedKey = key.hasPrefix("#") && !key.hasPrefix("# ") && key != "#"
            return isCommentedKey ? line.replacing("#", with: "", maxReplacements: 1) : line
        }.joined(separator: "\n")
    }

    @Test func theCommittedExampleIsTheOneThatIsPrinted() throws {
        let committed = try Data(contentsOf: TestFiles.root.appending(path: "deploy/sessiongate.example.yaml"))
        #expect(String(decoding: committed, as: UTF8.self) == ExampleFile.standard)
    }

    @Test func whatIsCommentedOutIsValidToo() {
        // Only the files are not there, and where there are two ways, both are gone.
        let alternatives = ["No such file", "beside oauth1.secret_key", "beside store.mariadb", "given without TLS"]
        let found = problems(uncommented).filter { problem in !alternatives.contains { problem.contains($0) } }
        #expect(found == [])
        #expect(uncommented.contains("\n  secret_key: "))
    }

    /// As it is written, with files of these names, it is not ready for use, and says so.
    @Test func theExampleSaysWhatIsToBeFilledIn() throws {
        let filled = ExampleFile.standard.split(separator: "# TO FILL IN: ").dropFirst().map {
            $0.split(separator: "\n")[1].drop { $0 == " " }.prefix { $0 != ":" }
        }
        #expect(filled == ["file", "id", "access_token", "cookie", "secret_key_file", "issuer"])
        let directory = try ScratchDirectory()
        try FileManager.default.createDirectory(atPath: directory.file("keys"), withIntermediateDirectories: true)
        try directory.write("c.yaml", ExampleFile.standard)
        try directory.write("oauth.sqlite", "")
        try directory.write("keys/session-cookie.key", SharedDemo.cookieKey)
        try directory.write("keys/oauth1-secret-key", "x")
        try directory.write("keys/access-token.pub", String(decoding: try otherKey.get().publicKey.pem, as: UTF8.self))
        let loaded = try LoadedConfiguration(file: directory.file("c.yaml"), environment: [:])
        #expect(loaded.warnings.map(\.key).contains("cookie.issuer"))
    }

    @Test func everyKeyIsExplained() {
        for key in ConfigurationSection.all.flatMap(\.keys) {
            #expect(ExampleFile.standard.contains("# \(key.variable)\n"))
            #expect(ConfigurationReference.text(matching: key.path).contains("\(key.path)  ("))
        }
        #expect(ConfigurationReference.text(matching: "no such key").isEmpty)
    }
}
