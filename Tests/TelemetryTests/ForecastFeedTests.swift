// Requests from several event loops to one count.

import Bytes
import Forecast
import Foundation
import Synchronization
import Telemetry
import Testing

private let start: Int64 = 1_772_366_400

/// A clock that tests set.
private final class Clock: Sendable {
    let second = Atomic<Int64>(start)
}

@Suite struct ForecastFeedTests {
    private let clock = Clock()
    private let policies = [ForecastPolicy(name: "p", limits: ["anon": [.second: 5], "*": [.minute: 3]])]

    private func feed() -> ForecastFeed {
        let clock = clock
        return ForecastFeed { clock.second.load(ordering: .relaxed) }
    }

    private func send(
        _ queue: ForecastQueue, _ key: String, number: Int64? = nil, _ name: String = "anon", consumer: String = "",
        at second: Int64 = start
    ) {
        Array(key.utf8).withBytes { key in
            Array(name.utf8).withBytes { name in
                Array(consumer.utf8).withBytes { consumer in
                    queue.add(
                        ForecastKeyText(key, number), className: name, consumer: consumer, cookie: .keep,
                        second: second)
                }
            }
        }
    }

    @Test func countsWhatAllLoopsSent() throws {
        let feed = feed()
        let queues = (0..<3).map { _ in feed.makeQueue() }
        #expect(!queues[0].isCounting && feed.report(.start) == nil && feed.state(.start) == nil)
        feed.adopt(policies)
        #expect(queues[0].isCounting)
        for _ in 0..<4 { for queue in queues { send(queue, "192.0.2.1") } }
        send(queues[1], "jwt-sub:mw:local:wiki:", number: 1_234_567_890, "bot", consumer: "c")
        send(queues[2], "jwt-sub:mw:local:wiki:", number: 0, "", consumer: "d")
        let report = try #require(feed.report(.start))
        #expect(report.rows.map(\.requests) == [12, 2] && report.rows.map(\.limitedRequests) == [7, 0])
        #expect(report.rows[0].top.map(\.key) == ["192.0.2.1"])
        #expect(report.rows[1].top.map(\.key) == ["jwt-sub:mw:local:wiki:0", "jwt-sub:mw:local:wiki:1234567890"])
        #expect(report.rows[1].top.map(\.consumer) == ["d", "c"])
        #expect(report.cookies.keeping == 3)
        #expect(feed.sums.map(\.limited) == [7, 0])
        feed.adopt([])
        #expect(!queues[0].isCounting && feed.report(.start) == nil)
    }

    /// One loop is read before another: what it sent in the next second must wait for what that one sent in this.
    @Test func windowsGetTheirRequestsInTheOrderOfTime() throws {
        let feed = feed()
        let queues = (0..<2).map { _ in feed.makeQueue() }
        feed.adopt(policies)
        for second in 0..<20 as Range<Int64> {
            for _ in 0..<3 { send(queues[0], "k", at: start + second) }
            for _ in 0..<3 { send(queues[0], "k", at: start + second + 1) }
            for _ in 0..<3 { send(queues[1], "k", at: start + second) }
            clock.second.store(start + second, ordering: .relaxed)
            _ = feed.report(.start)
        }
        clock.second.store(start + 30, ordering: .relaxed)
        let row = try #require(feed.report(.start)?.rows.first)
        // The first second has six requests, those after it nine, the last three.
        #expect(row.requests == 180 && row.limitedWindows == 20 && row.limitedRequests == 1 + 19 * 4)
    }

    @Test func aFloodIsDroppedAndSaidToBe() throws {
        let (clock, gate) = (clock, NSLock())
        let feed = ForecastFeed { gate.withLock { clock.second.load(ordering: .relaxed) } }
        let queue = feed.makeQueue()
        feed.adopt(policies)
        // The thread asks for the time before it takes anything: meanwhile it takes nothing.
        let sent = 20_000
        gate.withLock { for _ in 0..<sent { send(queue, "192.0.2.1") } }
        let row = try #require(feed.report(.start)?.rows.first)
        #expect(feed.lostCount > 0)
        #expect(!row.isExact && row.requests + Double(feed.lostCount) == Double(sent))
    }

    @Test func aClockThatIsSetBackHoldsNothingUp() throws {
        let feed = feed()
        let queue = feed.makeQueue()
        feed.adopt(policies)
        for round in 0..<200 {
            for _ in 0..<100 { send(queue, "192.0.2.1", at: start + 7200) }
            if round % 10 == 0 { _ = feed.report(.start) }
        }
        // What was sent has to wait, but not without a bound.
        let row = try #require(feed.report(.start)?.rows.first)
        #expect(row.requests > 0)
    }
}
