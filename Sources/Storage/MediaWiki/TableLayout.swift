// Which tables and columns a database has. MediaWiki's schema changed over the years, and a file that an operator keeps by hand
// may hold less than MediaWiki's own.

/// How a database spells what SQL leaves open.
package struct SQLDialect: Sendable {
    /// The character around names of tables.
    let quote: Character
    /// The conditions under which a column holds the same name as another column, byte for byte. There are several when a
    /// text can be stored in several types that never equal each other: at most one of them holds for a row.
    let sameName: @Sendable (_ column: String, _ name: String) -> [String]
    /// What is said of a table or column that is not seen.
    let isMissing: String
}

/// The tables of one database, as a value: what statements are made of.
package struct TableLayout: Sendable {
    /// The spelling of its SQL.
    let dialect: SQLDialect
    /// The database's name within the connection.
    let schema: String
    /// `$wgDBprefix`, checked.
    let prefix: String
    /// The file, for messages; nil when it is not a file.
    let file: String?
    /// The names of the columns in lower case, by table without its prefix. Only tables that exist.
    let columns: [String: Set<String>]

    /// The tables that are looked for.
    static let tables = [
        "oauth_registered_consumer", "oauth_accepted_consumer", "oauth2_access_tokens", "user", "user_groups",
        "user_state", "block", "block_target", "ipblocks", "globaluser", "global_user_groups", "global_edit_count",
        "localuser",
    ]

    /// Whether a prefix can be part of a name in a statement.
    static func isUsable(prefix: String) -> Bool {
        prefix.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"): true
            default: false
            }
        }
    }

    /// The table's full name for a statement.
    func name(_ table: String) -> String {
        let quote = dialect.quote
        return "\(quote)\(schema)\(quote).\(quote)\(prefix)\(table)\(quote)"
    }

    /// Requires a table with these columns.
    ///
    /// - Throws: When the table or one of the columns is missing.
    func require(_ table: String, _ required: [String]) throws(StoreError) {
        guard let present = columns[table] else {
            throw StoreError(.missingTable(prefix + table), file: file)
        }
        for column in required where !present.contains(column) {
            throw StoreError(.missingColumn(table: prefix + table, column: column), file: file)
        }
    }

    /// Whether the table exists and has these columns.
    func has(_ table: String, _ wanted: [String] = []) -> Bool {
        columns[table]?.isSuperset(of: wanted) ?? false
    }
}
