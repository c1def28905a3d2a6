// Users of a wiki: groups, blocks, locks, edits and times.

import Sessions
import Storage
import Testing

@Suite struct LocalUserTests {
    static func store(_ kind: StoreKind) throws -> TestStore {
        let store = try TestStore(kind, Tables.oauth + [.users])
        try store.addUser(7, "Zoë 日本", registration: .text("20010115192713"), edits: .integer(1234))
        return store
    }

    @Test(arguments: StoreKind.allCases) func row(kind: StoreKind) throws {
        let store = try Self.store(kind)
        let directory = try store.directory()
        #expect(
            try directory.user(id: 7, at: now)
                == User(id: 7, name: "Zoë 日本", editCount: 1234, registration: 979_586_833))
        for id: Int64 in [0, 8, -7, .max] { #expect(try directory.user(id: id, at: now) == nil) }
    }

    /// Seconds as `date -u` prints them; what is no time is unknown.
    static let times: [(String, Int64?)] = [
        ("19700101000000", 0), ("19691231235959", -1), ("20000229235959", 951_868_799),
        ("20000301000000", 951_868_800), ("20240229000000", 1_709_164_800), ("20260301120000", 1_772_366_400),
        ("21000228000000", 4_107_456_000), ("21000301000000", 4_107_542_400), ("00010101000000", -62_135_596_800),
        ("", nil), ("2026030112000", nil), ("20261301120000", nil), ("20260300120000", nil), ("infinity", nil),
        ("2026-03-01T12:", nil),
    ]

    @Test(arguments: StoreKind.allCases) func registration(kind: StoreKind) throws {
        let store = try Self.store(kind)
        let directory = try store.directory()
        for (index, (stored, seconds)) in Self.times.enumerated() {
            let first = Int64(100 + 2 * index)
            for (id, value): (Int64, SQLiteValue) in [(first, .text(stored)), (first + 1, .blob(bytes(stored)))] {
                try store.addUser(id, "User \(id)", registration: value)
                #expect(try directory.user(id: id, at: now)?.registration == seconds, "\(stored)")
            }
        }
        #expect(try directory.user(id: 100, at: now)?.editCount == nil)
    }

    @Test(arguments: StoreKind.allCases) func groups(kind: StoreKind) throws {
        let store = try Self.store(kind)
        let memberships: [(String, SQLiteValue)] = [
            ("sysop", .null), ("bot", .text("20260301120001")), ("ended", .text("20260301120000")),
            ("old", .blob(bytes("20200101000000"))), ("lasting", .text("infinity")), ("strange", .text("tomorrow")),
        ]
        for (group, expiry) in memberships {
            try store.run("INSERT INTO user_groups VALUES (7, ?, ?)", [.blob(bytes(group)), expiry])
        }
        try store.run("INSERT INTO user_groups VALUES (8, 'checkuser', NULL)")
        #expect(try store.directory().user(id: 7, at: now)?.groups == ["bot", "lasting", "sysop"])
    }

    @Test(arguments: StoreKind.allCases) func state(kind: StoreKind) throws {
        let store = try Self.store(kind)
        func user() throws -> User? { try store.directory().user(id: 7, at: now) }
        try store.execute("CREATE TABLE user_state (user_id INTEGER PRIMARY KEY, locked INTEGER)")
        #expect(try user()?.locked == false)
        try store.run("INSERT INTO user_state VALUES (7, 1)")
        #expect(try user()?.locked == true)
        #expect(try user()?.isBlocked == false)
        try store.execute("ALTER TABLE user_state ADD COLUMN block_sitewide INTEGER NOT NULL DEFAULT 0")
        try store.run("UPDATE user_state SET locked = 0, block_sitewide = 1")
        #expect(try user()?.isBlocked == true)
        #expect(try user()?.locked == false)
    }

    /// The smallest database: names only.
    @Test(arguments: StoreKind.allCases) func namesOnly(kind: StoreKind) throws {
        let store = try TestStore(kind, Tables.oauth)
        try store.execute("CREATE TABLE user (user_id INTEGER PRIMARY KEY, user_name VARCHAR(255))")
        try store.run("INSERT INTO user VALUES (3, 'Alice')")
        #expect(try store.directory().user(id: 3, at: now) == User(id: 3, name: "Alice"))
    }

    @Test(arguments: StoreKind.allCases, [false, true]) func anotherDatabase(kind: StoreKind, onServers: Bool) throws {
        let store = try TestStore(kind, Tables.oauth)
        try store.addConsumer(id: 1, key: .text("key"))
        try store.addAcceptance(id: 11, token: .text("token"))
        let users = try Self.store(kind)
        let directory = try store.directory { ($0.usersStore, $0.hasUserServers) = (users, onServers) }
        #expect(try directory.consumer(key: "key")?.id == 1)
        #expect(try directory.user(id: 7, at: now)?.name == "Zoë 日本")
        let rows = try directory.oauth1(consumerKey: bytes("key"), token: bytes("token"), at: now)
        #expect(rows.user?.name == "Zoë 日本" && rows.acceptance?.id == 11)
        #expect(try directory.oauth2(tokenID: [], clientID: [], subject: 7, at: now).subjectExists)
        #expect(try !directory.oauth2(tokenID: [], clientID: [], subject: 8, at: now).subjectExists)
    }
}

@Suite struct BlockTests {
    /// Expiry, site-wide or not, blocked or not; a time that can't be read counts as a block.
    static let cases: [(SQLiteValue, Int64, Bool)] = [
        (.text("infinity"), 1, true), (.blob(bytes("infinity")), 1, true), (.text("20260301120001"), 1, true),
        (.text("20260301120000"), 1, false), (.text("20250101000000"), 1, false), (.text("infinity"), 0, false),
        (.text(""), 1, true), (.text("soon"), 1, true),
    ]

    @Test(arguments: StoreKind.allCases) func blocks(kind: StoreKind) throws {
        let store = try LocalUserTests.store(kind)
        try store.create([.blocks])
        let directory = try store.directory()
        func isBlocked() throws -> Bool? { try directory.user(id: 7, at: now)?.isBlocked }
        #expect(try isBlocked() == false)
        try store.execute("INSERT INTO block_target VALUES (1, NULL, 8), (2, '192.0.2.1', NULL), (3, NULL, 7)")
        try store.run("INSERT INTO block (bl_target, bl_expiry) VALUES (1, 'infinity'), (2, 'infinity')")
        #expect(try isBlocked() == false)
        try store.run("INSERT INTO block (bl_target, bl_expiry) VALUES (3, '20200101000000')")
        for (expiry, sitewide, expected) in Self.cases {
            try store.run(
                "INSERT INTO block (bl_id, bl_target, bl_expiry, bl_sitewide) VALUES (99, 3, ?, ?)",
                [expiry, .integer(sitewide)])
            #expect(try isBlocked() == expected, "\(expiry) \(sitewide)")
            try store.run("DELETE FROM block WHERE bl_id = 99")
        }
    }

    /// Up to MediaWiki 1.41 a partial block ends a login as well; one that has ended does not.
    @Test(arguments: StoreKind.allCases, [false, true]) func partialBlocks(kind: StoreKind, areOld: Bool) throws {
        let store = try LocalUserTests.store(kind)
        try store.create([areOld ? .oldBlocks : .blocks])
        if areOld {
            try store.run(
                "INSERT INTO ipblocks (ipb_address, ipb_user, ipb_expiry, ipb_sitewide) VALUES ('Zoë 日本', 7, 'infinity', 0)"
            )
        } else {
            try store.execute("INSERT INTO block_target VALUES (1, NULL, 7)")
            try store.run("INSERT INTO block (bl_target, bl_expiry, bl_sitewide) VALUES (1, 'infinity', 0)")
        }
        func isBlocked(_ counts: Bool, at time: Timestamp = now) throws -> Bool? {
            try store.directory { $0.partialBlocksCount = counts }.user(id: 7, at: time)?.isBlocked
        }
        #expect(try isBlocked(false) == false)
        #expect(try isBlocked(true) == true)
        #expect(try isBlocked(true, at: Timestamp(seconds: 0)) == true)
        try store.run(
            areOld
                ? "UPDATE ipblocks SET ipb_expiry = '20250101000000'" : "UPDATE block SET bl_expiry = '20250101000000'")
        #expect(try isBlocked(true) == false)
    }

    @Test(arguments: StoreKind.allCases) func oldBlocks(kind: StoreKind) throws {
        let store = try LocalUserTests.store(kind)
        try store.create([.oldBlocks])
        let directory = try store.directory()
        for (expiry, sitewide, expected) in Self.cases {
            try store.run("DELETE FROM ipblocks")
            try store.run(
                """
                INSERT INTO ipblocks (ipb_address, ipb_user, ipb_expiry, ipb_sitewide)
                VALUES ('X', 8, 'infinity', 1), ('192.0.2.1', 0, 'infinity', 1), ('Zoë 日本', 7, ?, ?)
                """, [expiry, .integer(sitewide)])
            #expect(try directory.user(id: 7, at: now)?.isBlocked == expected, "\(expiry) \(sitewide)")
        }
    }

    /// Before partial blocks, every block was site-wide.
    @Test(arguments: StoreKind.allCases) func oldestBlocks(kind: StoreKind) throws {
        let store = try LocalUserTests.store(kind)
        try store.create([.oldBlocks])
        try store.execute("ALTER TABLE ipblocks DROP COLUMN ipb_sitewide")
        try store.run("INSERT INTO ipblocks (ipb_address, ipb_user, ipb_expiry) VALUES ('X', 7, 'infinity')")
        #expect(try store.directory().user(id: 7, at: now)?.isBlocked == true)
    }
}
