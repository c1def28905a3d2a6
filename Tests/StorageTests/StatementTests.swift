// The statements' texts: each finds its rows by indexes, in every layout.

import Sessions
import Testing

@testable import Storage

@Suite struct StatementTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func sql(_ source: UserSettings.Source, _ script: String...) throws -> (SQLiteConnection, MediaWikiSQL) {
        let database = try folder.database("wiki.sqlite", script.joined())
        let layout = try TableLayout(database, schema: "main", file: "wiki.sqlite", prefix: "")
        return (database, try MediaWikiSQL(wiki: layout, users: layout, source: source))
    }

    /// With a hundred thousand rows, a lookup that reads a whole table would take milliseconds.
    private func expectIndexes(_ database: SQLiteConnection, _ sql: MediaWikiSQL) throws {
        for text in [sql.oauth1, sql.oauth2, sql.user] {
            let plan = try database.prepare("EXPLAIN QUERY PLAN " + text)
            var steps: [String] = []
            while try plan.step() { steps.append(plan.text(3)) }
            let scans = steps.filter { $0.hasPrefix("SCAN") && $0 != "SCAN CONSTANT ROW" && $0 != "SCAN lookup" }
            #expect(scans == [], "\(text)")
            #expect(steps.filter { $0.hasPrefix("SEARCH") && !$0.contains("AUTOMATIC") }.count >= 2, "\(steps)")
            #expect(!steps.contains { $0.contains("AUTOMATIC") }, "\(steps)")
        }
    }

    @Test func localUsers() throws {
        let (database, sql) = try sql(.local, Schema.oauth, Schema.users, Schema.blocks)
        try expectIndexes(database, sql)
    }

    @Test func localUsersBeforeBlockTargets() throws {
        let (database, sql) = try sql(.local, Schema.oauth, Schema.users, Schema.oldBlocks)
        try expectIndexes(database, sql)
    }

    @Test func centralUsers() throws {
        let (database, sql) = try sql(
            .centralAuth, Schema.oauth, Schema.users, Schema.blocks, Schema.centralUsers)
        try expectIndexes(database, sql)
    }

    /// A parameter is bound by its place, in every layout.
    @Test func parameters() throws {
        let old = Schema.consumers + Schema.acceptances
        for script in [Schema.oauth, old] {
            for (source, users) in [(UserSettings.Source.local, Schema.users), (.centralAuth, Schema.centralUsers)] {
                let layout = try TableLayout(
                    try folder.database("\(script.count)\(source).sqlite", script, users), schema: "main", file: "",
                    prefix: "")
                let sql = try MediaWikiSQL(wiki: layout, users: layout, source: source)
                #expect(sql.oauth1.count { $0 == "?" } == 2)
                #expect(sql.oauth2.count { $0 == "?" } == 3)
                #expect(sql.user.count { $0 == "?" } == 1)
            }
        }
    }
}
