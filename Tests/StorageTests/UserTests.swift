// Users of a wiki and of CentralAuth: groups, blocks, locks, edits and times.

import Sessions
import Storage
import Testing

@Suite struct LocalUserTests {
    let folder: TemporaryFolder
    let database: SQLiteConnection

    init() throws {
        folder = try TemporaryFolder()
        database = try folder.database("wiki.sqlite", Schema.oauth, Schema.users)
        try database.addUser(7, "Zoë 日本", registration: .text("20010115192713"), edits: .integer(1234))
    }

    func user(_ id: Int64 = 7) throws -> User? {
        try SQLiteDirectory(file: folder.file("wiki.sqlite")).user(id: id, at: now)
    }

    @Test func row() throws {
        #expect(try user() == User(id: 7, name: "Zoë 日本", editCount: 1234, registration: 979_586_833))
        for id: Int64 in [0, 8, -7, .max] { #expect(try user(id) == nil) }
    }

    /// Seconds as `date -u` prints them; what is no time is unknown.
    @Test(arguments: [
        ("19700101000000", Int64(0)), ("19691231235959", -1), ("20000229235959", 951_868_799),
        ("20000301000000", 951_868_800), ("20240229000000", 1_709_164_800), ("20260301120000", 1_772_366_400),
        ("21000228000000", 4_107_456_000), ("21000301000000", 4_107_542_400), ("00010101000000", -62_135_596_800),
        ("", nil), ("2026030112000", nil), ("20261301120000", nil), ("20260300120000", nil), ("infinity", nil),
        ("2026-03-01T12:", nil),
    ])
    func registration(stored: String, seconds: Int64?) throws {
        for (id, value): (Int64, SQLiteValue) in [(8, .text(stored)), (9, .blob(bytes(stored)))] {
            try database.addUser(id, "User \(id)", registration: value)
            #expect(try user(id)?.registration == seconds)
        }
        #expect(try user(8)?.editCount == nil)
    }

    @Test func groups() throws {
        let memberships: [(String, SQLiteValue)] = [
            ("sysop", .null), ("bot", .text("20260301120001")), ("ended", .text("20260301120000")),
            ("old", .blob(bytes("20200101000000"))), ("lasting", .text("infinity")), ("strange", .text("tomorrow")),
        ]
        for (group, expiry) in memberships {
            try database.run("INSERT INTO user_groups VALUES (7, ?, ?)", [.blob(bytes(group)), expiry])
        }
        try database.run("INSERT INTO user_groups VALUES (8, 'checkuser', NULL)")
        #expect(try user()?.groups == ["bot", "lasting", "sysop"])
    }

    @Test func state() throws {
        try database.execute("CREATE TABLE user_state (user_id INTEGER PRIMARY KEY, locked INTEGER)")
        #expect(try user()?.locked == false)
        try database.run("INSERT INTO user_state VALUES (7, 1)")
        #expect(try user()?.locked == true)
        #expect(try user()?.isBlocked == false)
        try database.execute("ALTER TABLE user_state ADD COLUMN block_sitewide INTEGER NOT NULL DEFAULT 0")
        try database.run("UPDATE user_state SET locked = 0, block_sitewide = 1")
        #expect(try user()?.isBlocked == true)
        #expect(try user()?.locked == false)
    }

    /// Expiry, site-wide or not, blocked or not; a time that can't be read counts as a block.
    static let blockCases: [(SQLiteValue, Int64, Bool)] = [
        (.text("infinity"), 1, true), (.blob(bytes("infinity")), 1, true), (.text("20260301120001"), 1, true),
        (.text("20260301120000"), 1, false), (.text("20250101000000"), 1, false), (.text("infinity"), 0, false),
        (.text(""), 1, true), (.text("soon"), 1, true),
    ]

    @Test(arguments: blockCases)
    func blocks(expiry: SQLiteValue, sitewide: Int64, isBlocked: Bool) throws {
        try database.execute(Schema.blocks)
        #expect(try user()?.isBlocked == false)
        try database.execute("INSERT INTO block_target VALUES (1, NULL, 8), (2, '192.0.2.1', NULL), (3, NULL, 7)")
        try database.run("INSERT INTO block (bl_target, bl_expiry) VALUES (1, 'infinity'), (2, 'infinity')")
        #expect(try user()?.isBlocked == false)
        try database.run("INSERT INTO block (bl_target, bl_expiry) VALUES (3, '20200101000000')")
        try database.run(
            "INSERT INTO block (bl_target, bl_expiry, bl_sitewide) VALUES (3, ?, ?)", [expiry, .integer(sitewide)])
        #expect(try user()?.isBlocked == isBlocked)
    }

    /// Up to MediaWiki 1.41 a partial block ends a login as well; one that has ended does not.
    @Test(arguments: [false, true]) func partialBlocks(areOld: Bool) throws {
        try database.execute(areOld ? Schema.oldBlocks : Schema.blocks)
        if areOld {
            try database.run(
                "INSERT INTO ipblocks (ipb_address, ipb_user, ipb_expiry, ipb_sitewide) VALUES ('Zoë 日本', 7, 'infinity', 0)"
            )
        } else {
            try database.execute("INSERT INTO block_target VALUES (1, NULL, 7)")
            try database.run("INSERT INTO block (bl_target, bl_expiry, bl_sitewide) VALUES (1, 'infinity', 0)")
        }
        var source = SQLiteDirectory.Source(file: folder.file("wiki.sqlite"))
        #expect(try SQLiteDirectory(source).user(id: 7, at: now)?.isBlocked == false)
        source.partialBlocksCount = true
        #expect(try SQLiteDirectory(source).user(id: 7, at: now)?.isBlocked == true)
        #expect(try SQLiteDirectory(source).user(id: 7, at: Timestamp(seconds: 0))?.isBlocked == true)
        try database.run(
            areOld
                ? "UPDATE ipblocks SET ipb_expiry = '20250101000000'" : "UPDATE block SET bl_expiry = '20250101000000'")
        #expect(try SQLiteDirectory(source).user(id: 7, at: now)?.isBlocked == false)
    }

    @Test(arguments: blockCases)
    func oldBlocks(expiry: SQLiteValue, sitewide: Int64, isBlocked: Bool) throws {
        try database.execute(Schema.oldBlocks)
        try database.run(
            """
            INSERT INTO ipblocks (ipb_address, ipb_user, ipb_expiry, ipb_sitewide)
            VALUES ('X', 8, 'infinity', 1), ('192.0.2.1', 0, 'infinity', 1), ('Zoë 日本', 7, ?, ?)
            """, [expiry, .integer(sitewide)])
        #expect(try user()?.isBlocked == isBlocked)
    }

    /// Before partial blocks, every block was site-wide.
    @Test func oldestBlocks() throws {
        try database.execute(
            Schema.oldBlocks.replacing(", ipb_sitewide SMALLINT DEFAULT 1 NOT NULL", with: "")
                + "INSERT INTO ipblocks (ipb_address, ipb_user, ipb_expiry) VALUES ('X', 7, 'infinity');")
        #expect(try user()?.isBlocked == true)
    }

    /// The smallest file: names only.
    @Test func namesOnly() throws {
        try folder.database(
            "names.sqlite", Schema.oauth,
            "CREATE TABLE user (user_id INTEGER PRIMARY KEY, user_name TEXT); INSERT INTO user VALUES (3, 'Alice')")
        let directory = try SQLiteDirectory(file: folder.file("names.sqlite"))
        #expect(try directory.user(id: 3, at: now) == User(id: 3, name: "Alice"))
    }

    @Test func anotherFile() throws {
        try folder.database("oauth.sqlite", Schema.oauth).addConsumer(id: 1, key: .text("key"))
        let directory = try SQLiteDirectory(
            file: folder.file("oauth.sqlite"), usersFile: folder.file("wiki.sqlite"))
        #expect(try directory.consumer(key: "key")?.id == 1)
        #expect(try directory.user(id: 7, at: now)?.name == "Zoë 日本")
    }
}

@Suite struct CentralUserTests {
    let folder: TemporaryFolder
    let wiki: SQLiteConnection

    init() throws {
        folder = try TemporaryFolder()
        wiki = try folder.database("wiki.sqlite", Schema.oauth)
    }

    static let rows = """
        INSERT INTO globaluser VALUES (70, 'Zoë', 0, '20010115192713'), (71, 'Locked', 1, NULL), (72, 'New', 0, '');
        INSERT INTO global_user_groups VALUES (70, 'steward', NULL), (70, 'ended', '20260301120000'),
          (70, 'api-high-limit', '20260301120001'), (72, 'other', NULL);
        INSERT INTO global_edit_count VALUES (70, 4321);
        """

    func directory(usersFile: String? = nil) throws -> SQLiteDirectory {
        try SQLiteDirectory(
            file: folder.file("wiki.sqlite"), usersFile: usersFile.map(folder.file), users: .centralAuth)
    }

    @Test(arguments: [nil, "centralauth.sqlite"])
    func users(usersFile: String?) throws {
        try folder.database(usersFile ?? "wiki.sqlite", Schema.centralUsers, Self.rows)
        let directory = try directory(usersFile: usersFile)
        #expect(
            try directory.user(id: 70, at: now)
                == User(
                    id: 70, name: "Zoë", groups: ["api-high-limit", "steward"], editCount: 4321,
                    registration: 979_586_833))
        #expect(try directory.user(id: 71, at: now) == User(id: 71, name: "Locked", locked: true))
        #expect(try directory.user(id: 72, at: now) == User(id: 72, name: "New", groups: ["other"]))
        #expect(try directory.user(id: 7, at: now) == nil)
    }

    /// A block is the wiki's, and names its own user id: found by the name, which is the same everywhere.
    @Test func blockedLocally() throws {
        try folder.database("centralauth.sqlite", Schema.centralUsers, Self.rows)
        try wiki.execute(Schema.users + Schema.blocks)
        try wiki.addUser(70, "Somebody else")
        try wiki.addUser(7, "Zoë")
        try wiki.execute("INSERT INTO block_target VALUES (1, NULL, 70), (2, NULL, 7)")
        try wiki.run("INSERT INTO block (bl_target, bl_expiry) VALUES (1, 'infinity')")
        let directory = try directory(usersFile: "centralauth.sqlite")
        #expect(try directory.user(id: 70, at: now)?.isBlocked == false)
        try wiki.run("INSERT INTO block (bl_target, bl_expiry) VALUES (2, 'infinity')")
        #expect(try directory.user(id: 70, at: now)?.isBlocked == true)
        #expect(try directory.user(id: 72, at: now)?.isBlocked == false)
    }

    /// The wikis where an account is the central user's, and whether the wiki itself has one of that name.
    @Test(arguments: ["TEXT", "BLOB"]) func accountsOnWikis(type: String) throws {
        let central = try folder.database("centralauth.sqlite", Schema.centralUsers, Self.rows)
        #expect(try directory(usersFile: "centralauth.sqlite").user(id: 70, at: now)?.attachedWikis == nil)
        try central.execute("CREATE TABLE localuser (lu_wiki \(type), lu_name \(type))")
        for wiki in ["enwiki", "dewiki"] {
            try central.run(
                "INSERT INTO localuser VALUES (CAST(? AS \(type)), CAST('Zoë' AS \(type))), ('frwiki', 'Zoe')",
                [.text(wiki)])
        }
        func user(_ id: Int64) throws -> User? {
            try directory(usersFile: "centralauth.sqlite").user(id: id, at: now)
        }
        #expect(try user(70)?.attachedWikis?.sorted() == ["dewiki", "enwiki"])
        #expect(try user(70)?.groups == ["api-high-limit", "steward"])
        #expect(try user(71)?.attachedWikis == [] && user(70)?.hasLocalAccount == false)
        try wiki.execute(Schema.users)
        try wiki.addUser(7, "Zoë")
        #expect(try user(70)?.hasLocalAccount == true && user(71)?.hasLocalAccount == false)
    }

    @Test func stateOfGlobalUsers() throws {
        try folder.database(
            "centralauth.sqlite", Schema.centralUsers, Self.rows,
            "CREATE TABLE user_state (user_id INTEGER PRIMARY KEY, locked INTEGER, block_sitewide INTEGER);",
            "INSERT INTO user_state VALUES (70, 1, 0), (71, 0, 1)")
        let directory = try directory(usersFile: "centralauth.sqlite")
        #expect(try directory.user(id: 70, at: now)?.locked == true)
        #expect(try directory.user(id: 71, at: now)?.locked == true)
        #expect(try directory.user(id: 71, at: now)?.isBlocked == true)
    }

    @Test func withoutCountsAndGroups() throws {
        try folder.database(
            "centralauth.sqlite",
            "CREATE TABLE globaluser (gu_id INTEGER PRIMARY KEY, gu_name TEXT, gu_locked INTEGER);",
            "INSERT INTO globaluser VALUES (70, 'Zoë', 0)")
        let directory = try directory(usersFile: "centralauth.sqlite")
        #expect(try directory.user(id: 70, at: now) == User(id: 70, name: "Zoë"))
    }

    /// Without the column, a locked user would pass.
    @Test func mandatoryColumns() throws {
        try folder.database("centralauth.sqlite", "CREATE TABLE globaluser (gu_id INTEGER PRIMARY KEY, gu_name TEXT)")
        let file = folder.file("centralauth.sqlite")
        let expected = StoreError(.missingColumn(table: "globaluser", column: "gu_locked"), file: file)
        #expect(throws: expected) { try directory(usersFile: "centralauth.sqlite") }
        #expect(
            "\(expected)" == "\(file): column gu_locked of table globaluser is missing: expected MediaWiki's layout")
    }
}
