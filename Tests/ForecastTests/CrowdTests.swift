// More keys than memory: what is reported is near the truth, memory stays bounded, and made-up keys hide no real one.

import Bytes
import Forecast
import Testing

private let start: Int64 = 1_772_366_400
/// Whether the code is built without optimization, as for the sanitizers: crowds are smaller then.
private let isSlow = _isDebugAssertConfiguration()

@Suite struct CrowdTests {
    private let crowd = [
        ForecastPolicy(
            name: "p",
            limits: ["anon": [.second: 2, .minute: 10], "authed-user": [.minute: 5], "*": [.minute: 20]])
    ]

    @Test func aMillionMadeUpKeysChangeNeitherMemoryNorOthers() throws {
        let count = isSlow ? 100_000 : 1_000_000
        let maxBytes = isSlow ? 4 << 20 : 50 << 20
        let engine = ForecastEngine(crowd, mode: .live, start: start, seed: 1, maxBytes: maxBytes)
        let all = traffic(6000, keys: 300, from: start, seconds: 600, seed: 2)
        let users = all.filter { $0.className == "authed-user" }
        var next = 0
        for number in 0..<count {
            let second = start + Int64(number * 600 / count)
            engine.count(Sent(key: "2001:db8::\(number)", className: "anon", consumer: "", second: second))
            // One anonymous client among them is busy.
            if number % 500 == 0 {
                engine.count(Sent(key: "192.0.2.1", className: "anon", consumer: "", second: second))
            }
            while next < users.count, users[next].second <= second {
                engine.count(users[next])
                next += 1
            }
            if number % 50_000 == 0 { #expect(engine.byteCount < maxBytes + (3 << 20)) }
        }
        let rows = engine.totals(.start).report().rows
        let anonymous = try #require(rows.first { $0.className == "anon" && $0.unit == .minute })
        #expect(!anonymous.isExact)
        let error = try #require(anonymous.error)
        #expect(abs(anonymous.keys - Double(count + 1)) < Double(count) * error.keys * 4)
        #expect(error.keys < 0.03)
        #expect(anonymous.requests == Double(count + count / 500))
        #expect(anonymous.limit99 == 1)
        // The busy one is found, with nearly all that it did.
        let busy = try #require(anonymous.top.first)
        #expect(busy.key == "192.0.2.1")
        let (own, limited) = (Double(count / 500), Double(count / 500 - 10 * 10))
        #expect(abs(busy.peak - own / 10) <= 1)
        #expect(abs(anonymous.limitedRequests - limited) < own * 0.15 + 10)
        // Others are as exact as ever.
        let others = rows.filter { $0.className == "authed-user" }
        #expect(others.map(\.isExact) == [true])
        #expect(others.map(\.plain) == bruteForce(users, crowd).filter { $0.className == "authed-user" })
    }

    @Test func manyPoliciesShareTheMemory() throws {
        // Each treats the classes in a way of its own: nothing can be counted together.
        let many = (0..<16).map { number in
            ForecastPolicy(name: "p\(number)", limits: ["class\(number)": [.hour: 9], "*": [.minute: 1, .hour: 2]])
        }
        let engine = ForecastEngine(many, mode: .live, start: start, seed: 5, maxBytes: 4 << 20)
        for number in 0..<20_000 {
            let key = "2001:db8::\(number % 10_000)"
            engine.count(Sent(key: key, className: "anon", consumer: "", second: start + Int64(number / 20)))
            if number % 1000 == 0 { #expect(engine.byteCount < 6 << 20) }
        }
        let rows = engine.totals(.start).report().rows.filter { $0.className == "*" }
        #expect(rows.count == 32 && rows.allSatisfy { $0.requests == 20_000 && $0.limit999 <= 2 })
        for row in rows {
            let error = try #require(row.error)
            #expect(error.keys < 0.1 && abs(row.keys - 10_000) < 10_000 * error.keys * 4)
        }
    }

    @Test func estimatesOfAMixedCrowdAreNearTheTruth() throws {
        let sent = traffic(isSlow ? 150_000 : 400_000, keys: 60_000, from: start, seconds: 3000, seed: 3)
        let engine = ForecastEngine(crowd, mode: .live, start: start, seed: 4, maxBytes: 2 << 20)
        for request in sent { engine.count(request) }
        for (row, truth) in zip(engine.totals(.start).report().rows, bruteForce(sent, crowd)) {
            guard let error = row.error else { continue }
            let name = "\(row.className) \(row.unit)"
            #expect(abs(row.keys - truth.keys) < truth.keys * error.keys * 4, "\(name) keys")
            #expect(row.requests == truth.requests)
            #expect(abs(row.limitedRequests - truth.limitedRequests) < truth.limitedRequests * 0.25 + 200, "\(name)")
            // The limit spares as many keys as it says, within the stated error and what few keys with many requests add.
            let peaks = peaks(of: sent, row)
            let spared = Double(peaks.filter { $0 <= row.limit99 }.count) / Double(peaks.count)
            #expect(abs(spared - 0.99) < error.share + 0.01, "\(name) \(spared)")
        }
        #expect(engine.byteCount < 4 << 20)
        #expect(engine.totals(.start).report().rows.map(\.isExact).contains(false))
    }

    private func peaks(of sent: [Sent], _ row: ForecastRow) -> [Double] {
        let seconds: Int64 = row.unit == .second ? 1 : 60
        let named: Set = ["anon", "authed-user"]
        var counts: [String: [Int64: Double]] = [:]
        for request in sent where (named.contains(request.className) ? request.className : "*") == row.className {
            counts[request.key, default: [:]][request.second / seconds, default: 0] += 1
        }
        return counts.values.map { $0.values.max() ?? 0 }
    }

    @Test(.disabled(if: isSlow)) func everyKeyOverEveryLimitFitsToo() {
        let low = [
            ForecastPolicy(name: "a", limits: ["*": [.second: 0, .minute: 0, .hour: 0, .day: 0]]),
            ForecastPolicy(name: "b", limits: ["*": [.second: 0, .minute: 0, .hour: 0, .day: 0]]),
        ]
        let engine = ForecastEngine(low, mode: .live, start: start, seed: 5)
        for round in 0..<4 {
            for number in 0..<100_000 {
                engine.count(
                    Sent(key: "client \(number)", className: "", consumer: "", second: start + Int64(round) * 700))
            }
        }
        #expect(engine.byteCount < 56 << 20)
        let row = engine.totals(.start).report().rows[0]
        // The sums are those of all keys; by key not all is known.
        #expect(row.keys == 100_000 && row.limitedKeys == 100_000 && row.limitedRequests == 400_000)
        #expect(!row.isExact)
    }

    /// The bound that the documents name: a hundred thousand keys that are all active in every slice of time.
    @Test(.disabled(if: isSlow)) func aHundredThousandKeysAreExact() throws {
        let policy = ForecastPolicy(
            name: "p", limits: ["*": [.second: 50, .minute: 50, .hour: 500, .day: 10_000]])
        let engine = ForecastEngine([policy], mode: .live, start: start)
        let times = (0..<4).map { start + $0 * 21_600 } + (1...7).map { start + 4 * 21_600 + $0 * 600 }
        for time in times {
            for number in 0..<100_000 {
                engine.count(
                    Sent(key: "jwt-sub:mw:CentralAuth::\(number)", className: "", consumer: "", second: time))
            }
        }
        #expect(engine.byteCount < 50 << 20)
        for span in ForecastSpan.allCases {
            let row = try #require(engine.totals(span).report().rows.first)
            #expect(row.isExact && row.keys == 100_000)
        }
    }

    @Test func lostRequestsMakeAReportInexact() {
        let engine = ForecastEngine(crowd, mode: .live, start: start)
        engine.count(Sent(key: "k", className: "anon", consumer: "", second: start))
        engine.noteLoss(at: start + 1)
        #expect(!engine.totals(.start).report().rows.map(\.isExact).contains(true))
        engine.advance(to: start + 7200)
        #expect(!engine.totals(.hour).report().rows.map(\.isExact).contains(false))
    }
}
