// Whom a central id names: a user of the wiki itself, or CentralAuth's global user.
//
// `user_state` is no table of MediaWiki's: it lets an operator's own file say what hooks and extensions know in a wiki
// (`locked`, `block_sitewide`).

import Sessions

/// Prepared queries for users.
enum UserQueries {
    /// The wiki's own users.
    case local(LocalUserQueries)
    /// CentralAuth's.
    case central(CentralUserQueries)

    /// The user with this central id.
    func user(id: Int64, at now: Timestamp) throws(StoreError) -> User? {
        switch self {
        case .local(let queries): try queries.user(id: id, at: now)
        case .central(let queries): try queries.user(id: id, at: now)
        }
    }
}

/// The tables `user`, `user_groups`, `user_state` and those of blocks.
final class LocalUserQueries {
    private let users: SQLiteStatement
    private let state: UserStateQueries
    private let groups: GroupQueries
    private let blocks: BlockQueries

    /// Prepares the queries. Throws when there is no `user` table.
    init(_ layout: TableLayout) throws(StoreError) {
        try layout.require("user", ["user_id", "user_name"])
        let edits = try layout.optional("user_editcount", of: "user")
        let registration = try layout.optional("user_registration", of: "user")
        users = try layout.connection.prepare(
            "SELECT user_name, \(edits), \(registration) FROM \(layout.name("user")) WHERE user_id = ?1")
        state = try UserStateQueries(layout)
        groups = try GroupQueries(
            layout, table: "user_groups", user: "ug_user", group: "ug_group", expiry: "ug_expiry")
        blocks = try BlockQueries(layout)
    }

    /// The user with this id.
    func user(id: Int64, at now: Timestamp) throws(StoreError) -> User? {
        let found = try users.first(id: id) { row in
            User(id: id, name: row.text(0), editCount: row.count(1), registration: row.time(2))
        }
        guard var user = found else { return nil }
        let state = try state.state(id: id)
        user.locked = state.locked
        user.blockedSitewide = state.blocked ? true : try blocks.isBlocked(id, at: now)
        user.groups = try groups.groups(of: id, at: now)
        return user
    }
}

/// The tables `globaluser`, `global_user_groups`, `global_edit_count`, and the wiki's own for blocks.
final class CentralUserQueries {
    private let users: SQLiteStatement
    private let state: UserStateQueries
    private let groups: GroupQueries
    private let blocks: BlockQueries
    /// Nil when the wiki's own users are not there, and its blocks can't be told.
    private let localIDs: SQLiteStatement?

    /// Prepares the queries; `wiki` is where the wiki's own tables are. Throws when there is no `globaluser` table.
    init(_ layout: TableLayout, wiki: TableLayout) throws(StoreError) {
        try layout.require("globaluser", ["gu_id", "gu_name", "gu_locked"])
        let registration = try layout.optional("gu_registration", of: "globaluser")
        let hasCounts = try layout.has("global_edit_count", ["gec_user", "gec_count"])
        let counts = hasCounts ? " LEFT JOIN \(layout.name("global_edit_count")) ON gec_user = gu_id" : ""
        users = try layout.connection.prepare(
            "SELECT gu_name, \(hasCounts ? "gec_count" : "NULL"), \(registration), gu_locked"
                + " FROM \(layout.name("globaluser"))\(counts) WHERE gu_id = ?1")
        state = try UserStateQueries(layout)
        groups = try GroupQueries(
            layout, table: "global_user_groups", user: "gug_user", group: "gug_group", expiry: "gug_expiry")
        blocks = try BlockQueries(wiki)
        let hasLocal = try wiki.has("user", ["user_id", "user_name"])
        localIDs =
            hasLocal
            ? try wiki.connection.prepare(
                "SELECT user_id, user_name FROM \(wiki.name("user")) WHERE user_name = ?1") : nil
    }

    /// The user with this global id.
    func user(id: Int64, at now: Timestamp) throws(StoreError) -> User? {
        let found = try users.first(id: id) { row in
            User(
                id: id, name: row.text(0), locked: row.integer(3) != 0, editCount: row.count(1),
                registration: row.time(2))
        }
        guard var user = found else { return nil }
        let state = try state.state(id: id)
        user.locked = user.locked || state.locked
        user.blockedSitewide = state.blocked ? true : try isBlocked(user.name, at: now)
        user.groups = try groups.groups(of: id, at: now)
        return user
    }

    private func isBlocked(_ name: String, at now: Timestamp) throws(StoreError) -> Bool {
        let name = Array(name.utf8)
        let local = try localIDs?.first(key: name) {
            (id: $0.integer(0), name: $0.bytes(1))
        } matching: {
            $0.name == name
        }
        guard let local else { return false }
        return try blocks.isBlocked(local.id, at: now)
    }
}

/// The table `user_state`.
struct UserStateQueries {
    private let statement: SQLiteStatement?

    init(_ layout: TableLayout) throws(StoreError) {
        guard try layout.has("user_state", ["user_id"]) else {
            statement = nil
            return
        }
        let locked = try layout.optional("locked", of: "user_state", otherwise: "0")
        let blocked = try layout.optional("block_sitewide", of: "user_state", otherwise: "0")
        statement = try layout.connection.prepare(
            "SELECT \(locked), \(blocked) FROM \(layout.name("user_state")) WHERE user_id = ?1")
    }

    func state(id: Int64) throws(StoreError) -> (locked: Bool, blocked: Bool) {
        let found = try statement?.first(id: id) { (locked: $0.integer(0) != 0, blocked: $0.integer(1) != 0) }
        return found ?? (false, false)
    }
}

extension SQLiteStatement {
    fileprivate func count(_ column: Int) -> Int64? {
        isNull(column) ? nil : integer(column)
    }

    fileprivate func time(_ column: Int) -> Int64? {
        guard case .seconds(let seconds) = MediaWikiTime(bytes(column)) else { return nil }
        return seconds
    }
}
