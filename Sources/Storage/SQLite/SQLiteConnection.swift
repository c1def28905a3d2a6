// libsqlite3 made Swift: the one file that knows it.
//
// A thin wrapper, since a lookup is a handful of point queries on prepared statements: so it costs 12 µs, in a general database
// library four times that. Connections are opened without libsqlite3's own locking: one is used by one thread at a time.

import CNative.SQLite
import Bytes

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
        /// Read an existing file.
        case readOnly
        /// Read and write an existing file.
        case readWrite
        /// Read and write a file, made when there is none.
        case create
    }

    /// The file.
    public let path: String
    private let handle: OpaquePointer

    /// Opens the file at `path`. It is not read yet: what is no database shows at the first statement.
    public init(path: String, access: Access, busyTimeoutMilliseconds: Int = 1000) throws(StoreError) {
        _ = Self.prepared
        self.path = path
        var opened: OpaquePointer?
        let status = sqlite3_open_v2(path, &opened, access.flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nil)
        guard status == SQLITE_OK, let opened else {
            let reason = opened.map { String(cString: sqlite3_errmsg($0)) } ?? "out of memory"
            sqlite3_close_v2(opened)
            throw StoreError(file: path, problem: .cannotOpen(reason))
        }
        handle = opened
        sqlite3_busy_timeout(handle, CInt(clamping: busyTimeoutMilliseconds))
    }

    /// Workers allocate at the same time.
    private static let prepared: Bool = sqlite_disable_memory_statistics() == SQLITE_OK

    deinit {
        // Version 2 waits for statements that still live.
        sqlite3_close_v2(handle)
    }

    /// Runs statements without parameters, separated by semicolons.
    public func execute(_ script: String) throws(StoreError) {
        guard sqlite3_exec(handle, script, nil, nil, nil) == SQLITE_OK else { throw failure() }
    }

    /// Runs one statement to its end.
    public func run(_ sql: String, _ values: [SQLiteValue] = []) throws(StoreError) {
        let statement = try prepare(sql)
        for (index, value) in values.enumerated() { statement.bind(value, at: index + 1) }
        while try statement.step() {}
    }

    /// A statement to be used many times.
    package func prepare(_ sql: String) throws(StoreError) -> SQLiteStatement {
        var statement: OpaquePointer?
        let flags = CUnsignedInt(SQLITE_PREPARE_PERSISTENT)
        guard sqlite3_prepare_v3(handle, sql, -1, flags, &statement, nil) == SQLITE_OK, let statement else {
            throw failure()
        }
        return SQLiteStatement(connection: self, handle: statement)
    }

    fileprivate func failure() -> StoreError {
        let code = sqlite3_extended_errcode(handle)
        let message = String(cString: sqlite3_errmsg(handle))
        switch code & 0xff {
        case SQLITE_BUSY, SQLITE_LOCKED: return StoreError(file: path, problem: .busy)
        case SQLITE_NOTADB: return StoreError(file: path, problem: .notADatabase)
        case SQLITE_CANTOPEN, SQLITE_PERM: return StoreError(file: path, problem: .cannotOpen(message))
        default: return StoreError(file: path, problem: .failed(code: Int(code), message: message))
        }
    }
}

/// A prepared statement: bind, step and read, reset.
package final class SQLiteStatement {
    // The statement keeps its connection open.
    private let connection: SQLiteConnection
    private let handle: OpaquePointer
    /// For queries by a key: what the key is bound as.
    var keysAreBlobs = false

    fileprivate init(connection: SQLiteConnection, handle: OpaquePointer) {
        self.connection = connection
        self.handle = handle
    }

    deinit {
        sqlite3_finalize(handle)
    }

    /// Binds `value` to the parameter at `index`, from 1.
    package func bind(_ value: SQLiteValue, at index: Int) {
        switch value {
        case .null: sqlite3_bind_null(handle, CInt(index))
        case .integer(let number): sqlite3_bind_int64(handle, CInt(index), number)
        case .text(let text): bindText(Array(text.utf8), at: index)
        case .blob(let bytes): bindBlob(bytes, at: index)
        }
    }

    /// Binds bytes as text.
    func bindText(_ bytes: [UInt8], at index: Int) {
        bytes.withUnsafeBytes { buffer in
            let text = buffer.bindMemory(to: CChar.self).baseAddress
            _ = sqlite3_bind_text(handle, CInt(index), text ?? Self.empty, CInt(buffer.count), Self.copied)
        }
    }

    /// Binds bytes as a blob.
    func bindBlob(_ bytes: [UInt8], at index: Int) {
        bytes.withUnsafeBytes { buffer in
            _ = sqlite3_bind_blob(
                handle, CInt(index), buffer.baseAddress ?? UnsafeRawPointer(Self.empty), CInt(buffer.count), Self.copied
            )
        }
    }

    /// libsqlite3 copies what is bound (SQLITE_TRANSIENT, which is a cast that Swift does not import).
    private static var copied: sqlite3_destructor_type { unsafeBitCast(-1, to: sqlite3_destructor_type.self) }
    /// A null pointer would bind NULL.
    private static var empty: UnsafePointer<CChar> {
        UnsafeRawPointer(("" as StaticString).utf8Start).assumingMemoryBound(to: CChar.self)
    }

    /// Goes to the next row; false when there is none.
    package func step() throws(StoreError) -> Bool {
        switch sqlite3_step(handle) {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        default:
            // Resetting would overwrite the error's details.
            let failure = connection.failure()
            reset()
            throw failure
        }
    }

    /// Ends the reading, which also frees its lock.
    func reset() {
        sqlite3_reset(handle)
    }

    /// Whether the row's column, from 0, is NULL.
    func isNull(_ column: Int) -> Bool {
        sqlite3_column_type(handle, CInt(column)) == SQLITE_NULL
    }

    /// The row's column as an integer; NULL is 0, text is read as SQLite reads numbers.
    package func integer(_ column: Int) -> Int64 {
        sqlite3_column_int64(handle, CInt(column))
    }

    /// The row's column as bytes: a blob's, or a text's in UTF-8; none when NULL.
    func bytes(_ column: Int) -> [UInt8] {
        let column = CInt(column)
        let start: UnsafeRawPointer?
        // The pointer is asked for before the count, which it may convert; asking for a text's blob would not convert it.
        if sqlite3_column_type(handle, column) == SQLITE_BLOB {
            start = sqlite3_column_blob(handle, column)
        } else {
            start = UnsafeRawPointer(sqlite3_column_text(handle, column))
        }
        return Array(UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(handle, column))))
    }

    /// The row's column as text; invalid UTF-8 is repaired.
    package func text(_ column: Int) -> String {
        String(decoding: bytes(column), as: UTF8.self)
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
