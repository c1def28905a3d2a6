import Service
import Testing

@Suite struct TrafficHistoryTests {
    /// Two checks a second from 1,000,020 s (the start of a minute) plus `offset` on, looked at in several seconds of each minute.
    @Test(arguments: [Int64(0), 7, 31]) func aMinuteIsTheSameWheneverItIsLookedAt(_ offset: Int64) {
        let start: Int64 = 1_000_020 + offset
        let history = TrafficHistory(since: start)
        var seen: [Int64: [[Double]]] = [:]
        for now in start...start + 600 {
            let counts = [Double(2 * (now - start)), 0, 0, 0]
            if now % 30 == 0 { history.note(counts, at: now) }
            guard now % 7 == 0 else { continue }
            let minutes = history.minutes(until: counts, at: now)
            #expect(minutes.count == 60 && minutes.map { $0.counts[0] }.reduce(0, +) == counts[0], "\(now)")
            for minute in minutes where minute.start + 60 <= now {
                seen[minute.start, default: []].append(minute.counts)
            }
        }
        for (minute, counts) in seen where minute >= start { #expect(Set(counts) == [[120, 0, 0, 0]], "\(minute)") }
    }

    /// 600 checks at once, as a burst: in one minute, in each view, until they are an hour old.
    @Test func aBurstIsInOneMinute() {
        let history = TrafficHistory(since: 6000)
        for now in Int64(6000)...10_000 {
            let counts = [0, 0, now < 6135 ? 0 : 600, now < 9000 ? 0 : Double(now - 9000)]
            if now % 30 == 0 { history.note(counts, at: now) }
            let found = history.minutes(until: counts, at: now).filter { $0.counts[2] > 0 }
            #expect(found.count == (now < 6135 || now >= 9720 ? 0 : 1), "\(now)")
            #expect(found.allSatisfy { $0.start == 6120 && $0.counts[2] == 600 }, "\(now)")
        }
    }

    /// A moment that was noted beside the clock's half minutes: checks before and after it are shared between the minutes.
    @Test func betweenMomentsChecksCountAsIfTheyCameEvenly() {
        let history = TrafficHistory(since: 6000)
        history.note([50, 0, 0, 0], at: 6050)
        history.note([80, 0, 0, 0], at: 6080)
        let minutes = history.minutes(until: [80, 0, 0, 1], at: 6081)
        #expect(minutes.suffix(2).map(\.counts) == [[60, 0, 0, 0], [20, 0, 0, 1]])
    }

    @Test func aClockThatIsSetBackCountsNothingTwice() {
        let history = TrafficHistory(since: 6000)
        history.note([100, 0, 0, 0], at: 6030)
        history.note([200, 0, 0, 0], at: 6060)
        history.note([250, 0, 0, 0], at: 6020)
        let minutes = history.minutes(until: [300, 0, 0, 0], at: 6090)
        #expect(minutes.map { $0.counts[0] }.reduce(0, +) == 300)
    }

    @Test func momentsAreNotedWhereMinutesBegin() {
        #expect(TrafficHistory.wait(at: 60_000) == 30_000 && TrafficHistory.wait(at: 89_999) == 1)
    }
}
