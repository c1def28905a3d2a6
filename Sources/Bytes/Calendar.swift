// The one conversion between seconds and dates. Years are counted from March, so that a leap day is the last day of its year, and
// in eras of 400 years, after which the calendar repeats itself (H. Hinnant, "chrono-Compatible Low-Level Date Algorithms").

/// A date and a time of day in the proleptic Gregorian calendar, in UTC, without leap seconds.
public struct CivilTime: Equatable, Sendable {
    /// Year, such as 2026.
    public var year: Int64
    /// Month, 1 to 12.
    public var month: Int64
    /// Day of the month, 1 to 31.
    public var day: Int64
    /// Hour, 0 to 23.
    public var hour: Int64
    /// Minute, 0 to 59.
    public var minute: Int64
    /// Second, 0 to 59.
    public var second: Int64
    /// Day of the week, 0 for Sunday.
    public var weekday: Int64

    /// The latest time whose year has four digits, 9999-12-31 23:59:59, in seconds since 1970.
    public static let latest: Int64 = 253_402_300_799

    /// The time at `seconds` since 1970, held between 1970 and ``latest``.
    public init(seconds: Int64) {
        let seconds = min(max(seconds, 0), Self.latest)
        let days = seconds / 86_400
        let time = seconds % 86_400
        (hour, minute, second) = (time / 3600, time / 60 % 60, time % 60)
        weekday = (days + 4) % 7
        let shifted = days + Self.daysBefore1970
        let dayOfEra = shifted % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * marchMonth + 2) / 5 + 1
        month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        year = shifted / 146_097 * 400 + yearOfEra + (month <= 2 ? 1 : 0)
    }

    /// Seconds since 1970 at a time of the calendar; nil when the calendar has no such time.
    public static func seconds(
        year: Int64, month: Int64, day: Int64, hour: Int64, minute: Int64, second: Int64
    ) -> Int64? {
        guard (1...9999).contains(year), (1...12).contains(month), (1...daysIn(month, of: year)).contains(day),
            (0...23).contains(hour), (0...59).contains(minute), (0...59).contains(second)
        else { return nil }
        return days(year: year, month: month, day: day) * 86_400 + hour * 3600 + minute * 60 + second
    }

    /// Days from 1970-01-01 to a date. `month` must be 1 to 12; a day past the end of its month runs on into the next, as in PHP.
    package static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
        let marchYear = month <= 2 ? year - 1 : year
        let marchMonth = month > 2 ? month - 3 : month + 9
        let era = (marchYear >= 0 ? marchYear : marchYear - 399) / 400
        let yearOfEra = marchYear - era * 400
        let dayOfYear = (153 * marchMonth + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - daysBefore1970
    }

    /// From 0000-03-01 to 1970-01-01.
    private static let daysBefore1970: Int64 = 719_468

    private static func daysIn(_ month: Int64, of year: Int64) -> Int64 {
        switch month {
        case 4, 6, 9, 11: 30
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        default: 31
        }
    }
}

// MARK: - Text

extension CivilTime {
    /// Appends `YYYY-MM-DDTHH:MM:SS` (RFC 3339 section 5.6) without fraction and zone.
    package func appendRFC3339(into output: inout [UInt8]) {
        Self.appendDigits(year, 4, into: &output)
        for (separator, value) in [("-", month), ("-", day), ("T", hour), (":", minute), (":", second)] {
            output.append(contentsOf: separator.utf8)
            Self.appendDigits(value, 2, into: &output)
        }
    }

    /// `YYYY-MM-DDTHH:MM:SSZ` (RFC 3339 section 5.6).
    package var rfc3339Text: String {
        var text: [UInt8] = []
        appendRFC3339(into: &text)
        return String(decoding: text, as: UTF8.self) + "Z"
    }

    /// Seconds since 1970 at the time that `text` names as ``rfc3339Text`` does; nil for any other text.
    package static func seconds(rfc3339 text: String) -> Int64? {
        let numbers = text.split { !$0.isNumber }.compactMap { Int64($0) }
        guard numbers.count == 6,
            let seconds = seconds(
                year: numbers[0], month: numbers[1], day: numbers[2], hour: numbers[3], minute: numbers[4],
                second: numbers[5])
        else { return nil }
        // Other separators, signs and zones are no part of the text that this time would have.
        return CivilTime(seconds: seconds).rfc3339Text == text ? seconds : nil
    }

    /// MediaWiki's 14 digits, `YYYYMMDDHHMMSS`.
    package var mediaWikiText: String {
        var text: [UInt8] = []
        Self.appendDigits(year, 4, into: &text)
        for value in [month, day, hour, minute, second] { Self.appendDigits(value, 2, into: &text) }
        return String(decoding: text, as: UTF8.self)
    }

    /// Appends `value` in at least `width` decimal digits.
    package static func appendDigits(_ value: Int64, _ width: Int, into output: inout [UInt8]) {
        var divisor: Int64 = 1
        for _ in 1..<width { divisor *= 10 }
        while value / divisor > 9 { divisor *= 10 }
        while divisor > 0 {
            output.append(0x30 + UInt8(truncatingIfNeeded: value / divisor % 10))
            divisor /= 10
        }
    }
}
