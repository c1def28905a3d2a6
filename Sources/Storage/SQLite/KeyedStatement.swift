// A statement whose first two parameters are keys.
//
// SQLite never finds a blob equal to a text, and MediaWiki's columns, declared BLOB, hold either, depending on the program that
// wrote the row. So a key that is not found is tried once more as the other type. The type that was found is tried first next
// time: in most databases all rows have the same, and one run is enough.

/// A statement, and the type in which each of its keys was last found.
final class KeyedStatement {
    private let statement: SQLiteStatement
    private var areBlobs = (false, false)

    /// - Throws: When the statement can't be prepared.
    init(_ connection: SQLiteConnection, _ sql: String) throws(StoreError) {
        statement = try connection.prepare(sql)
    }

    /// Runs the statement, a second time when a key was not found, and passes each row to `add`.
    ///
    /// - Parameters:
    ///   - third: The third parameter, where the statement has one.
    ///   - isFound: Whether the rows so far have the first and the second key.
    func read(
        _ keys: ([UInt8], [UInt8]), third: SQLiteValue? = nil, add: (SQLiteStatement) -> Void,
        isFound: () -> (Bool, Bool)
    ) throws(StoreError) {
        if let third { statement.bind(third, at: 3) }
        try run(keys, areBlobs, add)
        let first = isFound()
        guard first != (true, true) else { return }
        let others = (areBlobs.0 != !first.0, areBlobs.1 != !first.1)
        try run(keys, others, add)
        let second = isFound()
        areBlobs = (second.0 ? others.0 : areBlobs.0, second.1 ? others.1 : areBlobs.1)
    }

    private func run(
        _ keys: ([UInt8], [UInt8]), _ areBlobs: (Bool, Bool), _ add: (SQLiteStatement) -> Void
    ) throws(StoreError) {
        defer { statement.reset() }
        statement.bind(key: keys.0, isBlob: areBlobs.0, at: 1)
        statement.bind(key: keys.1, isBlob: areBlobs.1, at: 2)
        while try statement.step() { add(statement) }
    }
}

extension SQLiteStatement {
    fileprivate func bind(key: [UInt8], isBlob: Bool, at index: Int) {
        if isBlob { bindBlob(key, at: index) } else { bindText(key, at: index) }
    }
}
