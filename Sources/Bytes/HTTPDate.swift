// Dates as HTTP writes them: RFC 9110 section 5.6.7, IMF-fixdate. Used by the cookie's `expires`.

/// The proleptic Gregorian calendar in UTC, without leap seconds.
public struct HTTPDate: Equatable, Sendable {
    /// Year, e.g. 2026.
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

    /// The latest time that four digits of a year can say: 9999-12-31 23:59:59.
    public static let latest: Int64 = 253_402_300_799

    /// The date at `seconds` since 1970, held between 1970 and ``latest``.
    public init(seconds: Int64) {
        let seconds = min(max(seconds, 0), Self.latest)
        let days = seconds / 86_400
        let time = seconds % 86_400
        (hour, minute, second) = (time / 3600, time / 60 % 60, time % 60)
        weekday = (days + 4) % 7
        // Years counted from March, so that the leap day is the last day of one: eras of 400 years from 0000-03-01.
        let shifted = days + 719_468
        let dayOfEra = shifted % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * marchMonth + 2) / 5 + 1
        month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        year = shifted / 146_097 * 400 + yearOfEra + (month <= 2 ? 1 : 0)
    }

    /// Seconds since 1970 at a time of the calendar; nil when there is no such time.
    public static func seconds(
        year: Int64, month: Int64, day: Int64, hour: Int64, minute: Int64, second: Int64
    ) -> Int64? {
        guard (1...9999).contains(year), (1...12).contains(month), (1...daysIn(month, of: year)).contains(day),
            (0...23).contains(hour), (0...59).contains(minute), (0...59).contains(second)
        else { return nil }
        let marchYear = month <= 2 ? year - 1 : year
        let marchMonth = month > 2 ? month - 3 : month + 9
        let dayOfYear = (153 * marchMonth + 2) / 5 + day - 1
        let days = marchYear * 365 + marchYear / 4 - marchYear / 100 + marchYear / 400 + dayOfYear - 719_468
        return days * 86_400 + hour * 3600 + minute * 60 + second
    }

    /// Appends `seconds` since 1970 as `Sun, 01 Mar 2026 16:00:00 GMT`: 29 bytes.
    public static func append(seconds: Int64, into output: inout [UInt8]) {
        let date = HTTPDate(seconds: seconds)
        appendName(date.weekday, of: "SunMonTueWedThuFriSat", into: &output)
        output.append(", ")
        appendDigits(date.day, 2, into: &output)
        output.append(0x20)
        appendName(date.month - 1, of: "JanFebMarAprMayJunJulAugSepOctNovDec", into: &output)
        output.append(0x20)
        appendDigits(date.year, 4, into: &output)
        output.append(0x20)
        appendDigits(date.hour, 2, into: &output)
        output.append(0x3A)
        appendDigits(date.minute, 2, into: &output)
        output.append(0x3A)
        appendDigits(date.second, 2, into: &output)
        output.append(" GMT")
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

    private static func appendName(_ index: Int64, of names: StaticString, into output: inout [UInt8]) {
        let start = Int(index) * 3
        output.append(Bytes(names)[start..<start + 3])
    }

    private static func daysIn(_ month: Int64, of year: Int64) -> Int64 {
        switch month {
        case 4, 6, 9, 11: 30
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        default: 31
        }
    }
}
