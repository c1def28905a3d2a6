// What a statement returned, copied out of libmariadb.

import CNative.MariaDB

/// A statement's rows.
package struct MariaDBResult: Sendable {
    /// The names of the columns.
    package private(set) var columns: [String] = []
    /// The rows, in the server's order.
    package private(set) var rows: [MariaDBRow] = []

    /// The result of a statement that returns none.
    init() {}

    init(_ stored: UnsafeMutablePointer<MYSQL_RES>) {
        let count = Int(mysql_num_fields(stored))
        if let fields = mysql_fetch_fields(stored) {
            columns = (0..<count).map { String(cString: fields[$0].name) }
        }
        rows.reserveCapacity(Int(mysql_num_rows(stored)))
        while let row = mysql_fetch_row(stored), let lengths = mysql_fetch_lengths(stored) {
            rows.append(MariaDBRow(row, lengths, count: count))
        }
    }
}

/// A row: the bytes of its columns.
package struct MariaDBRow: Sendable {
    private var contents: [UInt8] = []
    /// Where each column begins, and the end of the last; a column that is NULL is marked beside it.
    private var starts: [Int32] = [0]
    private var nulls: [Bool] = []

    fileprivate init(
        _ row: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>, _ lengths: UnsafeMutablePointer<UInt>, count: Int
    ) {
        contents.reserveCapacity((0..<count).reduce(0) { $0 + Int(lengths[$1]) })
        starts.reserveCapacity(count + 1)
        nulls.reserveCapacity(count)
        for column in 0..<count {
            contents += UnsafeRawBufferPointer(start: row[column], count: row[column] == nil ? 0 : Int(lengths[column]))
            starts.append(Int32(clamping: contents.count))
            nulls.append(row[column] == nil)
        }
    }

    /// The number of columns.
    var count: Int { nulls.count }

    private func slice(_ column: Int) -> ArraySlice<UInt8> { contents[Int(starts[column])..<Int(starts[column + 1])] }
}

extension MariaDBRow: SQLRow {
    package func isNull(_ column: Int) -> Bool { nulls[column] }

    package func bytes(_ column: Int) -> [UInt8] { Array(slice(column)) }

    /// Numbers come as decimal texts; what is none is 0.
    package func integer(_ column: Int) -> Int64 {
        var digits = slice(column)
        let isNegative = digits.first == UInt8(ascii: "-")
        if isNegative { digits.removeFirst() }
        var value: Int64 = 0
        for digit in digits {
            guard (48...57).contains(digit) else { return 0 }
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, isTooLarge) = product.addingReportingOverflow(Int64(digit - 48))
            guard !overflow, !isTooLarge else { return isNegative ? .min : .max }
            value = sum
        }
        return isNegative ? -value : value
    }
}
