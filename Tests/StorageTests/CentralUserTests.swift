// Users of CentralAuth, in the wiki's database, in another, and on other servers.

import Sessions
import Storage
import Testing

/// Where CentralAuth's tables are, as seen from the wiki's.
enum Place: CaseIterable {
    case sameDatabase, otherDatabase, otherServers
}

/// A wiki whose users are global.
struct CentralStores {
    let wiki: TestStore
    let central: TestStore
    private let place: Place

    static let rows = """
        INSERT INTO globaluser VALUES (70, 'Zoë', 0, '20010115192713'), (71, 'Locked', 1, NULL), (72, 'New', 0, '');
        INSERT INTO global_user_groups VALUES (70, 'steward', NULL), (70, 'ended', '20260301120000'),
          (70, 'api-high-limit', '20260301120001'), (72, 'other', NULL);
        INSERT INTO global_edit_count VALUES (70, 4321);
        """

    init(_ kind: StoreKind, _ place: Place, hasTables: Bool = true) throws {
        self.place = place
        wiki = try TestStore(kind, Tables.oauth)
        central = place == .sameDatabase ? wiki : try TestStore(kind)
        guard hasTables else { return }
        try central.create([.centralUsers])
        try central.execute(Self.rows)
    }

    func directory(_ change: (inout StoreOptions) -> Void = { _ in }) throws -> any CheckedDirectory {
        try wiki.directory { options in
            options.users = .centralAuth
            options.usersStore = place == .sameDatabase ? nil : central
            options.hasUserServers = place == .otherServers
            change(&options)
        }
    }

    func user(_ id: Int64) throws -> User? { try directory().user(id: id, at: now) }
}

@Suite struct CentralUserTests {
    @Test(arguments: StoreKind.allCases, Place.allCases)
    func users(kind: StoreKind, place: Place) throws {
        let stores = try CentralStores(kind, place)
        let directory = try stores.directory()
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
    @Test(arguments: StoreKind.allCases, Place.allCases)
    func blockedLocally(kind: StoreKind, place: Place) throws {
        let stores = try CentralStores(kind, place)
        let wiki = stores.wiki
        try wiki.create([.users, .blocks])
        try wiki.addUser(70, "Somebody else")
        try wiki.addUser(7, "Zoë")
        try wiki.execute("INSERT INTO block_target VALUES (1, NULL, 70), (2, NULL, 7)")
        try wiki.run("INSERT INTO block (bl_target, bl_expiry) VALUES (1, 'infinity')")
        let directory = try stores.directory { $0.blocksDisableLogin = true }
        #expect(try directory.user(id: 70, at: now)?.isBlocked == false)
        try wiki.run("INSERT INTO block (bl_target, bl_expiry) VALUES (2, 'infinity')")
        #expect(try directory.user(id: 70, at: now)?.isBlocked == true)
        #expect(try directory.user(id: 72, at: now)?.isBlocked == false)
    }

    /// The wikis where an account is the central user's, and whether the wiki itself has one of that name.
    @Test(arguments: StoreKind.allCases, Place.allCases)
    func accountsOnWikis(kind: StoreKind, place: Place) throws {
        let stores = try CentralStores(kind, place)
        #expect(try stores.user(70)?.attachedWikis == nil)
        try stores.central.create([.attachments])
        for (wiki, name) in [("enwiki", "Zoë"), ("dewiki", "Zoë"), ("frwiki", "Zoe")] {
            try stores.central.run("INSERT INTO localuser VALUES (?, ?)", [.text(wiki), .text(name)])
        }
        #expect(try stores.user(70)?.attachedWikis?.sorted() == ["dewiki", "enwiki"])
        #expect(try stores.user(70)?.groups == ["api-high-limit", "steward"])
        #expect(try stores.user(71)?.attachedWikis == [] && stores.user(70)?.hasLocalAccount == false)
        try stores.wiki.create([.users])
        try stores.wiki.addUser(7, "Zoë")
        #expect(try stores.user(70)?.hasLocalAccount == true && stores.user(71)?.hasLocalAccount == false)
    }

    /// Names in SQLite are texts or blobs, in either table.
    @Test(arguments: ["TEXT", "BLOB"]) func typesOfNames(type: String) throws {
        let stores = try CentralStores(.sqlite, .otherDatabase)
        try stores.central.execute("CREATE TABLE localuser (lu_wiki \(type), lu_name \(type))")
        try stores.central.run(
            "INSERT INTO localuser VALUES (CAST(? AS \(type)), CAST('Zoë' AS \(type)))", [.text("dewiki")])
        #expect(try stores.user(70)?.attachedWikis == ["dewiki"])
    }

    @Test(arguments: StoreKind.allCases, Place.allCases)
    func stateOfGlobalUsers(kind: StoreKind, place: Place) throws {
        let stores = try CentralStores(kind, place)
        try stores.central.execute(
            "CREATE TABLE user_state (user_id INTEGER PRIMARY KEY, locked INTEGER, block_sitewide INTEGER)")
        try stores.central.run("INSERT INTO user_state VALUES (70, 1, 0), (71, 0, 1)")
        let directory = try stores.directory()
        #expect(try directory.user(id: 70, at: now)?.locked == true)
        #expect(try directory.user(id: 71, at: now)?.locked == true)
        #expect(try directory.user(id: 71, at: now)?.isBlocked == true)
    }

    @Test(arguments: StoreKind.allCases) func withoutCountsAndGroups(kind: StoreKind) throws {
        let stores = try CentralStores(kind, .otherDatabase, hasTables: false)
        try stores.central.execute(
            "CREATE TABLE globaluser (gu_id INTEGER PRIMARY KEY, gu_name VARCHAR(255), gu_locked INTEGER)")
        try stores.central.run("INSERT INTO globaluser VALUES (70, 'Zoë', 0)")
        #expect(try stores.user(70) == User(id: 70, name: "Zoë"))
    }

    /// Without the column, a locked user would pass.
    @Test(arguments: StoreKind.allCases, Place.allCases) func mandatoryColumns(kind: StoreKind, place: Place) throws {
        let stores = try CentralStores(kind, place, hasTables: false)
        try stores.central.execute("CREATE TABLE globaluser (gu_id INTEGER PRIMARY KEY, gu_name VARCHAR(255))")
        let error = try #require(#expect(throws: StoreError.self) { try stores.directory() })
        #expect("\(error)".contains("column gu_locked of table ") && "\(error)".contains("globaluser"))
        guard kind == .sqlite else { return }
        #expect(error.kind == .missingColumn(table: "globaluser", column: "gu_locked"))
        let place = try #require(error.file)
        #expect("\(error)" == "\(place): column gu_locked of table globaluser is missing: expected MediaWiki's layout")
    }
}
