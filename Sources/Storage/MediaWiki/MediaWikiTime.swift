// MediaWiki's times in databases: 14 digits, `YYYYMMDDHHMMSS`, UTC; or `infinity`.

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
        return days(year, month, day) * 86_400 + seconds
    }

    /// Days from 1970 to a date of the Gregorian calendar, by eras of 400 years that begin in March.
    private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let year = month <= 2 ? year - 1 : year
        let era = (year >= 0 ? year : year - 399) / 400
        let yearOfEra = year - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }
}
