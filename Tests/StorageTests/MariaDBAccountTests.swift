// The account: exactly the documented rights, too few of them, a wrong password, TLS.

import Sessions
import Foundation
import Storage
import Synchronization
import TestSupport
import Testing

@Suite struct MariaDBAccountTests {
    /// The statements run as they stand on the page, but for the names of databases, and are enough without a warning.
    @Test(arguments: [UserSettings.Source.local, .centralAuth])
    func documentedGrants(users: UserSettings.Source) throws {
        let store = try TestStore(.mariadb, Tables.allCases)
        try store.execute("CREATE TABLE user_state (user_id INT PRIMARY KEY, locked INT, block_sitewide INT)")
        try store.execute("CREATE TABLE heartbeat (ts VARCHAR(26), server_id INT)")
        try store.execute("INSERT INTO heartbeat VALUES (UTC_TIMESTAMP(6), 1)")
        try store.run("INSERT INTO globaluser VALUES (7, 'Alice', 0, NULL)")
        try store.addUser(7, "Alice")
        let account = "doc\(store.name)"
        for statement in try DocumentedGrants.all.get().statements {
            var text = statement.replacing("sessiongate", with: account).replacing(" REQUIRE SSL", with: "")
            for database in ["wiki", "centralauth", "heartbeat"] {
                text = text.replacing(" ON \(database).", with: " ON \(store.name).")
            }
            try store.execute(text)
        }
        defer { try? store.execute("DROP USER \(account)") }
        var source = store.source()
        (source.wiki.user, source.wiki.password) = (account, "a long password")
        (source.userSource, source.blocksDisableLogin) = (users, true)
        for heartbeat in [nil, "\(store.name).heartbeat"] {
            source.heartbeat = heartbeat
            let directory = try MariaDBDirectory(source, observe: { Issue.record("\($0)") })
            #expect(directory.warnings == [])
            #expect(try directory.user(id: 7, at: now)?.name == "Alice")
            #expect(try directory.oauth2(tokenID: bytes("a"), clientID: bytes("b"), subject: 7, at: now).subjectExists)
            #expect(try directory.consumer(key: "key") == nil)
        }
    }

    @Test func aMissingGrantIsNamed() throws {
        let store = try TestStore(.mariadb, Tables.oauth + [.users])
        let directory = { (revoked: String) throws -> any CheckedDirectory in
            let account = try store.account()
            try store.execute("REVOKE \(revoked) FROM '\(account)'")
            var source = store.source()
            source.wiki.user = account
            return try MariaDBDirectory(source)
        }
        let column = #expect(throws: StoreError.self) {
            try directory("SELECT (oaac_access_secret) ON \(store.name).oauth_accepted_consumer")
        }
        let name = "`\(store.name)`.`oauth_accepted_consumer`"
        let expected =
            "column oaac_access_secret of table \(name) is missing, or the account may not read it: it needs GRANT SELECT "
            + "(oaac_access_secret) ON \(name)"
        #expect(column?.description.contains(expected) == true, "\(column as Any)")
        let table = #expect(throws: StoreError.self) { try directory("ALL PRIVILEGES ON \(store.name).user") }
        let needed = "it needs GRANT SELECT ON `\(store.name)`.`user`"
        #expect(table?.description.contains(needed) == true, "\(table as Any)")
    }

    @Test func anUnknownLagIsTold() throws {
        let store = try TestStore(.mariadb, Tables.oauth + [.users])
        var source = store.source()
        source.wiki.user = try store.account()
        let said = Said()
        _ = try MariaDBDirectory(source, observe: { said.add("\($0)") })
        #expect(said.all.count == 1 && said.all[0].contains("lagUnknown"), "\(said.all)")
        source.maxLag = nil
        _ = try MariaDBDirectory(source, observe: { said.add("\($0)") })
        #expect(said.all.count == 1)
    }

    @Test func aWrongPasswordOrDatabaseIsNotAnOutage() throws {
        let store = try TestStore(.mariadb, Tables.oauth + [.users])
        var source = store.source()
        source.wiki.user = try store.account()
        let right = source
        source.wiki.password = "s3cret"
        let password = #expect(throws: StoreError.self) { try MariaDBDirectory(source, toleratesOutage: true) }
        #expect(password?.description.contains("Access denied for user") == true)
        #expect(password?.description.contains("s3cret") == false)
        source = right
        source.wiki.database = "nowhere"
        #expect(throws: StoreError.self) { try MariaDBDirectory(source, toleratesOutage: true) }
    }

    /// Neither a key nor a token is ever part of an error.
    @Test func errorsHoldNoKeys() throws {
        let store = try TestStore(.mariadb, Tables.oauth + [.users])
        let directory = try store.directory()
        try store.execute(
            "ALTER TABLE oauth_registered_consumer MODIFY oarc_consumer_key VARCHAR(32) CHARACTER SET utf8mb4 NOT NULL")
        // The connection still takes the column for bytes, and the server refuses these: its own message would quote them.
        let key: [UInt8] = [0xff, 0x41, 0x42, 0x43]
        do {
            _ = try directory.oauth1(consumerKey: key, token: bytes("token"), at: now)
        } catch {
            #expect(!"\(error)".contains("41") && !"\(error)".contains("ABC"))
        }
        #expect(try directory.consumer(key: key) == nil, "the next connection has looked again")
    }
}

/// What was said.
private final class Said: Sendable {
    private let lines = Mutex<[String]>([])
    var all: [String] { lines.withLock { $0 } }
    func add(_ line: String) { lines.withLock { $0.append(line) } }
}
