// One connection with its prepared queries: what a worker holds while it reads.
//
// Reading a row takes a lock on the file and gives it back, which costs ten times the reading itself. So the queries of a
// lookup, or of several, run in one transaction; and what they join is then of one moment.

import Sessions

/// A read-only connection to the OAuth tables and the users. Not for two threads at once.
final class DirectorySession: @unchecked Sendable {
    // @unchecked Sendable: the directory lends a session to one thread at a time.

    private let connection: SQLiteConnection
    private let oauth: OAuthQueries
    private let users: UserQueries
    private let begin: SQLiteStatement
    private let lock: SQLiteStatement
    private let end: SQLiteStatement
    private let files: [(path: String, identity: FileIdentity)]

    /// When its files were last seen to be the ones that were opened.
    var lastChecked: ContinuousClock.Instant
    /// The latest error of a reading.
    private(set) var error: StoreError?

    /// Opens the files and prepares all queries. Throws when a file is missing, no database, or lacks what verdicts need.
    init(_ source: SQLiteDirectory.Source) throws(StoreError) {
        lastChecked = .now
        var files: [(path: String, identity: FileIdentity)] = []
        for path in [source.file, source.usersFile].compactMap(\.self) {
            files.append((path, try FileIdentity(path: path)))
        }
        self.files = files
        connection = try SQLiteConnection(
            path: source.file, access: .readOnly, busyTimeoutMilliseconds: source.busyTimeoutMilliseconds)
        let (main, users) = try Self.layouts(source, connection)
        oauth = try OAuthQueries(main)
        self.users = try Self.users(source.users, users, wiki: main)
        begin = try connection.prepare("BEGIN")
        lock = try connection.prepare("SELECT 1 FROM main.sqlite_schema LIMIT 1")
        end = try connection.prepare("COMMIT")
        // Replaced between looking and opening: rare enough to be tried again by whoever asks next.
        guard try !isStale() else { throw StoreError(file: source.file, problem: .busy) }
    }

    private static func layouts(
        _ source: SQLiteDirectory.Source, _ connection: SQLiteConnection
    ) throws(StoreError) -> (main: TableLayout, users: TableLayout) {
        // Views and triggers of the file may not call anything with side effects.
        try connection.execute("PRAGMA trusted_schema = OFF")
        // Reads the file's header, so that what is no database is named as that.
        try connection.run("PRAGMA schema_version")
        let main = TableLayout(
            connection: connection, schema: "main", file: source.file, prefix: source.tablePrefix)
        guard let usersFile = source.usersFile else { return (main, main) }
        do throws(StoreError) {
            try connection.run("ATTACH ?1 AS users", [.text(usersFile)])
            try connection.run("PRAGMA users.schema_version")
        } catch {
            throw StoreError(file: usersFile, problem: error.problem)
        }
        let users = TableLayout(
            connection: connection, schema: "users", file: usersFile, prefix: source.tablePrefix)
        return (main, users)
    }

    private static func users(
        _ source: UserSettings.Source, _ layout: TableLayout, wiki: TableLayout
    ) throws(StoreError) -> UserQueries {
        switch source {
        case .local: .local(try LocalUserQueries(layout))
        case .centralAuth: .central(try CentralUserQueries(layout, wiki: wiki))
        }
    }

    /// Whether a path names another file by now. Throws when it names none.
    func isStale() throws(StoreError) -> Bool {
        for file in files {
            guard try FileIdentity(path: file.path) == file.identity else { return true }
        }
        return false
    }

    /// Whether to go on with the session: after an error the file may have another layout, or be damaged. A lock that was held
    /// for too long says nothing against it.
    var isUsable: Bool { error == nil || error?.problem == .busy }

    /// Begins to be used.
    func begins() { error = nil }

    /// Runs `body` in one read transaction.
    func transaction<Result>(_ body: () throws -> Result) throws -> Result {
        try run(begin)
        // A transaction that only read ends the same way whatever happened in it.
        defer { try? run(end) }
        // The lock is taken here, so that it is waited for once, and not by each of the queries.
        try run(lock)
        return try body()
    }

    private func run(_ statement: SQLiteStatement) throws(StoreError) {
        defer { statement.reset() }
        _ = try query { () throws(StoreError) in try statement.step() }
    }

    /// Runs `body`, and remembers its error.
    private func query<Result>(_ body: () throws(StoreError) -> Result) throws(StoreError) -> Result {
        do throws(StoreError) {
            return try body()
        } catch {
            self.error = error
            throw error
        }
    }
}

extension DirectorySession: Directory {
    func consumer(key: [UInt8]) throws -> Consumer? {
        try query { () throws(StoreError) in try oauth.consumer(key: key) }
    }

    func consumer(id: Int64) throws -> Consumer? {
        try query { () throws(StoreError) in try oauth.consumer(id: id) }
    }

    func acceptance(token: [UInt8]) throws -> Acceptance? {
        try query { () throws(StoreError) in try oauth.acceptance(token: token) }
    }

    func acceptance(id: Int64) throws -> Acceptance? {
        try query { () throws(StoreError) in try oauth.acceptance(id: id) }
    }

    func accessToken(identifier: [UInt8]) throws -> AccessTokenRow? {
        try query { () throws(StoreError) in try oauth.accessToken(identifier: identifier) }
    }

    func user(id: Int64, at now: Timestamp) throws -> User? {
        try query { () throws(StoreError) in try users.user(id: id, at: now) }
    }
}
