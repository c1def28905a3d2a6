// What a database may lack, and what is said about it.

import Sessions
import Storage
import Testing

@Suite struct AdviceTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    func warnings(
        _ users: UserSettings.Source = .local, wikis: [String] = [], prefix: String = "", _ script: String...
    ) throws -> [String] {
        try folder.database("wiki.sqlite", script.joined())
        var source = SQLiteDirectory.Source(file: folder.file("wiki.sqlite"), users: users)
        source.wikis = wikis
        source.tablePrefix = prefix
        return try SQLiteDirectory(source).warnings
    }

    @Test func complete() throws {
        #expect(try warnings(.local, Schema.oauth, Schema.users) == [])
        let other = try AdviceTests()
        #expect(try other.warnings(.centralAuth, Schema.oauth, Schema.centralUsers, Schema.attachments) == [])
    }

    @Test func nothingButNames() throws {
        let script =
            Schema.consumers + Schema.acceptances + "CREATE TABLE user (user_id INTEGER PRIMARY KEY, user_name)"
        #expect(
            try warnings(.local, script) == [
                "table oauth2_access_tokens is missing: every OAuth 2 access token is refused",
                "table user_groups is missing: no user is in a group, and no class of a group is given",
                "column user_editcount of table user is missing: no user counts as established",
                "column user_registration of table user is missing: no user counts as established",
            ])
    }

    @Test func centralTables() throws {
        let users = "CREATE TABLE globaluser (gu_id INTEGER PRIMARY KEY, gu_name, gu_locked, gu_registration);"
        #expect(
            try warnings(.centralAuth, Schema.oauth, users) == [
                "table global_user_groups is missing: no user is in a global group, and no class of a group is given",
                "table global_edit_count is missing: no user counts as established",
                "table localuser is missing: no user is refused for an account of the same name that is another's, or for "
                    + "having none",
            ])
    }

    /// A wiki's id has the prefix of its tables in it, which is easily forgotten.
    @Test func unknownWikis() throws {
        let database = try folder.database("wiki.sqlite", Schema.oauth, Schema.users)
        #expect(try warnings(wikis: ["testwiki"]) == [], "without rows there is nothing to say")
        try database.addConsumer(id: 1, key: .text("key"))
        try database.run("UPDATE oauth_registered_consumer SET oarc_wiki = 'testwiki-mw_'")
        let expected = [
            #"no row is for the wiki "testwiki", so its OAuth requests are refused; rows are for "testwiki-mw_" "#
                + "(the id is $wgDBname, followed by a hyphen and $wgDBprefix where there is a prefix)"
        ]
        #expect(try warnings(wikis: ["testwiki", "testwiki-mw_"]) == expected)
        #expect(try warnings(wikis: ["testwiki-mw_"]) == [])
        try database.addAcceptance(id: 11, token: .text("token"))
        #expect(try warnings(wikis: ["enwiki"]) == [])
        try database.run("UPDATE oauth_accepted_consumer SET oaac_wiki = '*'")
        #expect(try warnings(wikis: ["testwiki"]) == [])
    }

    /// When a block ends a login, a blocked user must not pass because the blocks are not in the file.
    @Test func blocksThatMustBeKnown() throws {
        let database = try folder.database("wiki.sqlite", Schema.oauth, Schema.users)
        var source = SQLiteDirectory.Source(file: folder.file("wiki.sqlite"))
        _ = try SQLiteDirectory(source)
        source.blocksDisableLogin = true
        let error = #expect(throws: StoreError.self) { try SQLiteDirectory(source) }
        #expect(error?.description.contains("users.block_disables_login needs to know who is blocked") == true)
        try database.execute("CREATE TABLE user_state (user_id INTEGER PRIMARY KEY, block_sitewide INTEGER)")
        _ = try SQLiteDirectory(source)
        try database.execute("DROP TABLE user_state")
        try database.execute(Schema.oldBlocks)
        _ = try SQLiteDirectory(source)
        try database.execute("DROP TABLE ipblocks")
        try database.execute(Schema.blocks)
        _ = try SQLiteDirectory(source)
    }
}
