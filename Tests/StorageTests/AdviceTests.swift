// What a database may lack, and what is said about it.

import Sessions
import Storage
import Testing

@Suite struct AdviceTests {
    private func missing(_ kind: StoreKind) -> String {
        kind == .sqlite ? "is missing" : "is missing, or the account may not read it"
    }

    @Test(arguments: StoreKind.allCases) func complete(kind: StoreKind) throws {
        #expect(try TestStore(kind, Tables.oauth + [.users]).directory().warnings == [])
        let central = try TestStore(kind, Tables.oauth + [.centralUsers, .attachments])
        #expect(try central.directory { $0.users = .centralAuth }.warnings == [])
    }

    @Test(arguments: StoreKind.allCases) func nothingButNames(kind: StoreKind) throws {
        let store = try TestStore(kind, [.consumers, .acceptances])
        try store.execute("CREATE TABLE user (user_id INTEGER PRIMARY KEY, user_name VARCHAR(255))")
        #expect(
            try store.directory().warnings == [
                "table oauth2_access_tokens \(missing(kind)): every OAuth 2 access token is refused",
                "table user_groups \(missing(kind)): no user is in a group, and no class of a group is given",
                "column user_editcount of table user \(missing(kind)): no user counts as established",
                "column user_registration of table user \(missing(kind)): no user counts as established",
            ])
    }

    @Test(arguments: StoreKind.allCases) func centralTables(kind: StoreKind) throws {
        let store = try TestStore(kind, Tables.oauth)
        try store.execute(
            "CREATE TABLE globaluser (gu_id INTEGER PRIMARY KEY, gu_name VARCHAR(255), gu_locked INTEGER, "
                + "gu_registration VARCHAR(14))")
        #expect(
            try store.directory { $0.users = .centralAuth }.warnings == [
                "table global_user_groups \(missing(kind)): no user is in a global group, and no class of a group is given",
                "table global_edit_count \(missing(kind)): no user counts as established",
                "table localuser \(missing(kind)): no user is refused for an account of the same name that is another's, or "
                    + "for having none",
            ])
    }

    /// A wiki's id has the prefix of its tables in it, which is easily forgotten.
    @Test(arguments: StoreKind.allCases) func unknownWikis(kind: StoreKind) throws {
        let store = try TestStore(kind, Tables.oauth + [.users])
        func warnings(_ wikis: String...) throws -> [String] { try store.directory { $0.wikis = wikis }.warnings }
        #expect(try warnings("testwiki") == [], "without rows there is nothing to say")
        try store.addConsumer(id: 1, key: .text("key"))
        try store.run("UPDATE oauth_registered_consumer SET oarc_wiki = 'testwiki-mw_'")
        let expected = [
            #"no row is for the wiki "testwiki", so its OAuth requests are refused; rows are for "testwiki-mw_" "#
                + "(the id is $wgDBname, followed by a hyphen and $wgDBprefix where there is a prefix)"
        ]
        #expect(try warnings("testwiki", "testwiki-mw_") == expected)
        #expect(try warnings("testwiki-mw_") == [])
        try store.addAcceptance(id: 11, token: .text("token"))
        #expect(try warnings("enwiki") == [])
        try store.run("UPDATE oauth_accepted_consumer SET oaac_wiki = '*'")
        #expect(try warnings("testwiki") == [])
    }

    /// When a block ends a login, a blocked user must not pass because the blocks are not in the database.
    @Test(arguments: StoreKind.allCases) func blocksThatMustBeKnown(kind: StoreKind) throws {
        let store = try TestStore(kind, Tables.oauth + [.users])
        func open(_ mustBeKnown: Bool = true) throws { _ = try store.directory { $0.blocksDisableLogin = mustBeKnown } }
        try open(false)
        let error = #expect(throws: StoreError.self) { try open() }
        #expect(error?.description.contains("users.block_disables_login needs to know who is blocked") == true)
        try store.execute("CREATE TABLE user_state (user_id INTEGER PRIMARY KEY, block_sitewide INTEGER)")
        try open()
        try store.execute("DROP TABLE user_state")
        try store.create([.oldBlocks])
        try open()
        try store.execute("DROP TABLE ipblocks")
        try store.create([.blocks])
        try open()
    }
}
