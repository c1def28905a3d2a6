// Files as operators have them: missing, wrong, in use by others, replaced.

import Sessions
import Foundation
import Storage
import Synchronization
import Testing

@Suite struct OpeningTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    func problem(_ name: String, users: String? = nil) -> StoreError.Kind? {
        do throws(StoreError) {
            _ = try SQLiteDirectory(file: folder.file(name), usersFile: users.map(folder.file))
            return nil
        } catch {
            #expect(error.file == folder.file(users ?? name))
            #expect(error.description == "\(folder.file(users ?? name)): \(error.kind)")
            return error.kind
        }
    }

    @Test func noSuchFile() throws {
        #expect(problem("absent.sqlite") == .noSuchFile)
        #expect(problem("absent/wiki.sqlite") == .noSuchFile)
        #expect(!FileManager.default.fileExists(atPath: folder.file("absent.sqlite")), "reading made a file")
        #expect(throws: StoreError(.noSuchFile, file: "")) { try SQLiteDirectory(file: "") }
        #expect(throws: StoreError(.noSuchFile, file: ":memory:")) { try SQLiteDirectory(file: ":memory:") }
    }

    @Test func noPlainFile() throws {
        try FileManager.default.createDirectory(atPath: folder.file("folder"), withIntermediateDirectories: false)
        #expect(problem("folder") == .notAFile)
        #expect(throws: StoreError(.notAFile, file: "/dev/null")) { try SQLiteDirectory(file: "/dev/null") }
    }

    @Test func noDatabase() throws {
        try Data(repeating: 0x41, count: 10_000).write(to: URL(fileURLWithPath: folder.file("text")))
        #expect(problem("text") == .notADatabase)
        try Data("wiki".utf8).write(to: URL(fileURLWithPath: folder.file("short")))
        #expect(problem("short") == .notADatabase)
        try Data().write(to: URL(fileURLWithPath: folder.file("empty")))
        #expect(problem("empty") == .missingTable("oauth_registered_consumer"))
    }

    @Test(arguments: ["oauth_registered_consumer", "oauth_accepted_consumer", "user"])
    func missingTables(table: String) throws {
        let database = try folder.database("wiki.sqlite", Schema.oauth, Schema.users)
        #expect(problem("wiki.sqlite") == nil)
        try database.execute("DROP TABLE \(table)")
        #expect(problem("wiki.sqlite") == .missingTable(table))
    }

    @Test(arguments: [
        ("oauth_registered_consumer", "oarc_stage"), ("oauth_registered_consumer", "oarc_restrictions"),
        ("oauth_accepted_consumer", "oaac_access_secret"), ("oauth2_access_tokens", "oaat_revoked"),
    ])
    func missingColumns(table: String, column: String) throws {
        let database = try folder.database("wiki.sqlite", Schema.oauth, Schema.users)
        try database.execute("ALTER TABLE \(table) DROP COLUMN \(column)")
        #expect(problem("wiki.sqlite") == .missingColumn(table: table, column: column))
    }

    @Test func usersFile() throws {
        try folder.database("oauth.sqlite", Schema.oauth)
        #expect(problem("oauth.sqlite", users: "absent.sqlite") == .noSuchFile)
        try Data("no database".utf8).write(to: URL(fileURLWithPath: folder.file("text")))
        #expect(problem("oauth.sqlite", users: "text") == .notADatabase)
        try folder.database("empty.sqlite", "CREATE TABLE other (id INTEGER)")
        #expect(problem("oauth.sqlite", users: "empty.sqlite") == .missingTable("user"))
    }
}

@Suite struct LiveFileTests {
    let folder: TemporaryFolder
    let database: SQLiteConnection
    let reports = Reports()

    final class Reports: Sendable {
        let errors = Mutex<[(error: StoreError, count: Int)]>([])
    }

    init() throws {
        folder = try TemporaryFolder()
        database = try folder.database("wiki.sqlite", Schema.oauth, Schema.users)
        try database.addUser(7, "Alice")
        try database.addConsumer(id: 1, key: .text("key"))
    }

    func directory(checkInterval: Duration = .zero) throws -> SQLiteDirectory {
        var source = SQLiteDirectory.Source(file: folder.file("wiki.sqlite"))
        source.checkInterval = checkInterval
        source.busyTimeoutMilliseconds = 50
        return try SQLiteDirectory(source) { [reports] error, count in
            reports.errors.withLock { $0.append((error, count)) }
        }
    }

    @Test(arguments: ["DELETE", "WAL", "TRUNCATE"])
    func writesOfOthersAreSeen(mode: String) throws {
        try database.run("PRAGMA journal_mode = \(mode)")
        let directory = try directory()
        #expect(try directory.consumer(key: "key")?.stage == .approved)
        try database.run("UPDATE oauth_registered_consumer SET oarc_stage = 4")
        #expect(try directory.consumer(key: "key")?.stage == .disabled)
        // A transaction that is not committed is not seen, and disturbs nobody.
        try database.run("BEGIN IMMEDIATE")
        try database.run("UPDATE oauth_registered_consumer SET oarc_stage = 1")
        #expect(try directory.consumer(key: "key")?.stage == .disabled)
        try database.run("COMMIT")
        #expect(try directory.consumer(key: "key")?.stage == .approved)
    }

    /// What a snapshot reads is of one moment, whatever is written meanwhile.
    @Test func snapshot() throws {
        try database.run("PRAGMA journal_mode = WAL")
        try directory().snapshot { rows in
            #expect(try rows.consumer(key: "key")?.stage == .approved)
            try database.run("UPDATE oauth_registered_consumer SET oarc_stage = 4")
            try database.run("UPDATE user SET user_name = 'Renamed'")
            #expect(try rows.consumer(key: "key")?.stage == .approved)
            #expect(try rows.user(id: 7, at: now)?.name == "Alice")
        }
        #expect(try directory().consumer(key: "key")?.stage == .disabled)
    }

    /// The file belongs to others.
    @Test func nothingIsWritten() throws {
        let before = try Data(contentsOf: URL(fileURLWithPath: folder.file("wiki.sqlite")))
        let directory = try directory()
        _ = try directory.snapshot { try $0.user(id: 7, at: now) }
        let reader = try SQLiteConnection(path: folder.file("wiki.sqlite"), access: .readOnly)
        #expect(throws: StoreError.self) { try reader.run("DELETE FROM user") }
        #expect(try Data(contentsOf: URL(fileURLWithPath: folder.file("wiki.sqlite"))) == before)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["wiki.sqlite"])
    }

    @Test func replacedFile() throws {
        let directory = try directory()
        #expect(try directory.user(id: 7, at: now)?.name == "Alice")
        try folder.database("next.sqlite", Schema.oauth, Schema.users).addUser(7, "Successor")
        #expect(rename(folder.file("next.sqlite"), folder.file("wiki.sqlite")) == 0)
        #expect(try directory.user(id: 7, at: now)?.name == "Successor")
        #expect(try directory.consumer(key: "key") == nil)
    }

    @Test func replacedFileWithinTheInterval() throws {
        let directory = try directory(checkInterval: .seconds(3600))
        try folder.database("next.sqlite", Schema.oauth, Schema.users).addUser(7, "Successor")
        #expect(rename(folder.file("next.sqlite"), folder.file("wiki.sqlite")) == 0)
        #expect(try directory.user(id: 7, at: now)?.name == "Alice")
    }

    /// A file that is gone can't be asked, even though it could still be read: a revocation would go unnoticed.
    @Test func removedFile() throws {
        let directory = try directory()
        #expect(rename(folder.file("wiki.sqlite"), folder.file("away.sqlite")) == 0)
        let missing = StoreError(.noSuchFile, file: folder.file("wiki.sqlite"))
        #expect(throws: missing) { try directory.user(id: 7, at: now) }
        #expect(throws: missing) { try directory.snapshot { try $0.user(id: 7, at: now) } }
        #expect(rename(folder.file("away.sqlite"), folder.file("wiki.sqlite")) == 0)
        #expect(try directory.user(id: 7, at: now)?.name == "Alice")
        // The second error came within a second of the first.
        #expect(reports.errors.withLock { $0.map(\.error) } == [missing])
    }

    @Test func replacedByRubbish() throws {
        let directory = try directory()
        try Data(repeating: 0x41, count: 10_000).write(to: URL(fileURLWithPath: folder.file("text")))
        #expect(rename(folder.file("text"), folder.file("wiki.sqlite")) == 0)
        #expect(throws: StoreError(.notADatabase, file: folder.file("wiki.sqlite"))) {
            try directory.consumer(key: "key")
        }
    }

    /// Optional columns are looked for when a file is opened; one that goes away costs one error.
    @Test func changedLayout() throws {
        let directory = try directory()
        #expect(try directory.user(id: 7, at: now)?.name == "Alice")
        try database.execute("ALTER TABLE user DROP COLUMN user_editcount")
        #expect(throws: StoreError.self) { try directory.user(id: 7, at: now) }
        #expect(try directory.user(id: 7, at: now)?.name == "Alice")
        try database.execute("DROP TABLE user")
        #expect(throws: StoreError.self) { try directory.user(id: 7, at: now) }
        #expect(throws: StoreError(.missingTable("user"), file: folder.file("wiki.sqlite"))) {
            try directory.user(id: 7, at: now)
        }
    }

    /// Nothing is left of the tables: the probe behind /readyz must not take that for a database without rows.
    @Test func truncatedFile() async throws {
        let directory = try directory()
        let workers = StoreWorkers(directory: directory) { _, _, _ in }
        #expect(truncate(folder.file("wiki.sqlite"), 0) == 0)
        #expect(throws: StoreError.self) { try directory.user(id: 7, at: now) }
        for _ in 0..<2000 where workers.storeProblem == nil {
            workers.probeStore()
            try await Task.sleep(for: .milliseconds(1))
        }
        #expect(workers.storeProblem?.contains("missing") == true)
        await workers.shutdown()
    }

    @Test func lockedFile() throws {
        let directory = try directory()
        try database.run("BEGIN EXCLUSIVE")
        let busy = StoreError(.busy, file: folder.file("wiki.sqlite"))
        #expect(throws: busy) { try directory.user(id: 7, at: now) }
        #expect(throws: busy) { try directory.snapshot { try $0.user(id: 7, at: now) } }
        try database.run("COMMIT")
        #expect(try directory.snapshot { try $0.user(id: 7, at: now)?.name } == "Alice")
        #expect(reports.errors.withLock { $0.map(\.error) } == [busy])
    }

    @Test func damagedFile() throws {
        try database.run("BEGIN")
        for id in 100..<3000 { try database.addUser(Int64(id), "User \(id)") }
        try database.run("COMMIT")
        let directory = try directory()
        let file = try #require(FileHandle(forUpdatingAtPath: folder.file("wiki.sqlite")))
        let size = try file.seekToEnd()
        try file.seek(toOffset: 4096)
        try file.write(contentsOf: Data(repeating: 0xff, count: Int(size) - 4096))
        try file.close()
        #expect(throws: StoreError.self) { try directory.user(id: 2500, at: now) }
        #expect(throws: StoreError.self) { try directory.snapshot { try $0.consumer(key: "key") } }
    }

    @Test func manyThreads() async throws {
        try database.run("PRAGMA journal_mode = WAL")
        let directory = try directory()
        let found = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    var found = 0
                    for _ in 0..<200 {
                        found += try directory.snapshot { try $0.user(id: 7, at: now) } == nil ? 0 : 1
                        found += try directory.consumer(key: "key") == nil ? 0 : 1
                    }
                    return found
                }
            }
            for round in 0..<50 { try database.run("UPDATE user SET user_editcount = ?", [.integer(Int64(round))]) }
            return try await group.reduce(0, +)
        }
        #expect(found == 8 * 400)
    }
}
