// MediaWiki's times in databases: 14 digits, `YYYYMMDDHHMMSS`, UTC; or `infinity`.

import Bytes

/// A time column's value.
enum MediaWikiTime: Equatable {
    /// NULL or empty.
    case absent
    /// Never.
    case infinity
    /// Seconds since 1970.
    case seconds(Int64)
    /// Anything else.
    case unreadable

    /// Reads a column's bytes.
    init(_ bytes: [UInt8]) {
        if bytes.isEmpty {
            self = .absent
        } else if bytes.elementsEqual("infinity".utf8) || bytes.elementsEqual("infinite".utf8) {
            self = .infinity
        } else if let seconds = Self.seconds(bytes) {
            self = .seconds(seconds)
        } else {
            self = .unreadable
        }
    }

    private static func seconds(_ digits: [UInt8]) -> Int64? {
        guard digits.count == 14, digits.allSatisfy({ (48...57).contains($0) }) else { return nil }
        func number(_ range: Range<Int>) -> Int64 { digits[range].reduce(0) { $0 * 10 + Int64($1 - 48) } }
        let (year, month, day) = (number(0..<4), number(4..<6), number(6..<8))
        guard (1...12).contains(month), (1...31).contains(day) else { return nil }
        let seconds = number(8..<10) * 3600 + number(10..<12) * 60 + number(12..<14)
        return CivilTime.days(year: year, month: month, day: day) * 86_400 + seconds
    }
}
