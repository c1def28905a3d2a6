// MediaWiki's tables in SQLite: its own file, a copy, or a file that an operator keeps in the same layout.
//
// The file is opened for reading only, and others may write to it meanwhile. A file that is replaced, by renaming another over
// it, is noticed within a second, and the new one is opened.

import Sessions
import Synchronization

/// OAuth tables and users in SQLite files. Several threads can read at once, each with a connection of its own.
public final class SQLiteDirectory: CheckedDirectory {
    /// Which files, and how they are read.
    public struct Source: Sendable, Equatable {
        /// The file with the OAuth tables.
        public var file: String
        /// The file with the users, when it is another: `globaluser`, or the wiki's own `user`.
        public var usersFile: String?
        /// Whose ids central ids are.
        public var users: UserSettings.Source
        /// The ids of the wikis that requests are for; warnings name those that no row is for.
        public var wikis: [String] = []
        /// Whether a block ends a login, so that blocks must be known.
        public var blocksDisableLogin = false
        /// Whether a partial block counts as one of the whole wiki.
        public var partialBlocksCount = false
        /// `$wgDBprefix`: letters, digits and underscores.
        public var tablePrefix = ""
        /// The longest wait for a lock of another process.
        public var busyTimeoutMilliseconds = 500
        /// How often the paths are checked for files that were replaced.
        public var checkInterval: Duration = .seconds(1)

        /// Files in MediaWiki's layout.
        public init(file: String, usersFile: String? = nil, users: UserSettings.Source = .local) {
            self.file = file
            self.usersFile = usersFile
            self.users = users
        }
    }

    /// What the files lack that does not keep them from being used, with the consequence: a sentence each.
    public let warnings: [String]

    private let source: Source
    private let reporter: ErrorReporter
    private let idle: Mutex<[DirectorySession]>
    /// More connections are made when more threads read at once, and closed again.
    private static let idleLimit = 16

    /// Opens the files.
    ///
    /// - Parameters:
    ///   - source: The files.
    ///   - report: Gets errors of later lookups for the log: at most one a second, with the number of errors since the one
    ///     before. The errors are thrown to the caller of the lookup too.
    /// - Throws: When a file is missing, is not a database, or lacks a table or column that decisions depend on.
    public init(
        _ source: Source, report: @escaping @Sendable (StoreError, Int) -> Void = { _, _ in }
    ) throws(StoreError) {
        guard TableLayout.isUsable(prefix: source.tablePrefix) else {
            throw StoreError(.unusablePrefix, file: source.file)
        }
        self.source = source
        reporter = ErrorReporter(report)
        let session = try DirectorySession(source)
        warnings = try session.advice(source)
        idle = Mutex([session])
    }

    /// Opens `file`, and `usersFile` when the users are in another.
    ///
    /// - Throws: When a file is missing, is not a database, or lacks a table or column that decisions depend on.
    public convenience init(
        file: String, usersFile: String? = nil, users: UserSettings.Source = .local
    ) throws(StoreError) {
        try self.init(Source(file: file, usersFile: usersFile, users: users))
    }

    /// Runs `body` with the rows as they are at one moment.
    public func snapshot<Result>(
        of requests: [RowRequest], _ body: (any Directory) throws -> Result
    ) throws -> Result {
        try withSession { session in try session.transaction { try body(session) } }
    }

    private func withSession<Result>(_ body: (DirectorySession) throws -> Result) throws -> Result {
        let session: DirectorySession
        do throws(StoreError) {
            session = try self.session()
        } catch {
            reporter.report(error)
            throw error
        }
        defer { giveBack(session) }
        return try body(session)
    }

    /// An idle session whose files are still the ones at their paths, or a new one.
    private func session() throws(StoreError) -> DirectorySession {
        guard let session = idle.withLock({ $0.popLast() }) else { return try DirectorySession(source) }
        let now = ContinuousClock.now
        if now - session.lastChecked >= source.checkInterval {
            guard try !session.isStale() else {
                idle.withLock { $0.removeAll() }
                return try DirectorySession(source)
            }
            session.lastChecked = now
        }
        session.begins()
        return session
    }

    private func giveBack(_ session: DirectorySession) {
        if let error = session.error { reporter.report(error) }
        guard session.isUsable else { return }
        idle.withLock { idle in
            if idle.count < Self.idleLimit { idle.append(session) }
        }
    }
}

extension SQLiteDirectory {
    /// The rows behind an OAuth 1 request.
    public func oauth1(consumerKey: [UInt8], token: [UInt8], at now: Timestamp) throws -> OAuth1Records {
        try withSession { try $0.oauth1(consumerKey: consumerKey, token: token, at: now) }
    }

    /// The rows behind an OAuth 2 access token.
    public func oauth2(
        tokenID: [UInt8], clientID: [UInt8], subject: Int64?, at now: Timestamp
    ) throws -> OAuth2Records {
        try withSession { try $0.oauth2(tokenID: tokenID, clientID: clientID, subject: subject, at: now) }
    }

    /// The user with this central id.
    public func user(id: Int64, at now: Timestamp) throws -> User? { try withSession { try $0.user(id: id, at: now) } }
}
