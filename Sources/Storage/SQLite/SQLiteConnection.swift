// A connection of libsqlite3.
//
// The wrapper is thin because a lookup is one point query on a prepared statement: it takes about 12 µs, and four times that in a
// general database library. Connections are opened without libsqlite3's own locking: one thread uses one at a time.

import CNative.SQLite

/// A value to bind to a parameter.
public enum SQLiteValue: Equatable, Sendable {
    /// NULL.
    case null
    /// An integer.
    case integer(Int64)
    /// Text.
    case text(String)
    /// Bytes.
    case blob([UInt8])
}

/// A connection to a database file. Not for two threads at once.
public final class SQLiteConnection {
    /// What may be done with the file.
    public enum Access: Sendable {
        /// Read an existing file. Files beside it are created only where that can't harm its owner: ``WriteAheadLog``.
        case readOnly
        /// Read and write an existing file.
        case readWrite
        /// Read and write a file, which is created when it does not exist.
        case create
    }

    /// The path of the main file.
    public let path: String
    private let handle: OpaquePointer
    /// Files that were attached.
    private var attached: [String] = []

    /// Opens the file at `path`. It is not read yet: a file that is not a database shows at the first statement.
    ///
    /// - Throws: When the file can't be opened.
    public init(path: String, access: Access, busyTimeoutMilliseconds: Int = 1000) throws(StoreError) {
        _ = Self.isPrepared
        self.path = path
        var opened: OpaquePointer?
        let flags = access.flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE
        let status = sqlite3_open_v2(path, &opened, flags, access == .readOnly ? WriteAheadLog.guardName : nil)
        guard status == SQLITE_OK, let opened else {
            let reason = opened.map { String(cString: sqlite3_errmsg($0)) } ?? "out of memory"
            sqlite3_close_v2(opened)
            throw StoreError(.unavailable("can't be opened: \(reason)"), file: path)
        }
        handle = opened
        sqlite3_busy_timeout(handle, CInt(clamping: busyTimeoutMilliseconds))
    }

    /// Without memory statistics, workers that allocate at the same time don't share a lock.
    private static let isPrepared: Bool =
        sqlite_disable_memory_statistics() == SQLITE_OK && WriteAheadLog.registerGuard()

    deinit {
        // Version 2 waits for statements that are still in use.
        sqlite3_close_v2(handle)
    }

    /// Runs statements without parameters, separated by semicolons.
    ///
    /// - Throws: The first statement's error; later statements don't run.
    public func execute(_ script: String) throws(StoreError) {
        guard sqlite3_exec(handle, script, nil, nil, nil) == SQLITE_OK else { throw failure() }
    }

    /// Runs one statement to its end.
    ///
    /// - Throws: When the statement can't be prepared or fails.
    public func run(_ sql: String, _ values: [SQLiteValue] = []) throws(StoreError) {
        let statement = try prepare(sql)
        for (index, value) in values.enumerated() { statement.bind(value, at: index + 1) }
        while try statement.step() {}
    }

    /// Makes the tables of another file available under the name `schema`.
    func attach(_ file: String, as schema: String) throws(StoreError) {
        attached.append(file)
        try run("ATTACH ?1 AS \(schema)", [.text(file)])
    }

    /// A statement that is used many times.
    package func prepare(_ sql: String) throws(StoreError) -> SQLiteStatement {
        var statement: OpaquePointer?
        let flags = CUnsignedInt(SQLITE_PREPARE_PERSISTENT)
        guard sqlite3_prepare_v3(handle, sql, -1, flags, &statement, nil) == SQLITE_OK, let statement else {
            throw failure()
        }
        return SQLiteStatement(connection: self, handle: statement)
    }

    /// The error of the latest call.
    func failure() -> StoreError {
        let code = sqlite3_extended_errcode(handle)
        if code == WriteAheadLog.refusal {
            let refused = ([path] + attached).lazy.compactMap { file in
                WriteAheadLog.problem(with: file).map { StoreError(.unavailable($0), file: file) }
            }
            if let error = refused.first { return error }
        }
        let message = String(cString: sqlite3_errmsg(handle))
        switch code & 0xff {
        case SQLITE_BUSY, SQLITE_LOCKED: return StoreError(.busy, file: path)
        case SQLITE_NOTADB: return StoreError(.unavailable("not an SQLite database"), file: path)
        case SQLITE_CANTOPEN, SQLITE_PERM: return StoreError(.unavailable("can't be opened: \(message)"), file: path)
        default: return StoreError(.failed(code: Int(code), message: message), file: path)
        }
    }
}

extension SQLiteConnection.Access {
    fileprivate var flags: CInt {
        switch self {
        case .readOnly: SQLITE_OPEN_READONLY
        case .readWrite: SQLITE_OPEN_READWRITE
        case .create: SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
        }
    }
}
