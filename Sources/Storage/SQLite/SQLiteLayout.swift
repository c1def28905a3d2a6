// MediaWiki's tables as an SQLite file has them.

extension SQLDialect {
    /// SQLite's. A name may be stored as text or as a blob, in either table. The last condition makes the comparison one of
    /// bytes, whatever the column's collation is.
    static let sqlite = SQLDialect(
        quote: "\"",
        sameName: { column, name in
            ["TEXT", "BLOB"].map { type in
                "\(column) = CAST(\(name) AS \(type)) AND CAST(\(column) AS BLOB) = CAST(\(name) AS BLOB)"
            }
        }, isMissing: "is missing")
}

extension TableLayout {
    /// Reads the layout of a connection's database `schema`, which is in `file`.
    ///
    /// - Throws: When the file can't be read.
    package init(_ connection: SQLiteConnection, schema: String, file: String, prefix: String) throws(StoreError) {
        var columns: [String: Set<String>] = [:]
        let statement = try connection.prepare("SELECT name FROM pragma_table_info(?1, ?2)")
        statement.bind(.text(schema), at: 2)
        for table in Self.tables {
            statement.bind(.text(prefix + table), at: 1)
            defer { statement.reset() }
            while try statement.step() { columns[table, default: []].insert(statement.text(0).lowercased()) }
        }
        self.init(dialect: .sqlite, schema: schema, prefix: prefix, file: file, columns: columns)
    }
}
