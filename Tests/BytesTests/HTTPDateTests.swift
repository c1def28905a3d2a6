import Testing
import Bytes

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

@Suite struct HTTPDateTests {
    private func date(_ seconds: Int64) -> String {
        var output: [UInt8] = []
        HTTPDate.append(seconds: seconds, into: &output)
        return text(output)
    }

    @Test(
        arguments: [
            (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),  // RFC 9110 section 5.6.7
            (0, "Thu, 01 Jan 1970 00:00:00 GMT"), (1_772_380_800, "Sun, 01 Mar 2026 16:00:00 GMT"),
            (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"), (4_107_542_399, "Sun, 28 Feb 2100 23:59:59 GMT"),
            (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"), (253_402_300_799, "Fri, 31 Dec 9999 23:59:59 GMT"),
            (253_402_300_800, "Fri, 31 Dec 9999 23:59:59 GMT"), (Int64.max, "Fri, 31 Dec 9999 23:59:59 GMT"),
            (-1, "Thu, 01 Jan 1970 00:00:00 GMT"), (Int64.min, "Thu, 01 Jan 1970 00:00:00 GMT"),
        ] as [(Int64, String)]) func writes(_ seconds: Int64, _ expected: String)
    {
        #expect(date(seconds) == expected)
    }

    @Test func otherFormats() {
        var text: [UInt8] = []
        CivilTime(seconds: 951_782_399).appendRFC3339(into: &text)
        #expect(text == Array("2000-02-28T23:59:59".utf8))
        #expect(CivilTime(seconds: 33_350_745_600).mediaWikiText == "30261105000000")
    }

    @Test func agreesWithFoundationsCalendar() throws {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = try #require(TimeZone(secondsFromGMT: 0))
        for seconds in stride(from: Int64(0), to: 33_000_000_000, by: 86_400 * 97 + 3661) {
            let found = CivilTime(seconds: seconds)
            let units: Set<Calendar.Component> = [.year, .month, .day, .hour, .minute, .second, .weekday]
            let expected = calendar.dateComponents(units, from: Date(timeIntervalSince1970: Double(seconds)))
            #expect(found.year == Int64(expected.year ?? 0) && found.month == Int64(expected.month ?? 0))
            #expect(found.day == Int64(expected.day ?? 0) && found.weekday == Int64(expected.weekday ?? 0) - 1)
            #expect(found.hour == Int64(expected.hour ?? -1) && found.second == Int64(expected.second ?? -1))
            let back = CivilTime.seconds(
                year: found.year, month: found.month, day: found.day, hour: found.hour, minute: found.minute,
                second: found.second)
            #expect(back == seconds)
        }
    }

    @Test func daysOfAnyYear() {
        #expect(CivilTime.days(year: 1970, month: 1, day: 1) == 0)
        #expect(CivilTime.days(year: 0, month: 3, day: 1) == -719_468)
        #expect(CivilTime.days(year: 0, month: 1, day: 1) == -719_528)
        #expect(CivilTime.days(year: 2026, month: 2, day: 31) == CivilTime.days(year: 2026, month: 3, day: 3))
    }

    @Test func refusesDaysThatDoNotExist() {
        func seconds(_ year: Int64, _ month: Int64, _ day: Int64, _ hour: Int64 = 0) -> Int64? {
            CivilTime.seconds(year: year, month: month, day: day, hour: hour, minute: 0, second: 0)
        }
        #expect(seconds(2023, 2, 29) == nil && seconds(1900, 2, 29) == nil && seconds(2026, 4, 31) == nil)
        #expect(seconds(2024, 2, 29) == 1_709_164_800 && seconds(2000, 2, 29) == 951_782_400)
        #expect(seconds(2026, 0, 1) == nil && seconds(2026, 13, 1) == nil && seconds(2026, 1, 0) == nil)
        #expect(seconds(2026, 1, 1, 24) == nil && seconds(0, 1, 1) == nil && seconds(1, 1, 1) == -62_135_596_800)
    }
}
