// What a configuration says of the wiki behind: its version, its keys, and consumers that it has in its own configuration.

import Bytes
import Cryptography
import Foundation
import Service
import Sessions
import Testing

@Suite struct WikiConfigurationTests {
    private static let minimal = """
        store: {sqlite: {file: oauth.sqlite}}
        cookie: {for_oauth1: false, for_owner_only: false}

        """

    private func load(_ text: String, files: [String: String] = [:]) throws -> LoadedConfiguration {
        let directory = try ScratchDirectory()
        try directory.write("oauth.sqlite", "")
        for (name, contents) in files { try directory.write(name, contents) }
        try directory.write("c.yaml", text)
        return try LoadedConfiguration(file: directory.file("c.yaml"), environment: [:])
    }

    private func problems(_ text: String, files: [String: String] = [:]) -> [String] {
        do {
            _ = try load(text, files: files)
            return []
        } catch let errors as ConfigurationErrors {
            return errors.problems.map { "\($0)".replacing(/\/[^ :]*\/sessiongate-[-0-9A-F]*\//, with: "") }
        } catch {
            return ["\(error)"]
        }
    }

    // MARK: The version

    @Test(arguments: MediaWikiVersion.allCases)
    func version(version: MediaWikiVersion) throws {
        let text = Self.minimal + "mediawiki: {version: \(version.rawValue)}\n"
        let configuration = try load(text).configuration
        #expect(configuration.settings.version == version)
        #expect(configuration.settings.cookie.invalid == (version.rules.verifiesCookie ? .refuse : .replace))
        #expect(configuration.store.partialBlocksCount == version.rules.partialBlocksCount)
        let given = try load(text.replacing("cookie: {", with: "cookie: {invalid: refuse, ")).configuration
        #expect(given.settings.cookie.invalid == .refuse, "what is said counts more")
    }

    @Test func otherVersions() throws {
        #expect(try load(Self.minimal).configuration.settings.version == .version147)
        #expect(
            problems(Self.minimal + "mediawiki: {version: 1.44}\n") == [
                "c.yaml:3: mediawiki.version: got \"1.44\"; expected 1.39, 1.41, 1.43, 1.46 or 1.47"
            ])
    }

    // MARK: Hosts

    @Test func domainsAreRead() throws {
        let text =
            Self.minimal + """
                wikis:
                  hosts:
                    "*.wiki.example": {id: all, server: detect}
                    '*.test.wiki.example:8080': {id: test}
                    en.wiki.example: {id: enwiki}

                """
        let loaded = try load(text)
        let hosts = loaded.configuration.settings.wikis.byHost
        #expect(
            hosts.mapValues(\.id) == [
                "*.wiki.example": "all", "*.test.wiki.example:8080": "test", "en.wiki.example": "enwiki",
            ])
        #expect("\(loaded.listing)".contains("*.wiki.example"))
        #expect(loaded.configuration.store.wikis == ["all", "enwiki", "test", "wiki"])
    }

    @Test(arguments: [
        "'*'", "'*.'", "'*.*.example'", "'a.*.example'", "'*.Wiki.example'", "'*.[::1]'", "'*..example'",
        "'*.wiki.example:80'",
    ])
    func whatIsNoDomain(host: String) {
        let found = problems(Self.minimal + "wikis:\n  hosts:\n    \(host): {id: x}\n")
        #expect(
            found.count == 1 && found[0].contains("c.yaml:5: wikis.hosts: ") && found[0].contains("is not a host"),
            "\(found)")
    }

    /// Without quotes it is an alias in YAML.
    @Test func aDomainWithoutQuotes() {
        let found = problems(Self.minimal + "wikis:\n  hosts:\n    *.wiki.example: {id: x}\n")
        #expect(found.count == 1 && found[0].contains("c.yaml:5: ") && found[0].contains("quotes"), "\(found)")
    }

    // MARK: Keys

    @Test func theWikisKeyForCookies() throws {
        let (ours, theirs) = (try SigningKey.generate(), try SigningKey.generate())
        func text(_ pem: [UInt8]) -> String { String(decoding: pem, as: UTF8.self) }
        let files = [
            "ours": text(ours.pem), "ours.pub": text(ours.publicKey.pem), "theirs.pub": text(theirs.publicKey.pem),
        ]
        let base = "store: {sqlite: {file: oauth.sqlite}}\ncookie: {issuer: 'https://w.test', key_id: known}\n"
        func published(_ keys: String) throws -> [String] {
            let loaded = try load(base + "keys: {cookie: ours, \(keys)}\n", files: files)
            let json = try JSON(parsing: loaded.makePolicy().keys.jwks)
            return (json["keys"]?.elements ?? []).compactMap { $0["kid"]?.stringValue }
        }
        #expect(try published("wiki_cookie: theirs.pub") == ["known", theirs.publicKey.keyID])
        #expect(try published("wiki_cookie: ours.pub") == ["known"])
        #expect(
            try published("wiki_cookie: theirs.pub, cookie_previous: theirs.pub") == ["known", theirs.publicKey.keyID])
        #expect(problems(base + "keys: {cookie: ours, wiki_cookie: gone.pub}\n", files: files).count == 1)
    }

    /// The wiki's one key for everything: nothing is missing, and nothing is warned of.
    @Test func theKeyOfAccessTokens() throws {
        let key = try SigningKey.generate()
        let files = [
            "key": String(decoding: key.pem, as: UTF8.self), "pub": String(decoding: key.publicKey.pem, as: UTF8.self),
        ]
        let loaded = try load(
            """
            store: {sqlite: {file: oauth.sqlite}}
            cookie: {issuer: 'https://w.test'}
            oauth1: {secret_key: x}
            keys: {cookie: key, access_token: pub}
            """, files: files)
        #expect(loaded.warnings.filter { !$0.problem.contains("other users") } == [])
    }

    // MARK: Presets

    private func wikimedia(_ more: String = "") throws -> Settings {
        try load(
            "store: {sqlite: {file: oauth.sqlite}}\nkeys: {cookie: key}\n" + more, files: ["key": SharedDemo.cookieKey]
        )
        .configuration.settings
    }

    @Test func aPresetIsDefaults() throws {
        let settings = try wikimedia("edge: {preset: wikimedia}\n")
        #expect(settings.users.source == .centralAuth && settings.users.scope == "CentralAuth:")
        #expect(settings.edge.injectCookie && settings.cookie.issuer == "https://meta.wikimedia.org")
        #expect(!settings.cookie.includeKeyID && settings.trust.clientAddressHeader == "x-client-ip")
        #expect(
            settings.classes.groups.map { "\($0.group) \($0.name)" } == [
                "local-bot approved-bot", "global-bot approved-bot", "steward highlimits-user",
                "global-rollbacker highlimits-user", "global-sysop highlimits-user",
                "apihighlimits-requestor highlimits-user", "ombuds highlimits-user",
            ])
        #expect(settings.limits.trustHeader == "x-trusted-request" && settings.limits.contactHeader == "x-ua-contact")
        #expect(settings.limits.provenanceHeader == "x-provenance" && settings.limits.browserHeader == "x-is-browser")
    }

    /// Before or behind the preset, and in the environment: what is written counts.
    @Test func whatIsWrittenBesideAPresetCounts() throws {
        let text = """
            users: {source: local}
            edge: {preset: wikimedia, inject_cookie: false}
            cookie: {issuer: "https://w.test", include_key_id: true}
            trust: {client_address_header: x-real-ip}
            classes: {groups: []}
            limits: {trust_header: none}

            """
        let settings = try wikimedia(text)
        #expect(settings.users.source == .local && settings.users.scope == "local:wiki")
        #expect(
            !settings.edge.injectCookie && settings.cookie.issuer == "https://w.test" && settings.cookie.includeKeyID)
        #expect(settings.trust.clientAddressHeader == "x-real-ip" && settings.classes.groups.isEmpty)
        #expect(settings.limits.trustHeader == nil && settings.limits.contactHeader == "x-ua-contact")
        let none = try wikimedia("edge: {preset: none}\ncookie: {issuer: 'https://w.test'}\n")
        #expect(none.users.source == .local && none.classes.groups.isEmpty)
    }

    @Test func aPresetThatDoesNotExist() {
        let found = problems(Self.minimal + "edge: {preset: wikipedia}\n")
        #expect(found == ["c.yaml:3: edge.preset: got \"wikipedia\"; expected none or wikimedia"])
        let clash = problems(Self.minimal + "limits: {trust_header: x-session-class}\n")
        #expect(clash.count == 1 && clash[0].contains("limits.trust_header: x-session-class is already the header of"))
        let gateway = problems(Self.minimal + "limits: {contact_header: x-wmf-user-id}\n")
        #expect(
            gateway.count == 1 && gateway[0].contains("limits.contact_header: x-wmf-user-id is already a header of"))
        let network = problems(Self.minimal + "limits: {trusted_networks: [10.0.0.0/40]}\n")
        #expect(network.count == 1 && network[0].contains("c.yaml:3: limits.trusted_networks: got \"10.0.0.0/40\""))
    }

    // MARK: Consumers

    private static let consumers = """
        oauth:
          static_consumers:
            - id: 100001
              key: 3760590d032bfa72caf018d33d7ef2b3
              name: Our tool
              oauth_version: 1
              owner: 1234
              secret_file: secret
              grants: [basic, editpage]
              ip_addresses: [192.0.2.0/24, "2001:db8::1"]
              wiki: enwiki
            - {id: 100002, key: abc, name: Bot, oauth_version: 2, owner: 5, owner_only: true}

        """

    @Test func consumersAreRead() throws {
        let loaded = try load(Self.minimal + Self.consumers, files: ["secret": "hunter2\n"])
        let found = loaded.configuration.settings.staticConsumers
        #expect(found.map(\.id) == [100_001, 100_002] && found.map(\.oauthVersion) == [1, 2])
        #expect(found[0].key == Array("3760590d032bfa72caf018d33d7ef2b3".utf8) && found[0].name == "Our tool")
        #expect(found[0].ownerID == 1234 && !found[0].ownerOnly && found[1].ownerOnly)
        #expect(found.map(\.stage) == [.approved, .approved] && found.map(\.wiki) == ["enwiki", "*"])
        #expect(found[0].storedSecret == Array("hunter2".utf8) && found[1].storedSecret.isEmpty)
        #expect(String(decoding: found[0].grants, as: UTF8.self) == #"["basic","editpage"]"#)
        for (index, allowed, refused) in [(0, "192.0.2.7", "192.0.3.7"), (1, "203.0.113.5", "nowhere")] {
            let restrictions = found[index].restrictions.withBytes { AddressRestrictions(json: $0) }
            #expect(Array(allowed.utf8).withBytes(restrictions.allows))
            #expect(!Array(refused.utf8).withBytes(restrictions.allows))
        }
        let shown = "\(loaded.listing)"
        #expect(shown.contains("Our tool") && shown.contains("secret_file") && !shown.contains("hunter2"))
    }

    @Test func anRSAKeyTakesTheSecretsPlace() throws {
        let key = try RSAPrivateKey.generate(bits: 1024).publicKey.pem
        let text = Self.minimal + Self.consumers.replacing("secret_file: secret", with: "rsa_key_file: key.pub")
        let loaded = try load(text, files: ["key.pub": String(decoding: key, as: UTF8.self)])
        #expect(loaded.configuration.settings.staticConsumers[0].rsaKey == key)
        let found = problems(text, files: ["key.pub": "hunter2"])
        #expect(found.count == 1 && found[0].hasPrefix("c.yaml:5: oauth.static_consumers: key.pub: no key in PEM form"))
        #expect(!found.joined().contains("hunter2"))
    }

    @Test(arguments: [
        (
            "secret_file: secret", "grants: []",
            "c.yaml:5: oauth.static_consumers: \"Our tool\": there is nothing to verify"
        ),
        ("id: 100002, key: abc", "id: 100001, key: abc", "c.yaml:14: oauth.static_consumers: \"Bot\": another one has"),
        ("oauth_version: 1", "oauth_version: 3", "c.yaml:8: oauth.static_consumers.oauth_version: got \"3\""),
        ("owner: 1234", "owner: Alice", "c.yaml:9: oauth.static_consumers.owner: got \"Alice\""),
        ("name: Bot, ", "", "c.yaml:14: oauth.static_consumers: name is missing"),
        ("wiki: enwiki", "wikis: enwiki", "c.yaml:13: oauth.static_consumers: unknown key \"wikis\""),
        ("192.0.2.0/24", "192.0.2.0/99", "c.yaml:12: oauth.static_consumers.ip_addresses: got \"192.0.2.0/99\""),
        ("secret_file: secret", "secret_file: gone", "c.yaml:5: oauth.static_consumers: gone: No such file"),
        ("key: abc", "key: a b", "c.yaml:14: oauth.static_consumers.key: got \"a b\""),
    ])
    func mistakesAreToldWithTheirLine(text: String, mistake: String, problem: String) {
        #expect(Self.consumers.contains(text))
        let grants =
            mistake.contains("grants")
            ? Self.consumers.replacing("grants: [basic, editpage]", with: "") : Self.consumers
        let changed = grants.replacing(text, with: mistake).split(separator: "\n", omittingEmptySubsequences: false)
        let whole = Self.minimal + changed.joined(separator: "\n")
        let found = problems(whole, files: ["secret": "hunter2"])
        #expect(found.count == 1 && found[0].hasPrefix(problem), "\(found)")
    }
}
