// Group memberships and site-wide blocks, with their expiries.
//
// A value that can't be read is taken for the less privileged: such a membership has ended, such a block is in force.

import Sessions

/// Prepared query for the groups of a user: local (`user_groups`) or global (`global_user_groups`).
struct GroupQueries {
    private let statement: SQLiteStatement?

    /// Nothing is found where there is no such table; without the expiry column, memberships last.
    init(_ layout: TableLayout, table: String, user: String, group: String, expiry: String) throws(StoreError) {
        guard try layout.has(table, [user, group]) else {
            statement = nil
            return
        }
        let expiry = try layout.optional(expiry, of: table)
        statement = try layout.connection.prepare(
            "SELECT \(group), \(expiry) FROM \(layout.name(table)) WHERE \(user) = ?1")
    }

    /// The user's groups in force at `now`, sorted.
    func groups(of id: Int64, at now: Timestamp) throws(StoreError) -> [String] {
        var groups: [String] = []
        _ = try statement?.contains(id: id) { row in
            if Self.isInForce(MediaWikiTime(row.bytes(1)), at: now) { groups.append(row.text(0)) }
            return false
        }
        return groups.sorted()
    }

    private static func isInForce(_ expiry: MediaWikiTime, at now: Timestamp) -> Bool {
        switch expiry {
        case .absent, .infinity: true
        case .seconds(let seconds): seconds > now.seconds
        case .unreadable: false
        }
    }
}

/// Prepared query for the site-wide blocks of a local user: `block` and `block_target` since MediaWiki 1.42, `ipblocks` before.
struct BlockQueries {
    private let statement: SQLiteStatement?

    /// Nobody is blocked where there is no such table.
    init(_ layout: TableLayout) throws(StoreError) {
        statement = try Self.query(layout).map { (query) throws(StoreError) in try layout.connection.prepare(query) }
    }

    private static func query(_ layout: TableLayout) throws(StoreError) -> String? {
        let hasTargets = try layout.has("block_target", ["bt_id", "bt_user"])
        let hasBlocks = try layout.has("block", ["bl_target", "bl_expiry", "bl_sitewide"])
        if hasTargets, hasBlocks {
            return "SELECT bl_expiry FROM \(layout.name("block_target")) JOIN \(layout.name("block"))"
                + " ON bl_target = bt_id WHERE bt_user = ?1 AND bl_sitewide = 1"
        }
        guard try layout.has("ipblocks", ["ipb_user", "ipb_expiry"]) else { return nil }
        // Before partial blocks there was no such column, and every block was site-wide.
        let sitewide = try layout.optional("ipb_sitewide", of: "ipblocks", otherwise: "1")
        return "SELECT ipb_expiry FROM \(layout.name("ipblocks")) WHERE ipb_user = ?1 AND \(sitewide) = 1"
    }

    /// Whether the user with this local id is blocked site-wide at `now`. Id 0 is where blocks of addresses are.
    func isBlocked(_ id: Int64, at now: Timestamp) throws(StoreError) -> Bool {
        guard id != 0, let statement else { return false }
        return try statement.contains(id: id) { row in
            guard case .seconds(let expiry) = MediaWikiTime(row.bytes(0)) else { return true }
            return expiry > now.seconds
        }
    }
}
