// What only MariaDB has: collations that take different keys for the same, indexes, moments, and rows that change.

import Sessions
import Foundation
import Storage
import TestSupport
import Testing

@Suite struct MariaDBReadingTests {
    /// A column that takes different keys for the same must not mix consumers up, nor fail for a key that it can't hold.
    @Test func collation() throws {
        let store = try TestStore(.mariadbText, Tables.oauth + [.users])
        try store.execute(
            "ALTER TABLE oauth_registered_consumer DROP INDEX oarc_consumer_key, ADD INDEX (oarc_consumer_key)")
        try store.addConsumer(id: 1, key: .text("ABC"))
        try store.addConsumer(id: 2, key: .text("abc"))
        try store.addConsumer(id: 3, key: .text("é"))
        let directory = try store.directory()
        #expect(try directory.consumer(key: "abc")?.id == 2)
        #expect(try directory.consumer(key: "ABC")?.id == 1)
        #expect(try directory.consumer(key: "é")?.id == 3)
        for key in ["Abc", "abc ", "e", "e\u{301}", "abc\u{0}"] { #expect(try directory.consumer(key: key) == nil) }
        #expect(try directory.consumer(key: [0xff, 0xfe]) == nil)
    }

    /// Keys in character sets that old wikis have.
    @Test(arguments: ["utf8mb3", "latin1", "ascii"]) func otherCharacterSets(set: String) throws {
        let store = try TestStore(.mariadb, Tables.oauth + [.users])
        try store.execute(
            "ALTER TABLE oauth_registered_consumer MODIFY oarc_consumer_key VARCHAR(32) CHARACTER SET \(set) NOT NULL")
        try store.addConsumer(id: 1, key: .text("key"))
        let directory = try store.directory()
        #expect(try directory.consumer(key: "key")?.id == 1)
        for key in [bytes("KEY"), bytes("😀"), [0xff], bytes("é")] { #expect(try directory.consumer(key: key) == nil) }
    }

    /// Names are the same in tables of different character sets.
    @Test func namesAcrossCharacterSets() throws {
        let store = try TestStore(.mariadb, Tables.oauth + [.centralUsers, .attachments])
        try store.execute(
            """
            INSERT INTO globaluser VALUES (70, 'Zoë', 0, NULL);
            ALTER TABLE localuser MODIFY lu_name VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci NOT NULL;
            """)
        try store.run("INSERT INTO localuser VALUES ('dewiki', ?), ('enwiki', ?)", [.text("Zoë"), .text("Zoe")])
        let user = try store.directory { $0.users = .centralAuth }.user(id: 70, at: now)
        #expect(user?.attachedWikis == ["dewiki"])
    }

    /// With a hundred thousand rows, a lookup that reads a whole table would take milliseconds: the server's own count of rows
    /// that it read tells.
    @Test(arguments: StoreKind.servers) func indexes(kind: StoreKind) throws {
        let store = try TestStore(kind, Tables.oauth + [.users, .blocks, .centralUsers, .attachments])
        try store.execute(
            """
            INSERT INTO user (user_id, user_name) SELECT seq, CONCAT('N', seq) FROM seq_1_to_3000;
            INSERT INTO globaluser (gu_id, gu_name) SELECT seq, CONCAT('N', seq) FROM seq_1_to_3000;
            INSERT INTO localuser SELECT 'wiki', CONCAT('N', seq) FROM seq_1_to_3000;
            INSERT INTO user_groups SELECT seq, 'bot', NULL FROM seq_1_to_3000;
            INSERT INTO oauth_registered_consumer (oarc_consumer_key, oarc_name, oarc_user_id, oarc_wiki, oarc_grants,
              oarc_restrictions) SELECT CONCAT('K', seq), 'Tool', 7, '*', '[]', '{}' FROM seq_1_to_3000;
            INSERT INTO oauth_accepted_consumer (oaac_wiki, oaac_user_id, oaac_consumer_id, oaac_access_token,
              oaac_access_secret, oaac_grants) SELECT '*', seq, seq, CONCAT('T', seq), '', '[]' FROM seq_1_to_3000;
            INSERT INTO oauth2_access_tokens (oaat_identifier, oaat_acceptance_id)
              SELECT CONCAT('J', seq), seq FROM seq_1_to_3000;
            ANALYZE TABLE user, globaluser, localuser, oauth_registered_consumer, oauth_accepted_consumer,
              oauth2_access_tokens;
            """)
        for source in [UserSettings.Source.local, .centralAuth] {
            let directory = try store.directory { $0.users = source }
            let before = try store.rowsRead()
            let requests = (1...30).flatMap { id -> [RowRequest] in
                [
                    .oauth1(consumerKey: bytes("K\(id)"), token: bytes("T\(id)")), .user(id: Int64(id)),
                    .oauth2(tokenID: bytes("J\(id)"), clientID: bytes("K\(id)"), subject: Int64(id)),
                ]
            }
            let groups = source == .local ? ["bot"] : []
            try directory.snapshot(of: requests) { rows in
                let found = try rows.user(id: 30, at: now)
                #expect(found?.groups == groups)
            }
            let count = try store.rowsRead() - before
            #expect((100..<3000).contains(count), "\(count) rows for 90 lookups")
        }
    }

    @Test(arguments: StoreKind.servers) func writesOfOthersAreSeen(kind: StoreKind) throws {
        let store = try TestStore(kind, Tables.oauth + [.users])
        try store.addConsumer(id: 1, key: .text("key"))
        let directory = try store.directory()
        #expect(try directory.consumer(key: "key")?.stage == .approved)
        try store.run("UPDATE oauth_registered_consumer SET oarc_stage = 4")
        #expect(try directory.consumer(key: "key")?.stage == .disabled)
        // A transaction that is not committed is not seen, and delays no lookup.
        try store.run("START TRANSACTION")
        try store.run("UPDATE oauth_registered_consumer SET oarc_stage = 1")
        #expect(try directory.consumer(key: "key")?.stage == .disabled)
        try store.run("COMMIT")
        #expect(try directory.consumer(key: "key")?.stage == .approved)
    }

    /// What a snapshot reads is of one moment, whatever is written meanwhile.
    @Test func snapshot() throws {
        let store = try TestStore(.mariadb, Tables.oauth + [.users])
        try store.addUser(7, "Alice")
        try store.addConsumer(id: 1, key: .text("key"))
        let requests: [RowRequest] = [.oauth1(consumerKey: bytes("key"), token: []), .user(id: 7)]
        let directory = try store.directory()
        try directory.snapshot(of: requests) { rows in
            #expect(try rows.consumer(key: "key")?.stage == .approved)
            try store.run("UPDATE oauth_registered_consumer SET oarc_stage = 4")
            try store.run("UPDATE user SET user_name = 'Renamed'")
            #expect(try rows.consumer(key: "key")?.stage == .approved)
            #expect(try rows.user(id: 7, at: now)?.name == "Alice")
            #expect(try rows.accessToken(identifier: bytes("other")) == nil, "not asked for beforehand")
        }
        #expect(try directory.consumer(key: "key")?.stage == .disabled)
    }

    /// A batch finds for each lookup what the lookup alone finds.
    @Test(arguments: StoreKind.servers, [false, true]) func batches(kind: StoreKind, onServers: Bool) throws {
        let store = try TestStore(kind, Tables.oauth + [.users])
        let users = onServers ? try TestStore(kind, [.users]) : store
        for id: Int64 in 1...20 {
            try users.addUser(id, "User \(id)")
            try store.addConsumer(id: id, key: .text("key \(id)"))
            try store.addAcceptance(id: id, token: .text("token \(id)"), user: id)
            try store.addAccessToken(.text("jti \(id)"), acceptance: id)
        }
        try users.run("INSERT INTO user_groups VALUES (3, 'bot', '20260301120001'), (3, 'sysop', NULL)")
        let directory = try store.directory { options in
            (options.usersStore, options.hasUserServers) = (onServers ? users : nil, onServers)
        }
        let ids: [Int64] = Array(1...25)
        let requests = ids.flatMap { id -> [RowRequest] in
            [
                .oauth1(consumerKey: bytes("key \(id)"), token: bytes("token \(26 - id)")), .user(id: id),
                .oauth2(tokenID: bytes("jti \(id)"), clientID: bytes("key \(id)"), subject: 30 - id),
            ]
        }
        try directory.snapshot(of: requests) { rows in
            for id in ids {
                let (key, token, jti) = (bytes("key \(id)"), bytes("token \(26 - id)"), bytes("jti \(id)"))
                let found = try rows.oauth1(consumerKey: key, token: token, at: now)
                #expect(try found == directory.oauth1(consumerKey: key, token: token, at: now))
                #expect((found.consumer != nil) == (id <= 20) && (found.user != nil) == (id >= 6))
                let others = try rows.oauth2(tokenID: jti, clientID: key, subject: 30 - id, at: now)
                #expect(try others == directory.oauth2(tokenID: jti, clientID: key, subject: 30 - id, at: now))
                #expect(others.subjectExists == (id >= 10))
                #expect(try rows.user(id: id, at: now) == directory.user(id: id, at: now))
            }
            #expect(try rows.user(id: 3, at: now)?.groups == ["bot", "sysop"])
            #expect(try rows.user(id: 3, at: Timestamp(seconds: now.seconds + 1))?.groups == ["sysop"])
        }
    }

    /// Columns are looked for when a connection is opened; one that goes away costs no error.
    @Test func changedLayout() throws {
        let store = try TestStore(.mariadb, Tables.oauth + [.users])
        try store.addUser(7, "Alice", edits: .integer(3))
        let directory = try store.directory()
        #expect(try directory.user(id: 7, at: now)?.editCount == 3)
        try store.execute("ALTER TABLE user DROP COLUMN user_editcount")
        #expect(try directory.user(id: 7, at: now) == User(id: 7, name: "Alice"))
        try store.execute("DROP TABLE user")
        let error = #expect(throws: StoreError.self) { try directory.user(id: 7, at: now) }
        #expect(error?.kind == .missingTable("user"))
    }

    @Test func manyThreads() async throws {
        let store = try TestStore(.mariadb, Tables.oauth + [.users])
        try store.addUser(7, "Alice")
        let directory = try store.directory()
        let found = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    try (0..<100).reduce(0) { sum, _ in try directory.user(id: 7, at: now) == nil ? sum : sum + 1 }
                }
            }
            return try await group.reduce(0, +)
        }
        #expect(found == 800)
    }

    /// The same rows as in the recorded SQLite file, read by the same lookups.
    @Test(arguments: StoreKind.servers) func recordedRows(kind: StoreKind) throws {
        let file = TestFiles.fixtures.appending(path: "vectors/oauth.sqlite").path
        let recorded = try SQLiteConnection(path: file, access: .readOnly)
        let store = try TestStore(kind, Tables.oauth + [.users])
        try store.execute(
            "CREATE TABLE user_state (user_id INTEGER PRIMARY KEY, locked INTEGER, block_sitewide INTEGER)")
        try store.copyRows(of: recorded)
        let (expected, directory) = (try SQLiteDirectory(file: file), try store.directory())
        let keys = try recorded.column("SELECT oarc_consumer_key FROM oauth_registered_consumer")
        let tokens = try recorded.column("SELECT oaac_access_token FROM oauth_accepted_consumer")
        let identifiers = try recorded.column("SELECT oaat_identifier FROM oauth2_access_tokens")
        #expect(keys.count > 5 && tokens.count > 5 && identifiers.count > 5)
        for key in keys + [bytes("none")] {
            for token in tokens {
                let rows = try directory.oauth1(consumerKey: key, token: token, at: now)
                #expect(try rows == expected.oauth1(consumerKey: key, token: token, at: now))
            }
        }
        for identifier in identifiers + [bytes("none")] {
            let rows = try directory.oauth2(tokenID: identifier, clientID: keys[0], subject: 1, at: now)
            #expect(try rows == expected.oauth2(tokenID: identifier, clientID: keys[0], subject: 1, at: now))
        }
    }
}

extension SQLiteConnection {
    /// The first column of all rows.
    fileprivate func column(_ sql: String) throws -> [[UInt8]] {
        let statement = try prepare(sql)
        var values: [[UInt8]] = []
        while try statement.step() { values.append(statement.bytes(0)) }
        return values
    }
}

extension TestStore {
    /// How many rows the server has read of this database's tables.
    fileprivate func rowsRead() throws -> Int64 {
        let sql = "SELECT SUM(ROWS_READ) FROM information_schema.TABLE_STATISTICS WHERE TABLE_SCHEMA = '\(name)'"
        return try query(sql).first?.integer(0) ?? 0
    }

    fileprivate func columns(of table: String) throws -> [String] {
        let sql = "SELECT COLUMN_NAME FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = '\(name)' AND TABLE_NAME = "
        return try query(sql + "'\(table)'").map { $0.text(0) }
    }

    /// Copies what a file has of the tables and columns that are here.
    fileprivate func copyRows(of file: SQLiteConnection) throws {
        let oauth = ["oauth_registered_consumer", "oauth_accepted_consumer", "oauth2_access_tokens"]
        for table in oauth + ["user", "user_groups", "user_state"] {
            let present = try file.columns(of: table), columns = try self.columns(of: table).filter(present.contains)
            guard !columns.isEmpty else { continue }
            let list = columns.joined(separator: ", ")
            let rows = try file.prepare("SELECT \(list) FROM \(table)")
            while try rows.step() {
                let values = columns.indices.map { rows.isNull($0) ? SQLiteValue.null : .blob(rows.bytes($0)) }
                let marks = columns.map { _ in "?" }.joined(separator: ", ")
                try run("INSERT INTO \(table) (\(list)) VALUES (\(marks))", values)
            }
        }
    }
}

extension SQLiteConnection {
    fileprivate func columns(of table: String) throws -> [String] {
        try column("SELECT name FROM pragma_table_info('\(table)')").map { String(decoding: $0, as: UTF8.self) }
    }
}
