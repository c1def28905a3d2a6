// A prepared statement of libsqlite3.

import CNative.SQLite

/// A prepared statement: bind, step and read, reset.
package final class SQLiteStatement {
    /// Kept open by its statements.
    private let connection: SQLiteConnection
    private let handle: OpaquePointer

    init(connection: SQLiteConnection, handle: OpaquePointer) {
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
    package func isNull(_ column: Int) -> Bool {
        sqlite3_column_type(handle, CInt(column)) == SQLITE_NULL
    }

    /// The row's column as an integer; NULL is 0, text is read as SQLite reads numbers.
    package func integer(_ column: Int) -> Int64 {
        sqlite3_column_int64(handle, CInt(column))
    }

    /// The row's column as bytes: a blob's, or a text's in UTF-8; none when NULL.
    package func bytes(_ column: Int) -> [UInt8] {
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
}

extension SQLiteStatement: SQLRow {}
