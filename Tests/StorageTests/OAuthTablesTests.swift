// Consumers, acceptances and access tokens, in every form that they are stored in.

import Sessions
import Foundation
import Storage
import Testing

@Suite struct OAuthTablesTests {
    let folder: TemporaryFolder
    let database: SQLiteConnection

    init() throws {
        folder = try TemporaryFolder()
        database = try folder.database("wiki.sqlite", Schema.oauth, Schema.users)
    }

    func directory() throws -> SQLiteDirectory { try SQLiteDirectory(file: folder.file("wiki.sqlite")) }

    /// MediaWiki's columns are declared BLOB and hold texts; other tools write blobs. Both are found.
    @Test(arguments: [true, false])
    func rows(areBlobs: Bool) throws {
        func value(_ text: String) -> SQLiteValue { areBlobs ? .blob(bytes(text)) : .text(text) }
        try database.addConsumer(id: 1, key: value("a77fb49e"), rsaKey: value("PEM"), secret: value("stored"))
        try database.addAcceptance(id: 11, token: value("7916510d"))
        try database.addAccessToken(value("0e564b4d"), acceptance: 11)
        try database.addAccessToken(value("revoked"), acceptance: 0, revoked: true)
        let directory = try directory()
        let consumer = Consumer(
            id: 1, key: bytes("a77fb49e"), name: "Tool", ownerID: 7, ownerOnly: true, stage: .approved, wiki: "*",
            oauthVersion: 2, storedSecret: bytes("stored"), rsaKey: bytes("PEM"), restrictions: bytes("{}"),
            grants: bytes(#"["basic"]"#))
        #expect(try directory.consumer(key: bytes("a77fb49e")) == consumer)
        #expect(try directory.consumer(id: 1) == consumer)
        let acceptance = Acceptance(
            id: 11, wiki: "enwiki", userID: 7, consumerID: 1, accessToken: bytes("7916510d"),
            storedSecret: bytes("token secret"), grants: bytes(#"["basic","editpage"]"#))
        #expect(try directory.acceptance(token: bytes("7916510d")) == acceptance)
        #expect(try directory.acceptance(id: 11) == acceptance)
        #expect(
            try directory.accessToken(identifier: bytes("0e564b4d"))
                == AccessTokenRow(identifier: bytes("0e564b4d"), acceptanceID: 11, revoked: false))
        #expect(
            try directory.accessToken(identifier: bytes("revoked"))
                == AccessTokenRow(identifier: bytes("revoked"), acceptanceID: 0, revoked: true))
    }

    @Test func nothingThere() throws {
        try database.addConsumer(id: 1, key: .text("key"))
        try database.addAcceptance(id: 1, token: .text("token"))
        try database.addAccessToken(.text("jti"), acceptance: 1)
        let directory = try directory()
        for key in ["", "k", "keyy", "KEY", "key\u{0}", "' OR 1=1 --", "%", "\u{fffd}"] {
            #expect(try directory.consumer(key: bytes(key)) == nil)
            #expect(try directory.acceptance(token: bytes(key)) == nil)
            #expect(try directory.accessToken(identifier: bytes(key)) == nil)
        }
        #expect(try directory.consumer(key: [0xff, 0xfe, 0]) == nil)
        #expect(try directory.consumer(key: [UInt8](repeating: 0x61, count: 1_000_000)) == nil)
        for id: Int64 in [0, 2, -1, .max, .min] {
            #expect(try directory.consumer(id: id) == nil)
            #expect(try directory.acceptance(id: id) == nil)
        }
    }

    @Test(arguments: [[0x00], [0x61, 0x00, 0x62], [0xff, 0xfe], [0xc3, 0x28], bytes("key\"'`;"), bytes("日本")])
    func unusualKeys(key: [UInt8]) throws {
        try database.addConsumer(id: 1, key: .blob(key))
        #expect(try directory().consumer(key: key)?.id == 1)
        #expect(try directory().consumer(key: key + [0x20]) == nil)
    }

    @Test func nullsAndUnknownValues() throws {
        try database.addConsumer(id: 1, key: .text("null"), stage: 9, rsaKey: .null, secret: .null)
        let consumer = try directory().consumer(id: 1)
        #expect(consumer?.rsaKey == [])
        #expect(consumer?.storedSecret == [])
        #expect(consumer?.stage == nil)
    }

    @Test(arguments: [
        (Int64(0), Consumer.Stage.proposed), (1, .approved), (2, .rejected), (3, .expired), (4, .disabled),
        (5, .configured),
    ])
    func stages(stored: Int64, stage: Consumer.Stage) throws {
        try database.addConsumer(id: 1, key: .text("key"), stage: stored)
        #expect(try directory().consumer(id: 1)?.stage == stage)
    }

    /// A column that takes different keys for the same must not mix consumers up.
    @Test func collation() throws {
        try folder.database(
            "nocase.sqlite",
            Schema.oauth.replacing("oarc_consumer_key BLOB", with: "oarc_consumer_key TEXT COLLATE NOCASE")
                .replacing("CREATE UNIQUE INDEX oarc", with: "CREATE INDEX oarc"), Schema.users
        ).addConsumer(id: 1, key: .text("ABC"))
        let writer = try SQLiteConnection(path: folder.file("nocase.sqlite"), access: .readWrite)
        try writer.addConsumer(id: 2, key: .text("abc"))
        let directory = try SQLiteDirectory(file: folder.file("nocase.sqlite"))
        #expect(try directory.consumer(key: bytes("abc"))?.id == 2)
        #expect(try directory.consumer(key: bytes("ABC"))?.id == 1)
        #expect(try directory.consumer(key: bytes("Abc")) == nil)
    }

    /// Texts in a database of another encoding are converted, blobs are not.
    @Test func utf16() throws {
        let database = try folder.database("utf16.sqlite", "PRAGMA encoding = 'UTF-16le'", Schema.oauth, Schema.users)
        try database.addConsumer(id: 1, key: .text("text é"))
        try database.addConsumer(id: 2, key: .blob(bytes("blob é")))
        let directory = try SQLiteDirectory(file: folder.file("utf16.sqlite"))
        #expect(try directory.consumer(key: bytes("text é"))?.id == 1)
        #expect(try directory.consumer(key: bytes("blob é"))?.id == 2)
        #expect(try directory.consumer(id: 1)?.key == bytes("text é"))
    }

    /// `$wgDBprefix`.
    @Test func tablePrefix() throws {
        let prefixed = (Schema.oauth + Schema.users).replacing("CREATE TABLE ", with: "CREATE TABLE mw_")
            .replacing(" ON ", with: " ON mw_")
        let database = try folder.database("prefix.sqlite", prefixed)
        try database.run("INSERT INTO mw_user (user_id, user_name) VALUES (7, 'Alice')")
        var source = SQLiteDirectory.Source(file: folder.file("prefix.sqlite"))
        #expect(throws: StoreError(file: source.file, problem: .missingTable("oauth_registered_consumer"))) {
            try SQLiteDirectory(source)
        }
        source.tablePrefix = "mw_"
        #expect(try SQLiteDirectory(source).user(id: 7, at: now)?.name == "Alice")
        source.tablePrefix = "mw\"; DROP TABLE user; --"
        #expect(throws: StoreError(file: source.file, problem: .unusablePrefix)) { try SQLiteDirectory(source) }
    }

    /// Extensions older than OAuth 2 have no tokens table and no version column.
    @Test func olderExtension() throws {
        let old = Schema.consumers.replacing(",\n  oarc_oauth_version SMALLINT DEFAULT 1 NOT NULL", with: "")
        #expect(!old.contains("oauth_version"))
        let database = try folder.database("old.sqlite", old, Schema.acceptances, Schema.users)
        try database.run(
            """
            INSERT INTO oauth_registered_consumer (oarc_consumer_key, oarc_name, oarc_user_id, oarc_wiki, oarc_grants,
              oarc_restrictions) VALUES ('key', 'Tool', 7, '*', '[]', '{}')
            """)
        let directory = try SQLiteDirectory(file: folder.file("old.sqlite"))
        #expect(try directory.consumer(key: bytes("key"))?.oauthVersion == 1)
        #expect(try directory.accessToken(identifier: bytes("jti")) == nil)
    }

    /// With a hundred thousand rows, a lookup that does not use an index would take milliseconds.
    @Test(arguments: [
        "SELECT oarc_id FROM main.oauth_registered_consumer WHERE oarc_consumer_key IN (?1, ?2)",
        "SELECT oaac_id FROM main.oauth_accepted_consumer WHERE oaac_access_token IN (?1, ?2)",
        "SELECT oaat_id FROM main.oauth2_access_tokens WHERE oaat_identifier IN (?1, ?2)",
        "SELECT user_id FROM main.user WHERE user_name IN (?1, ?2)",
        "SELECT ug_group FROM main.user_groups WHERE ug_user = ?1",
    ])
    func indexes(query: String) throws {
        let plan = try database.prepare("EXPLAIN QUERY PLAN " + query)
        #expect(try plan.step())
        #expect(plan.text(3).hasPrefix("SEARCH"), "\(plan.text(3))")
    }
}

/// The recorded database, compared with its rows as they were recorded.
@Suite struct RecordedDatabaseTests {
    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Fixtures/vectors")

    @Test func everyRow() throws {
        let directory = try SQLiteDirectory(file: Self.folder.appendingPathComponent("oauth.sqlite").path)
        let json = try JSONSerialization.jsonObject(
            with: Data(contentsOf: Self.folder.appendingPathComponent("oauth-tables.json")))
        let tables = try #require(json as? [String: [[String: Any]]])
        for row in try #require(tables["oauth_registered_consumer"]) {
            let key = try bytes(#require(row["oarc_consumer_key"] as? String))
            let consumer = try #require(try directory.consumer(key: key))
            #expect(consumer.id == row["oarc_id"] as? Int64)
            #expect(consumer.name == row["oarc_name"] as? String)
            #expect(consumer.stage?.rawValue == row["oarc_stage"] as? Int)
            #expect(consumer.ownerOnly == (row["oarc_owner_only"] as? Int != 0))
            #expect(consumer.storedSecret == bytes(row["oarc_secret_key"] as? String ?? ""))
            #expect(consumer.rsaKey == bytes(row["oarc_rsa_key"] as? String ?? ""))
            #expect(try directory.consumer(id: consumer.id) == consumer)
        }
        for row in try #require(tables["oauth_accepted_consumer"]) {
            let token = try bytes(#require(row["oaac_access_token"] as? String))
            let acceptance = try #require(try directory.acceptance(token: token))
            #expect(acceptance.userID == row["oaac_user_id"] as? Int64)
            #expect(acceptance.consumerID == row["oaac_consumer_id"] as? Int64)
            #expect(try directory.acceptance(id: acceptance.id) == acceptance)
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
            #expect(user.blockedSitewide == (row["block_sitewide"] as? Int != 0))
        }
        #expect(try directory.user(id: 15, at: now)?.name == "Zoë 日本")
    }
}
