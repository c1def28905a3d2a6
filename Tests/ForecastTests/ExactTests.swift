// While all keys fit into memory, each number is what a plain count of every window gives.

import Bytes
import Forecast
import Testing

private let start: Int64 = 1_772_366_400

@Suite struct ExactTests {
    @Test(arguments: [1, 2, 3] as [UInt64])
    func wholeTrafficIsAsCountedPlainly(seed: UInt64) {
        let sent = traffic(20_000, keys: 900, from: start + 17, seconds: 9000, seed: seed)
        let engine = ForecastEngine(policies, mode: .whole, start: start)
        for request in sent { engine.count(request) }
        let rows = engine.totals(.start).report().rows
        #expect(rows.map(\.plain) == bruteForce(sent, policies))
        #expect(rows.map(\.limitedRequests).contains { $0 > 0 })
    }

    @Test func liveTrafficSinceTheStartIsAsCountedPlainly() {
        // Two days: slices of all kinds end on the way.
        let sent = traffic(60_000, keys: 700, from: start, seconds: 190_000, seed: 4)
        let engine = ForecastEngine(policies, mode: .live, start: start)
        for request in sent { engine.count(request) }
        #expect(engine.totals(.start).report().rows.map(\.plain) == bruteForce(sent, policies))
    }

    @Test(arguments: [ForecastSpan.hour, .day], [7000, 90_123, 200_011] as [Int64])
    func spansAreAsCountedPlainly(span: ForecastSpan, length: Int64) {
        let sent = traffic(40_000, keys: 300, from: start, seconds: length, seed: 5)
        let engine = ForecastEngine(short, mode: .live, start: start)
        for request in sent { engine.count(request) }
        let from = engine.from(span)
        #expect(from >= engine.now - (span == .hour ? 4200 : 108_000))
        // Windows of a minute do not reach across the begin of a span.
        let own = sent.filter { $0.second >= from }
        let rows = engine.totals(span).report().rows
        #expect(rows.map(\.plain) == bruteForce(own, short))
    }

    private let short = [
        ForecastPolicy(name: "p", limits: ["anon": [.second: 1, .minute: 2], "*": [.minute: 3]])
    ]

    @Test func spansAfterALongSilence() {
        let engine = ForecastEngine(short, mode: .live, start: start)
        for request in traffic(3000, keys: 50, from: start, seconds: 7000, seed: 6) { engine.count(request) }
        engine.advance(to: start + 40 * 3600)
        for span in [ForecastSpan.hour, .day] {
            let rows = engine.totals(span).report().rows
            let isEmpty = rows.allSatisfy { $0.requests == 0 && $0.keys == 0 && $0.limit99 == 0 }
            #expect(isEmpty)
        }
        let late = traffic(3000, keys: 60, from: start + 40 * 3600, seconds: 500, seed: 7)
        for request in late { engine.count(request) }
        #expect(engine.totals(.hour).report().rows.map(\.plain) == bruteForce(late, short))
        #expect(engine.totals(.day).report().rows.map(\.plain) == bruteForce(late, short))
    }

    @Test func weightsCountAsThatManyRequests() {
        let sent = traffic(8000, keys: 200, from: start, seconds: 5000, seed: 8, weights: [1, 4, 100, 2.5])
        let engine = ForecastEngine(policies, mode: .whole, start: start)
        for request in sent { engine.count(request) }
        #expect(engine.totals(.start).report().rows.map(\.plain) == bruteForce(sent, policies))
    }

    /// 11.666… − 6.666… is a little more than 5: the window is over the limit all the same, once.
    @Test func fractionsOpenNoGap() throws {
        let engine = ForecastEngine(
            [ForecastPolicy(name: "p", limits: ["*": [.hour: 5]])], mode: .whole, start: start)
        for weight in [1 / 0.2, 1 / 0.15] {
            engine.count(Sent(key: "k", className: "", consumer: "c", second: start, weight: weight))
        }
        let row = try #require(engine.totals(.start).report().rows.first)
        #expect(row.limitedWindows == 1 && row.limitedKeys == 1 && row.limitedConsumers == 1)
        #expect(row.limitedRequests == 1 / 0.2 + 1 / 0.15 - 5)
    }

    @Test func topKeysAreAsCountedPlainly() throws {
        let sent = traffic(20_000, keys: 900, from: start, seconds: 3000, seed: 9)
        let engine = ForecastEngine(policies, mode: .live, start: start)
        for request in sent { engine.count(request) }
        let rows = engine.totals(.start).report(policy: "mild").rows
        #expect(rows.map(\.policy) == ["mild", "mild", "mild"])
        let row = try #require(rows.first { $0.className == "anon" })
        #expect(row.top.count == 20)
        let anonymous = sent.filter { $0.className == "anon" }
        for key in row.top {
            let (requests, peak, over) = bruteForce(key.key, anonymous, 60, 8)
            #expect(key.requests == requests && key.peak == peak && key.limitedRequests == over, "\(key.key)")
        }
        // Those with the most over the limit: no other key has more than the last.
        let least = row.top.last?.limitedRequests ?? 0
        let named = Set(row.top.map(\.key))
        let others = Dictionary(grouping: anonymous) { $0.key }.filter { !named.contains($0.key) }
        #expect(!others.isEmpty)
        for (key, own) in others { #expect(bruteForce(key, own, 60, 8).2 <= least) }
    }

    @Test func cookiesByClient() {
        let engine = ForecastEngine(policies, mode: .live, start: start)
        func send(_ key: String, _ cookies: [Observation.Cookie], at second: Int64) {
            for cookie in cookies {
                engine.count(Sent(key: key, className: "anon", consumer: "c", cookie: cookie, second: second))
            }
        }
        send("ignores", [.set, .set, .set], at: start)
        send("once", [.set], at: start)
        send("keeps", [.set, .keep, .keep], at: start)
        send("none", [.none], at: start)
        let first = engine.totals(.hour).report().cookies
        #expect(first.clients == 3 && first.returning == 2 && first.keeping == 1 && first.share == 0.5)
        #expect(first.set == 5 && first.kept == 2)
        send("once", [.set], at: start + 650)
        #expect(engine.totals(.hour).report().cookies.returning == 3)
        engine.advance(to: start + 3 * 3600)
        #expect(engine.totals(.hour).report().cookies.clients == 0)
        #expect(engine.totals(.day).report().cookies.clients == 3)
        #expect(engine.totals(.start).report().cookies.set == 6)
    }
}
