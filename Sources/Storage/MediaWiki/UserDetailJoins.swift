// The joins that add to a user what is in other tables. Each of them does without its table: its columns are constants then.

/// The table `user_state`.
struct StateJoin {
    /// Locked, blocked.
    let columns: [String]
    let joins: [String]

    init(_ layout: TableLayout, user: String) {
        func column(_ name: String) -> String { layout.has("user_state", ["user_id", name]) ? "state.\(name)" : "0" }
        columns = [column("locked"), column("block_sitewide")]
        joins =
            layout.has("user_state", ["user_id"])
            ? ["LEFT JOIN \(layout.name("user_state")) AS state ON state.user_id = \(user)"] : []
    }
}

/// Group memberships: `user_groups` or `global_user_groups`.
struct GroupJoin {
    /// Group, expiry.
    let columns: [String]
    let joins: [String]

    /// Memberships last where there is no column for their expiry.
    init(_ layout: TableLayout, table: String, fields: String, user: String) {
        guard layout.has(table, ["\(fields)user", "\(fields)group"]) else {
            columns = ["NULL", "NULL"]
            joins = []
            return
        }
        let hasExpiry = layout.has(table, ["\(fields)expiry"])
        columns = ["membership.\(fields)group", hasExpiry ? "membership.\(fields)expiry" : "NULL"]
        joins = ["LEFT JOIN \(layout.name(table)) AS membership ON membership.\(fields)user = \(user)"]
    }
}

/// The wiki's own account of a global user. Names are the same everywhere, ids are not.
struct LocalAccountJoin {
    /// The expression for the local user's id.
    let id: String
    let joins: [String]

    /// Nil where the wiki's own users are not known.
    init?(_ wiki: TableLayout, name: String) {
        guard wiki.has("user", ["user_id", "user_name"]) else { return nil }
        var joins: [String] = []
        for (index, condition) in wiki.dialect.sameName("local.user_name", name).enumerated() {
            let alias = "local\(index)"
            joins.append(
                "LEFT JOIN \(wiki.name("user")) AS \(alias) ON \(condition.replacing("local.", with: "\(alias)."))")
        }
        self.joins = joins
        id = "COALESCE(\(joins.indices.map { "local\($0).user_id" }.joined(separator: ", ")), 0)"
    }
}

/// On which wikis an account is the central user's: `localuser`.
struct AttachmentColumn {
    /// The expression for the wikis' ids, with commas between them; NULL where that is not known.
    let text: String

    /// - Parameter name: The expression for the user's name.
    init(_ layout: TableLayout, name: String) {
        guard layout.has("localuser", ["lu_name", "lu_wiki"]) else {
            text = "NULL"
            return
        }
        let lists = layout.dialect.sameName("attached.lu_name", name).map {
            "(SELECT GROUP_CONCAT(attached.lu_wiki) FROM \(layout.name("localuser")) AS attached WHERE \($0))"
        }
        text = "COALESCE(\((lists + ["''"]).joined(separator: ", ")))"
    }
}

/// Blocks of a local user: `block` and `block_target` since MediaWiki 1.42, `ipblocks` before.
struct BlockJoin {
    /// Not NULL for a block, expiry.
    let columns: [String]
    let joins: [String]

    /// No user is blocked.
    static let none = BlockJoin(columns: ["NULL", "NULL"], joins: [])

    private init(columns: [String], joins: [String]) {
        self.columns = columns
        self.joins = joins
    }

    /// Blocks of addresses have the user id 0.
    /// - Parameter includesPartial: Whether blocks count that are not of the whole wiki.
    init(_ wiki: TableLayout, user: String, includesPartial: Bool) {
        let isKnown = Self.isKnown(wiki)
        if isKnown.blocks {
            self.init(
                columns: ["block.bl_target", "block.bl_expiry"],
                joins: [
                    "LEFT JOIN \(wiki.name("block_target")) AS target ON target.bt_user = \(user) AND \(user) <> 0",
                    "LEFT JOIN \(wiki.name("block")) AS block ON block.bl_target = target.bt_id"
                        + (includesPartial ? "" : " AND block.bl_sitewide = 1"),
                ])
        } else if isKnown.oldBlocks {
            // Before partial blocks there was no such column, and every block was site-wide.
            let hasPartial = wiki.has("ipblocks", ["ipb_sitewide"])
            let sitewide = hasPartial && !includesPartial ? " AND block.ipb_sitewide = 1" : ""
            let condition = "block.ipb_user = \(user) AND \(user) <> 0\(sitewide)"
            self.init(
                columns: ["block.ipb_user", "block.ipb_expiry"],
                joins: ["LEFT JOIN \(wiki.name("ipblocks")) AS block ON \(condition)"])
        } else {
            self = .none
        }
    }

    /// Which tables of blocks there are.
    static func isKnown(_ wiki: TableLayout) -> (blocks: Bool, oldBlocks: Bool) {
        let hasBlocks = wiki.has("block", ["bl_target", "bl_expiry", "bl_sitewide"])
        return (
            hasBlocks && wiki.has("block_target", ["bt_id", "bt_user"]),
            wiki.has("ipblocks", ["ipb_user", "ipb_expiry"])
        )
    }
}
