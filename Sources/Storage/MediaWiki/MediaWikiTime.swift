// MediaWiki's times in databases: 14 digits, `YYYYMMDDHHMMSS`, UTC; or `infinity`.

import Bytes
import Sessions

/// A time column's value.
enum MediaWikiTime: Equatable {
    /// NULL or empty.
    case absent
    /// Never expires.
    case infinity
    /// Seconds since 1970.
    case seconds(Int64)
    /// Not a time.
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
        return CivilTime.seconds(
            year: number(0..<4), month: number(4..<6), day: number(6..<8), hour: number(8..<10),
            minute: number(10..<12), second: number(12..<14))
    }

    /// Whether what has this expiry is in force at `now`; without an expiry it always is.
    func isInForce(at now: Timestamp, whenUnreadable: Bool) -> Bool {
        switch self {
        case .absent, .infinity: true
        case .seconds(let seconds): seconds > now.seconds
        case .unreadable: whenUnreadable
        }
    }
}
