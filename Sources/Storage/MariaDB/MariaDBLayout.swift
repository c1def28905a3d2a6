// MediaWiki's tables as a MariaDB server has them: which there are, and how their texts are stored.
//
// A wiki's texts are bytes (the binary layout) or UTF-8 with a collation that takes different names for the same. A key is compared
// as the column compares, so that its index is used, and once more byte for byte.

import Bytes

/// How a column stores its texts.
struct TextColumn: Sendable {
    /// The character set; nil for bytes.
    let characterSet: String?
    /// The collation; nil for bytes.
    let collation: String?
    /// The most bytes that a value can have.
    let limit: Int

    /// Whether the column can hold `key`. The server answers others with an error, or compares them for nothing.
    func canHold(_ key: [UInt8]) -> Bool {
        guard key.count <= limit else { return false }
        switch characterSet {
        case nil, "latin1": return true
        case "utf8mb4": return String(validating: key, as: UTF8.self) != nil
        // Three bytes at most for a character.
        case "utf8mb3", "utf8": return !key.contains { $0 >= 0xf0 } && String(validating: key, as: UTF8.self) != nil
        default: return key.allSatisfy { $0 < 0x80 }
        }
    }
}

/// The tables of one database of a server.
struct MariaDBLayout {
    /// What statements are made of.
    let tables: TableLayout
    private let texts: [String: TextColumn]

    /// Reads the layout of `database`. Columns that the account may not read are not seen.
    ///
    /// - Throws: When the server can't be read.
    init(
        _ connection: MariaDBConnection, database: String, prefix: String, deadline: ContinuousClock.Instant
    ) throws(MariaDBError) {
        let names = TableLayout.tables.map { hexadecimal(Array((prefix + $0).utf8)) }.joined(separator: ",")
        let script = """
            SELECT TABLE_NAME, COLUMN_NAME, CHARACTER_SET_NAME, COLLATION_NAME, CHARACTER_OCTET_LENGTH, \
            @@lower_case_table_names FROM information_schema.COLUMNS \
            WHERE TABLE_SCHEMA = \(hexadecimal(Array(database.utf8))) AND TABLE_NAME IN (\(names))
            """
        let rows = try connection.run(Array(script.utf8), deadline: deadline).first?.rows ?? []
        var columns: [String: Set<String>] = [:]
        var texts: [String: TextColumn] = [:]
        for row in rows {
            // Where names of tables are stored in lower case, the prefix's capitals are not there.
            let wanted = row.integer(5) == 0 ? prefix : prefix.lowercased()
            guard row.text(0).hasPrefix(wanted) else { continue }
            let table = String(row.text(0).dropFirst(prefix.count))
            let column = row.text(1).lowercased()
            columns[table, default: []].insert(column)
            let isBytes = row.isNull(2) || row.text(2) == "binary"
            texts[column] = TextColumn(
                characterSet: isBytes ? nil : row.text(2), collation: isBytes ? nil : row.text(3),
                limit: Int(clamping: row.integer(4)))
        }
        self.texts = texts
        tables = TableLayout(
            dialect: .mariaDB(texts), schema: database, prefix: prefix, file: nil, columns: columns)
    }

    /// How a column is stored; its name is of one table only. Nil where it is not seen.
    func text(_ column: String) -> TextColumn? { texts[column] }
}

extension SQLDialect {
    /// MariaDB's, for a database with these columns of text.
    fileprivate static func mariaDB(_ texts: [String: TextColumn]) -> SQLDialect {
        SQLDialect(
            quote: "`",
            sameName: { column, name in
                let text = texts[String(column.split(separator: ".").last ?? "")]
                let isSame = "CAST(\(column) AS BINARY) = CAST(\(name) AS BINARY)"
                guard let set = text?.characterSet, let collation = text?.collation else {
                    return ["\(column) = CAST(\(name) AS BINARY)"]
                }
                return ["\(column) = CONVERT(\(name) USING \(set)) COLLATE \(collation) AND \(isSame)"]
            }, isMissing: "is missing, or the account may not read it")
    }
}

/// Bytes as a literal of SQL. It needs no escaping, whatever they are.
func hexadecimal(_ bytes: [UInt8]) -> String {
    String(decoding: literal(bytes), as: UTF8.self)
}

/// The same as bytes.
func literal(_ bytes: [UInt8]) -> [UInt8] {
    var text: [UInt8] = []
    text.reserveCapacity(2 * bytes.count + 3)
    text += [UInt8(ascii: "X"), UInt8(ascii: "'")]
    for byte in bytes {
        text.append(digit(byte >> 4))
        text.append(digit(byte & 15))
    }
    text.append(UInt8(ascii: "'"))
    return text
}

private func digit(_ value: UInt8) -> UInt8 { value < 10 ? 48 + value : 87 + value }
