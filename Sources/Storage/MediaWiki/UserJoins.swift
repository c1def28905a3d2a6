// The user of a central id: a user of the wiki itself, or CentralAuth's global user. With it come the groups and the blocks,
// a row for each pair of them.
//
// `user_state` is not a table of MediaWiki's: in it an operator's own file says what hooks and extensions know in a wiki
// (`locked`, `block_sitewide`).

import Sessions

/// The part of a statement that finds a user by id.
struct UserJoins {
    /// The number of columns that ``columns`` has.
    static let width = 13

    /// Id, name, edits, registration, locked, state's locked, state's blocked, group, its expiry, block, its expiry, attached
    /// wikis, local account.
    let columns: [String]
    /// The table with the users' ids, and its column.
    let account: (table: String, id: String)
    private let joins: [String]

    /// - Parameters:
    ///   - users: Where the users are.
    ///   - wiki: Where the wiki's own tables are; blocks are always the wiki's.
    ///   - partialBlocksCount: Whether blocks count that are not of the whole wiki.
    /// - Throws: When a table or column is missing without which a locked user would pass.
    init(
        _ source: UserSettings.Source, users: TableLayout, wiki: TableLayout, partialBlocksCount: Bool
    ) throws(StoreError) {
        switch source {
        case .local: try self.init(local: users, partialBlocksCount)
        case .centralAuth: try self.init(central: users, wiki: wiki, partialBlocksCount)
        }
    }

    private init(local layout: TableLayout, _ partialBlocksCount: Bool) throws(StoreError) {
        try layout.require("user", ["user_id", "user_name"])
        account = (layout.name("user"), "user_id")
        let optional = { layout.has("user", [$0]) ? "account.\($0)" : "NULL" }
        let state = StateJoin(layout, user: "account.user_id")
        let groups = GroupJoin(layout, table: "user_groups", fields: "ug_", user: "account.user_id")
        let blocks = BlockJoin(layout, user: "account.user_id", includesPartial: partialBlocksCount)
        columns =
            ["account.user_id", "account.user_name", optional("user_editcount"), optional("user_registration"), "0"]
            + state.columns + groups.columns + blocks.columns + ["NULL", "0"]
        joins = state.joins + groups.joins + blocks.joins
    }

    private init(central layout: TableLayout, wiki: TableLayout, _ partialBlocksCount: Bool) throws(StoreError) {
        try layout.require("globaluser", ["gu_id", "gu_name", "gu_locked"])
        account = (layout.name("globaluser"), "gu_id")
        let registration = layout.has("globaluser", ["gu_registration"]) ? "account.gu_registration" : "NULL"
        let hasEdits = layout.has("global_edit_count", ["gec_user", "gec_count"])
        let edits = "LEFT JOIN \(layout.name("global_edit_count")) AS edits ON edits.gec_user = account.gu_id"
        let state = StateJoin(layout, user: "account.gu_id")
        let groups = GroupJoin(layout, table: "global_user_groups", fields: "gug_", user: "account.gu_id")
        let local = LocalAccountJoin(wiki, name: "account.gu_name")
        let blocks = local.map { BlockJoin(wiki, user: $0.id, includesPartial: partialBlocksCount) } ?? .none
        columns =
            [
                "account.gu_id", "account.gu_name", hasEdits ? "edits.gec_count" : "NULL", registration,
                "account.gu_locked",
            ] + state.columns + groups.columns + blocks.columns
            + [AttachmentColumn(layout, name: "account.gu_name").text, local?.id ?? "0"]
        joins = (hasEdits ? [edits] : []) + state.joins + groups.joins + (local?.joins ?? []) + blocks.joins
    }

    /// The tables of a statement that is about users alone.
    var tables: String { (["\(account.table) AS account"] + joins).joined(separator: " ") }

    /// Joins for the user with the id that `id` is an expression for.
    func joins(id: String) -> [String] {
        ["LEFT JOIN \(account.table) AS account ON account.\(account.id) = \(id)"] + joins
    }
}

/// A user of one lookup, put together from its rows.
struct UserReading {
    /// The user; nil as long as no row has one.
    private(set) var user: User?

    /// Adds the group and the block of a row, and the user itself when it is the first. Values that can't be read are taken
    /// for the less privileged: such a membership has ended, such a block is in force.
    mutating func add(_ row: some SQLRow, at start: Int, now: Timestamp) {
        if user == nil, !row.isNull(start) {
            user = User(
                id: row.integer(start), name: row.text(start + 1), locked: row.flag(start + 4) || row.flag(start + 5),
                isBlocked: row.flag(start + 6), editCount: row.count(start + 2), registration: row.time(start + 3),
                attachedWikis: row.isNull(start + 11) ? nil : Self.names(row.text(start + 11)),
                hasLocalAccount: row.integer(start + 12) != 0)
        }
        if !row.isNull(start + 7), MediaWikiTime(row.bytes(start + 8)).isInForce(at: now, whenUnreadable: false) {
            add(group: row.text(start + 7))
        }
        if !row.isNull(start + 9), MediaWikiTime(row.bytes(start + 10)).isInForce(at: now, whenUnreadable: true) {
            user?.isBlocked = true
        }
    }

    private static func names(_ list: String) -> [String] { list.split(separator: ",").map(String.init) }

    private mutating func add(group: String) {
        guard var groups = user?.groups, !groups.contains(group) else { return }
        groups.insert(group, at: groups.firstIndex { group < $0 } ?? groups.endIndex)
        user?.groups = groups
    }
}
