// One connection with its prepared statements: what a worker holds while it reads.
//
// Taking a lock on the file and giving it back costs ten times as much as reading a row. So several lookups run in one
// transaction, and the rows of each are of one moment.

import Sessions

/// A read-only connection to the OAuth tables and the users. Not for two threads at once.
final class DirectorySession: @unchecked Sendable {
    // @unchecked Sendable: the directory lends a session to one thread at a time.

    private let connection: SQLiteConnection
    private let oauth1: KeyedStatement
    private let oauth2: KeyedStatement
    private let user: SQLiteStatement
    private let begin: SQLiteStatement
    private let lock: SQLiteStatement
    private let end: SQLiteStatement
    private let files: [(path: String, identity: FileIdentity)]
    private let layouts: (wiki: TableLayout, users: TableLayout)

    /// When the paths were last seen to name the files that were opened.
    var lastChecked: ContinuousClock.Instant
    /// The latest error of a lookup.
    private(set) var error: StoreError?

    /// Opens the files and prepares all statements.
    ///
    /// - Throws: When a file is missing, is not a database, or lacks a table or column that decisions depend on.
    init(_ source: SQLiteDirectory.Source) throws(StoreError) {
        lastChecked = .now
        var files: [(path: String, identity: FileIdentity)] = []
        for path in [source.file, source.usersFile].compactMap(\.self) {
            files.append((path, try FileIdentity(path: path)))
        }
        self.files = files
        connection = try SQLiteConnection(
            path: source.file, access: .readOnly, busyTimeoutMilliseconds: source.busyTimeoutMilliseconds)
        layouts = try Self.layouts(source, connection)
        let sql = try MediaWikiSQL(
            wiki: layouts.wiki, users: layouts.users, source: source.users,
            partialBlocksCount: source.partialBlocksCount)
        if source.blocksDisableLogin { try layouts.wiki.requireBlocks(users: layouts.users, source: source.users) }
        oauth1 = try KeyedStatement(connection, sql.oauth1)
        oauth2 = try KeyedStatement(connection, sql.oauth2)
        user = try connection.prepare(sql.user)
        begin = try connection.prepare("BEGIN")
        lock = try connection.prepare("SELECT 1 FROM main.sqlite_schema LIMIT 1")
        end = try connection.prepare("COMMIT")
        // A file that was replaced while it was opened is rare: the next lookup tries again.
        guard try !isStale() else { throw StoreError(.busy, file: source.file) }
    }

    private static func layouts(
        _ source: SQLiteDirectory.Source, _ connection: SQLiteConnection
    ) throws(StoreError) -> (wiki: TableLayout, users: TableLayout) {
        // Views of the file may not call functions with side effects.
        try connection.execute("PRAGMA trusted_schema = OFF")
        // Reads the file's header, so that a file that is not a database is named as such.
        try connection.run("PRAGMA schema_version")
        let wiki = try TableLayout(connection, schema: "main", file: source.file, prefix: source.tablePrefix)
        guard let file = source.usersFile else { return (wiki, wiki) }
        do throws(StoreError) {
            try connection.attach(file, as: "users")
            try connection.run("PRAGMA users.schema_version")
            return (wiki, try TableLayout(connection, schema: "users", file: file, prefix: source.tablePrefix))
        } catch {
            throw StoreError(error.kind, file: file)
        }
    }

    /// What the files lack that does not keep them from being used, a sentence each.
    func advice(_ source: SQLiteDirectory.Source) throws(StoreError) -> [String] {
        var wikis: Set<String> = []
        for text in KnownWikis.statements(layouts.wiki) {
            let statement = try connection.prepare(text)
            while try statement.step() { wikis.insert(statement.text(0)) }
        }
        return layouts.wiki.oauthAdvice + layouts.users.advice(for: source.users)
            + KnownWikis.advice(configured: source.wikis, found: wikis)
    }

    /// Whether a path names another file by now.
    ///
    /// - Throws: When a path names no file.
    func isStale() throws(StoreError) -> Bool {
        for file in files {
            guard try FileIdentity(path: file.path) == file.identity else { return true }
        }
        return false
    }

    /// Whether the session can be used again: after an error the file may have another layout, or be damaged. A lock that was
    /// held for too long is not the session's error.
    var isUsable: Bool { error == nil || error?.kind == .busy }

    /// Forgets the error of an earlier use.
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

    /// Runs `body` and remembers its error.
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
    func oauth1(consumerKey: [UInt8], token: [UInt8], at now: Timestamp) throws -> OAuth1Records {
        var reading = OAuth1Reading(consumerKey: consumerKey, token: token, now: now)
        try query { () throws(StoreError) in
            try oauth1.read((consumerKey, token)) {
                reading.add($0)
            } isFound: {
                reading.isFound
            }
        }
        return reading.records
    }

    func oauth2(tokenID: [UInt8], clientID: [UInt8], subject: Int64?, at now: Timestamp) throws -> OAuth2Records {
        var reading = OAuth2Reading(tokenID: tokenID, clientID: clientID, subject: subject, now: now)
        try query { () throws(StoreError) in
            try oauth2.read((tokenID, clientID), third: subject.map { .integer($0) } ?? .null) {
                reading.add($0)
            } isFound: {
                reading.isFound
            }
        }
        return reading.result
    }

    func user(id: Int64, at now: Timestamp) throws -> User? {
        var reading = UserReading()
        try query { () throws(StoreError) in
            user.bind(.integer(id), at: 1)
            defer { user.reset() }
            while try user.step() { reading.add(user, at: 0, now: now) }
        }
        return reading.user
    }
}
