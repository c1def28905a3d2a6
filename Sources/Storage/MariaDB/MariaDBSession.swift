// A connection with the statements for what its server has: what is lent to one thread at a time.

import Sessions

/// A connection to a server whose tables are known.
final class MariaDBSession: @unchecked Sendable {
    // @unchecked Sendable: a server lends a session to one thread at a time.

    private let connection: MariaDBConnection
    private let sql: BatchSQL
    private let timeout: Duration
    private let layouts: (wiki: MariaDBLayout?, users: MariaDBLayout?)

    /// Connects, and looks which tables there are.
    ///
    /// - Throws: When the server can't be reached or read, or lacks a table or column that decisions depend on.
    init(_ address: DatabaseAddress, _ role: BatchSQL.Role, _ source: MariaDBSource) throws(StoreError) {
        timeout = .milliseconds(source.queryTimeout)
        let servers = role == .users ? source.users : source.wiki
        do throws(MariaDBError) {
            connection = try MariaDBConnection(
                address, servers, source.tls, timeout: .milliseconds(source.connectTimeout))
            try Self.prepare(connection, timeout)
            layouts = try Self.layouts(connection, role, source, timeout)
        } catch {
            throw error.storeError(address)
        }
        do throws(StoreError) {
            sql = try BatchSQL(wiki: layouts.wiki, users: layouts.users, source)
        } catch {
            throw Self.explained(error, connection, layouts, source)
        }
    }

    /// Statements read only, see one moment in a transaction, and are ended by the server too when they take too long.
    private static func prepare(_ connection: MariaDBConnection, _ timeout: Duration) throws(MariaDBError) {
        let (seconds, fraction) = timeout.components
        let limit = Double(seconds) + Double(fraction) / 1e18
        try connection.run(
            """
            SET SESSION sql_mode = '', group_concat_max_len = 4194304, max_statement_time = \(limit);\
            SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY
            """, timeout: timeout)
    }

    private static func layouts(
        _ connection: MariaDBConnection, _ role: BatchSQL.Role, _ source: MariaDBSource, _ timeout: Duration
    ) throws(MariaDBError) -> (wiki: MariaDBLayout?, users: MariaDBLayout?) {
        func layout(_ database: String) throws(MariaDBError) -> MariaDBLayout {
            // Read once for each connection; a server with thousands of tables takes a while.
            try MariaDBLayout(connection, database: database, prefix: source.tablePrefix, deadline: .now + timeout * 5)
        }
        let wiki = role == .users ? nil : try layout(source.wiki.database)
        if role == .wiki { return (wiki, nil) }
        let database = source.users.database
        return (wiki, wiki != nil && [source.wiki.database, ""].contains(database) ? wiki : try layout(database))
    }

    /// Whether a column is missing or not granted: the server says which when it is asked for.
    private static func explained(
        _ error: StoreError, _ connection: MariaDBConnection, _ layouts: (wiki: MariaDBLayout?, users: MariaDBLayout?),
        _ source: MariaDBSource
    ) -> StoreError {
        let server = connection.address.text
        guard case (let table, let column)? = error.kind.missing else { return StoreError(error.kind, server: server) }
        let isUsers = ["user", "global", "local"].contains { table.dropFirst(source.tablePrefix.count).hasPrefix($0) }
        let layout = isUsers ? layouts.users ?? layouts.wiki : layouts.wiki ?? layouts.users
        let name = "`\(layout?.tables.schema ?? "")`.`\(table)`"
        do {
            let timeout = Duration.milliseconds(source.queryTimeout)
            try connection.run("SELECT \(column ?? "1") FROM \(name) LIMIT 0", timeout: timeout)
        } catch  where [1142, 1143].contains(error.code) {
            return StoreError(.denied(table: name, column: column), server: server)
        } catch {}
        return StoreError(error.kind, server: server)
    }

    /// Reads what `query` asks for, in one round trip.
    func read(_ query: RowQuery) throws(MariaDBError) -> RowBatch {
        let (text, parts) = sql.script(for: query)
        var batch = RowBatch()
        guard !text.isEmpty else { return batch }
        let results = try connection.run(text, deadline: .now + timeout)
        // A result that is missing must not pass for rows that don't exist.
        guard results.count == parts.count else {
            throw MariaDBError(consequence: .lost, code: 0, message: "the answer is incomplete")
        }
        for (result, part) in zip(results, parts) {
            if let part { batch.add(result.rows, of: part) }
        }
        return batch
    }

    /// Runs one statement that is not about MediaWiki's rows.
    func run(_ statement: String) throws(MariaDBError) -> MariaDBResult {
        try connection.run(statement, timeout: timeout).first ?? MariaDBResult()
    }

    /// What the database lacks that does not keep it from being used, a sentence each.
    func advice(_ source: MariaDBSource) throws(MariaDBError) -> [String] {
        let users = layouts.users?.tables.advice(for: source.userSource) ?? []
        guard let wiki = layouts.wiki?.tables else { return users }
        var wikis: Set<String> = []
        for text in KnownWikis.statements(wiki) { wikis.formUnion(try run(text).rows.map { $0.text(0) }) }
        return wiki.oauthAdvice + users + KnownWikis.advice(configured: source.wikis, found: wikis)
    }
}

extension StoreError.Kind {
    /// The table that is missing, or the table of the column that is.
    fileprivate var missing: (table: String, column: String?)? {
        switch self {
        case .missingTable(let table): (table, nil)
        case .missingColumn(let table, let column): (table, column)
        default: nil
        }
    }
}
