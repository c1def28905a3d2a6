// A row of a result, whichever database it came from.

/// The current row of a statement that runs. Columns count from 0.
package protocol SQLRow {
    /// Whether the column is NULL.
    func isNull(_ column: Int) -> Bool
    /// The column as an integer; 0 for NULL.
    func integer(_ column: Int) -> Int64
    /// The column's bytes, text in UTF-8; none for NULL.
    func bytes(_ column: Int) -> [UInt8]
}

extension SQLRow {
    /// The column as text; invalid UTF-8 is repaired.
    package func text(_ column: Int) -> String { String(decoding: bytes(column), as: UTF8.self) }

    /// The column as a Boolean; false for NULL.
    func flag(_ column: Int) -> Bool { integer(column) != 0 }

    /// The column as an integer; nil for NULL.
    func count(_ column: Int) -> Int64? { isNull(column) ? nil : integer(column) }

    /// The column as seconds since 1970; nil for NULL and for what is not a time.
    func time(_ column: Int) -> Int64? {
        guard case .seconds(let seconds) = MediaWikiTime(bytes(column)) else { return nil }
        return seconds
    }
}
