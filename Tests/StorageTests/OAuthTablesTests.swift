// Consumers, acceptances and access tokens, in every form that they are stored in.

import Sessions
import Foundation
import Storage
import TestSupport
import Testing

@Suite struct OAuthTablesTests {
    /// MediaWiki's columns are declared BLOB and hold texts; other tools write blobs. Both are found.
    @Test(arguments: StoreKind.allCases, [true, false])
    func rows(kind: StoreKind, areBlobs: Bool) throws {
        let store = try TestStore(kind, Tables.oauth + [.users])
        func value(_ text: String) -> SQLiteValue { areBlobs ? .blob(bytes(text)) : .text(text) }
        try store.addConsumer(id: 1, key: value("a77fb49e"), rsaKey: value("PEM"), secret: value("stored"))
        try store.addAcceptance(id: 11, token: value("7916510d"))
        try store.addAccessToken(value("0e564b4d"), acceptance: 11)
        try store.addAccessToken(value("revoked"), acceptance: 0, revoked: true)
        let directory = try store.directory()
        let consumer = Consumer(
            id: 1, key: bytes("a77fb49e"), name: "Tool", ownerID: 7, ownerOnly: true, stage: .approved, wiki: "*",
            oauthVersion: 2, storedSecret: bytes("stored"), rsaKey: bytes("PEM"), restrictions: bytes("{}"),
            grants: bytes(#"["basic"]"#))
        #expect(try directory.consumer(key: "a77fb49e") == consumer)
        let acceptance = Acceptance(
            id: 11, wiki: "enwiki", userID: 7, consumerID: 1, accessToken: bytes("7916510d"),
            storedSecret: bytes("token secret"), grants: bytes(#"["basic","editpage"]"#))
        #expect(
            try directory.oauth1(consumerKey: bytes("a77fb49e"), token: bytes("7916510d"), at: now)
                == OAuth1Records(consumer: consumer, acceptance: acceptance))
        try store.addUser(7, "Alice")
        let alice = User(id: 7, name: "Alice")
        #expect(
            try directory.oauth1(consumerKey: bytes("a77fb49e"), token: bytes("7916510d"), at: now)
                == OAuth1Records(consumer: consumer, acceptance: acceptance, user: alice))
        #expect(
            try directory.oauth2(tokenID: bytes("0e564b4d"), clientID: bytes("a77fb49e"), subject: 7, at: now)
                == OAuth2Records(
                    token: AccessTokenRow(identifier: bytes("0e564b4d"), acceptanceID: 11, revoked: false),
                    client: consumer, acceptance: acceptance, consumer: consumer, user: alice))
        #expect(
            try directory.oauth2(tokenID: bytes("revoked"), clientID: bytes("other"), subject: 8, at: now)
                == OAuth2Records(
                    token: AccessTokenRow(identifier: bytes("revoked"), acceptanceID: 0, revoked: true),
                    subjectExists: false))
    }

    /// A token is found with its user whichever consumer is asked about: that one may stand in the configuration.
    @Test(arguments: StoreKind.allCases) func anotherConsumersToken(kind: StoreKind) throws {
        let store = try TestStore(kind, Tables.oauth + [.users])
        try store.addUser(7, "Alice")
        try store.addConsumer(id: 1, key: .text("key"))
        try store.addConsumer(id: 2, key: .text("other"))
        try store.addAcceptance(id: 11, token: .text("token"))
        let directory = try store.directory()
        #expect(try directory.oauth1(consumerKey: bytes("key"), token: bytes("token"), at: now).user?.id == 7)
        let records = try directory.oauth1(consumerKey: bytes("other"), token: bytes("token"), at: now)
        #expect(records.consumer?.id == 2 && records.acceptance?.consumerID == 1 && records.user?.id == 7)
        let unknown = try directory.oauth1(consumerKey: bytes("unknown"), token: bytes("token"), at: now)
        #expect(unknown.consumer == nil && unknown.acceptance?.consumerID == 1 && unknown.user?.id == 7)
    }

    /// A lookup has a row for each group and block; its records are those of one user.
    @Test(arguments: StoreKind.allCases) func groupsAndBlocksOfALookup(kind: StoreKind) throws {
        let store = try TestStore(kind, Tables.oauth + [.users])
        try store.create([.blocks])
        try store.addUser(7, "Alice", edits: .integer(5))
        try store.addConsumer(id: 1, key: .text("key"))
        try store.addAcceptance(id: 11, token: .text("token"))
        try store.execute("INSERT INTO user_groups VALUES (7, 'sysop', NULL), (7, 'bot', NULL), (8, 'other', NULL)")
        try store.execute("INSERT INTO block_target VALUES (1, NULL, 7)")
        try store.execute("INSERT INTO block (bl_target, bl_expiry) VALUES (1, '20200101000000'), (1, 'infinity')")
        let expected = User(id: 7, name: "Alice", isBlocked: true, groups: ["bot", "sysop"], editCount: 5)
        let directory = try store.directory()
        #expect(try directory.user(id: 7, at: now) == expected)
        #expect(try directory.oauth1(consumerKey: bytes("key"), token: bytes("token"), at: now).user == expected)
    }

    @Test(arguments: StoreKind.allCases) func nothingThere(kind: StoreKind) throws {
        let store = try TestStore(kind, Tables.oauth + [.users])
        try store.addConsumer(id: 1, key: .text("key"))
        try store.addAcceptance(id: 1, token: .text("token"))
        try store.addAccessToken(.text("jti"), acceptance: 1)
        let directory = try store.directory()
        for key in ["", "k", "keyy", "KEY", "key\u{0}", "' OR 1=1 --", "%", "\u{fffd}"] {
            #expect(try directory.consumer(key: key) == nil)
            #expect(try directory.acceptance(token: bytes(key), of: bytes("key")) == nil)
            #expect(try directory.accessToken(identifier: bytes(key)) == nil)
        }
        #expect(try directory.acceptance(token: bytes("token"), of: bytes("key")) != nil)
        #expect(try directory.consumer(key: [0xff, 0xfe, 0]) == nil)
        #expect(try directory.consumer(key: [UInt8](repeating: 0x61, count: 1_000_000)) == nil)
        for id: Int64 in [0, 2, -1, .max, .min] {
            #expect(try directory.oauth2(tokenID: [], clientID: [], subject: id, at: now).subjectExists == false)
        }
    }

    @Test(
        arguments: [StoreKind.sqlite, .mariadb],
        [[0x00], [0x61, 0x00, 0x62], [0xff, 0xfe], [0xc3, 0x28], bytes("key\"'`;"), bytes("日本")])
    func unusualKeys(kind: StoreKind, key: [UInt8]) throws {
        let store = try TestStore(kind, Tables.oauth + [.users])
        try store.addConsumer(id: 1, key: .blob(key))
        #expect(try store.directory().consumer(key: key)?.id == 1)
        #expect(try store.directory().consumer(key: key + [0x20]) == nil)
    }

    @Test(arguments: StoreKind.allCases) func nullsAndUnknownValues(kind: StoreKind) throws {
        let store = try TestStore(kind, Tables.oauth + [.users])
        try store.addConsumer(id: 1, key: .text("null"), stage: 9, rsaKey: .null, secret: .null)
        let consumer = try store.directory().consumer(key: "null")
        #expect(consumer?.rsaKey == [])
        #expect(consumer?.storedSecret == [])
        #expect(consumer?.stage == nil)
    }

    @Test(arguments: StoreKind.allCases)
    func stages(kind: StoreKind) throws {
        let store = try TestStore(kind, Tables.oauth + [.users])
        let directory = try store.directory()
        let stages: [Consumer.Stage] = [.proposed, .approved, .rejected, .expired, .disabled, .configured]
        for (stored, stage) in stages.enumerated() {
            try store.addConsumer(id: Int64(stored + 1), key: .text("key \(stored)"), stage: Int64(stored))
            #expect(try directory.consumer(key: "key \(stored)")?.stage == stage)
        }
    }

    /// `$wgDBprefix`.
    @Test(arguments: StoreKind.allCases) func tablePrefix(kind: StoreKind) throws {
        let store = try TestStore(kind, Tables.oauth + [.users])
        let oauth = ["oauth_registered_consumer", "oauth_accepted_consumer", "oauth2_access_tokens"]
        for table in oauth + ["user", "user_groups"] { try store.execute("ALTER TABLE \(table) RENAME TO mw_\(table)") }
        try store.run("INSERT INTO mw_user (user_id, user_name) VALUES (7, 'Alice')")
        let error = #expect(throws: StoreError.self) { try store.directory() }
        if kind == .sqlite { #expect(error?.kind == .missingTable("oauth_registered_consumer")) }
        #expect(try store.directory { $0.tablePrefix = "mw_" }.user(id: 7, at: now)?.name == "Alice")
        let unusable = #expect(throws: StoreError.self) {
            try store.directory { $0.tablePrefix = "mw\"; DROP TABLE user; --" }
        }
        #expect(unusable?.kind == .unusablePrefix)
    }

    /// Extensions older than OAuth 2 have no tokens table and no version column.
    @Test(arguments: StoreKind.allCases) func olderExtension(kind: StoreKind) throws {
        let store = try TestStore(kind, [.consumers, .acceptances, .users])
        try store.execute("ALTER TABLE oauth_registered_consumer DROP COLUMN oarc_oauth_version")
        try store.run(
            """
            INSERT INTO oauth_registered_consumer (oarc_consumer_key, oarc_name, oarc_user_id, oarc_wiki, oarc_grants,
              oarc_restrictions) VALUES ('key', 'Tool', 7, '*', '[]', '{}')
            """)
        let directory = try store.directory()
        #expect(try directory.consumer(key: "key")?.oauthVersion == 1)
        #expect(try directory.accessToken(identifier: bytes("jti")) == nil)
    }
}

/// The recorded database, compared with its rows as they were recorded.
@Suite struct RecordedDatabaseTests {
    static let folder = TestFiles.fixtures.appending(path: "vectors")

    @Test func everyRow() throws {
        let directory = try SQLiteDirectory(file: Self.folder.appendingPathComponent("oauth.sqlite").path)
        let json = try JSONSerialization.jsonObject(
            with: Data(contentsOf: Self.folder.appendingPathComponent("oauth-tables.json")))
        let tables = try #require(json as? [String: [[String: Any]]])
        var keys: [Int64: [UInt8]] = [:]
        for row in try #require(tables["oauth_registered_consumer"]) {
            let key = try bytes(#require(row["oarc_consumer_key"] as? String))
            let consumer = try #require(try directory.consumer(key: key))
            #expect(consumer.id == row["oarc_id"] as? Int64)
            #expect(consumer.name == row["oarc_name"] as? String)
            #expect(consumer.stage?.rawValue == row["oarc_stage"] as? Int)
            #expect(consumer.ownerOnly == (row["oarc_owner_only"] as? Int != 0))
            #expect(consumer.storedSecret == bytes(row["oarc_secret_key"] as? String ?? ""))
            #expect(consumer.rsaKey == bytes(row["oarc_rsa_key"] as? String ?? ""))
            keys[consumer.id] = key
        }
        for row in try #require(tables["oauth_accepted_consumer"]) {
            let token = try bytes(#require(row["oaac_access_token"] as? String))
            let consumerID = try #require(row["oaac_consumer_id"] as? Int64)
            let key = try #require(keys[consumerID])
            let acceptance = try #require(try directory.acceptance(token: token, of: key))
            #expect(acceptance.userID == row["oaac_user_id"] as? Int64)
            #expect(acceptance.consumerID == consumerID)
        }
        for row in try #require(tables["oauth2_access_tokens"]) {
            let identifier = try bytes(#require(row["oaat_identifier"] as? String))
            let token = try #require(try directory.accessToken(identifier: identifier))
            #expect(token.acceptanceID == row["oaat_acceptance_id"] as? Int64)
            #expect(token.revoked == (row["oaat_revoked"] as? Int != 0))
        }
        for row in try #require(tables["user_state"]) {
            let id = try #require(row["user_id"] as? Int64)
            let user = try #require(try directory.user(id: id, at: now))
            #expect(user.locked == (row["locked"] as? Int != 0))
            #expect(user.isBlocked == (row["block_sitewide"] as? Int != 0))
        }
        #expect(try directory.user(id: 15, at: now)?.name == "Zoë 日本")
    }
}
