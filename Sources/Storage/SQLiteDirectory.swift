// MediaWiki's tables in SQLite: its own file, a copy, or one that an operator keeps in the same layout.
//
// The file is opened for reading only, and others may write to it meanwhile. When it is replaced (renamed over, as copies are
// put in place), that is noticed within a second and the new one opened.

import Sessions
import Synchronization

/// A directory whose lookups can be joined.
public protocol SnapshotDirectory: Directory {
    /// Runs `body` with the rows as they are at one moment; cheaper than reading each alone. What is passed to `body` is valid
    /// during the call.
    func snapshot<Result>(_ body: (any Directory) throws -> Result) throws -> Result
}

/// OAuth tables and users in SQLite files. Several threads can read at once, each with a connection of its own.
public final class SQLiteDirectory: SnapshotDirectory {
    /// Which files, and how they are read.
    public struct Source: Sendable {
        /// The file with the OAuth tables.
        public var file: String
        /// The file with the users, when it is another: `globaluser`, or the wiki's own `user`.
        public var usersFile: String?
        /// Whose ids central ids are.
        public var users: UserSettings.Source
        /// `$wgDBprefix`: letters, digits and underscores.
        public var tablePrefix = ""
        /// How long a lock of another process is waited for.
        public var busyTimeoutMilliseconds = 500
        /// How often it is looked whether a file was replaced.
        public var checkInterval: Duration = .seconds(1)

        /// Files in MediaWiki's layout.
        public init(file: String, usersFile: String? = nil, users: UserSettings.Source = .local) {
            self.file = file
            self.usersFile = usersFile
            self.users = users
        }
    }

    private let source: Source
    private let reporter: ErrorReporter
    private let idle: Mutex<[DirectorySession]>
    /// More connections are made when more threads read at once, and closed again.
    private static let idleLimit = 16

    /// Opens the files. Throws when one is missing, no database, or lacks a table or column that verdicts depend on.
    ///
    /// Errors of later readings are thrown to the reader, and passed to `report` for the log: at most one a second, with the
    /// number of those since the one before.
    public init(
        _ source: Source, report: @escaping @Sendable (StoreError, Int) -> Void = { _, _ in }
    ) throws(StoreError) {
        guard source.tablePrefix.utf8.allSatisfy(Self.isPlain) else {
            throw StoreError(file: source.file, problem: .unusablePrefix)
        }
        self.source = source
        reporter = ErrorReporter(report)
        idle = Mutex([try DirectorySession(source)])
    }

    /// Opens `file`, and `usersFile` when the users are in another.
    public convenience init(
        file: String, usersFile: String? = nil, users: UserSettings.Source = .local
    ) throws(StoreError) {
        try self.init(Source(file: file, usersFile: usersFile, users: users))
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"): true
        default: false
        }
    }

    /// Runs `body` with the rows as they are at one moment.
    public func snapshot<Result>(_ body: (any Directory) throws -> Result) throws -> Result {
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
    /// The consumer with this key, compared byte for byte.
    public func consumer(key: [UInt8]) throws -> Consumer? { try withSession { try $0.consumer(key: key) } }

    /// The consumer with this numeric id.
    public func consumer(id: Int64) throws -> Consumer? { try withSession { try $0.consumer(id: id) } }

    /// The acceptance with this OAuth 1 access token, compared byte for byte.
    public func acceptance(token: [UInt8]) throws -> Acceptance? { try withSession { try $0.acceptance(token: token) } }

    /// The acceptance with this numeric id.
    public func acceptance(id: Int64) throws -> Acceptance? { try withSession { try $0.acceptance(id: id) } }

    /// The OAuth 2 access token with this `jti`, compared byte for byte.
    public func accessToken(identifier: [UInt8]) throws -> AccessTokenRow? {
        try withSession { try $0.accessToken(identifier: identifier) }
    }

    /// The user with this central id, with the groups and blocks in force at `now`.
    public func user(id: Int64, at now: Timestamp) throws -> User? { try withSession { try $0.user(id: id, at: now) } }
}
