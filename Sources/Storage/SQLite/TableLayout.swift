// Which tables and columns a database has: MediaWiki's schema changed over the years, and an operator's own file need not have all.

/// A database within a connection, and what its tables look like.
struct TableLayout {
    /// The connection.
    let connection: SQLiteConnection
    /// `main`, or the name that another file was attached under.
    let schema: String
    /// The file, for messages.
    let file: String
    /// `$wgDBprefix`.
    let prefix: String

    /// The table's name for a query. Prefix and schema are ours or checked.
    func name(_ table: String) -> String { "\"\(schema)\".\"\(prefix)\(table)\"" }

    /// The names of the table's columns in lower case; none when there is no such table or view.
    func columns(of table: String) throws(StoreError) -> Set<String> {
        let statement = try connection.prepare("SELECT name FROM pragma_table_info(?1, ?2)")
        statement.bind(.text(prefix + table), at: 1)
        statement.bind(.text(schema), at: 2)
        var names: Set<String> = []
        while try statement.step() { names.insert(statement.text(0).lowercased()) }
        return names
    }

    /// Throws unless the table has these columns.
    func require(_ table: String, _ columns: [String]) throws(StoreError) {
        let present = try self.columns(of: table)
        guard !present.isEmpty else { throw StoreError(file: file, problem: .missingTable(prefix + table)) }
        for column in columns where !present.contains(column) {
            throw StoreError(file: file, problem: .missingColumn(table: prefix + table, column: column))
        }
    }

    /// Whether the table has these columns.
    func has(_ table: String, _ columns: [String]) throws(StoreError) -> Bool {
        try self.columns(of: table).isSuperset(of: columns)
    }

    /// The expression for a column that may be absent.
    func optional(_ column: String, of table: String, otherwise: String = "NULL") throws(StoreError) -> String {
        try has(table, [column]) ? column : otherwise
    }
}
