// Reports of several instances, put together.

import Bytes
import Forecast
import Testing

private let start: Int64 = 1_772_366_400

@Suite struct MergeTests {
    private func engine(_ sent: [Sent], maxBytes: Int? = nil) -> ForecastEngine {
        let engine = ForecastEngine(policies, mode: .live, start: start, seed: 7, maxBytes: maxBytes)
        for request in sent { engine.count(request) }
        return engine
    }

    private func merged(_ engines: [ForecastEngine]) throws -> ForecastReport {
        var merge = ForecastMerge()
        for engine in engines { try merge.add(engine.totals(.start).state) }
        return merge.totals.report()
    }

    @Test func keysOfOneInstanceEachAreExact() throws {
        let sent = traffic(20_000, keys: 500, from: start, seconds: 5000, seed: 1)
        let parts = (0..<3).map { part in sent.filter { $0.key.utf8.reduce(0) { $0 + Int($1) } % 3 == part } }
        let report = try merged(parts.map { engine($0) })
        #expect(report.rows.map(\.plain) == bruteForce(sent, policies))
        // One instance is the same with and without a detour.
        let whole = engine(sent)
        #expect(try merged([whole]) == whole.totals(.start).report())
        #expect(report.rows.map(\.top) == whole.totals(.start).report().rows.map(\.top))
    }

    @Test func keysOfSeveralInstancesAreBounded() throws {
        let sent = traffic(20_000, keys: 500, from: start, seconds: 5000, seed: 2)
        let parts = (0..<2).map { part in sent.enumerated().filter { $0.offset % 2 == part }.map(\.element) }
        for (row, truth) in zip(try merged(parts.map { engine($0) }).rows, bruteForce(sent, policies)) {
            #expect(row.keys == truth.keys && row.requests == truth.requests && row.consumers == truth.consumers)
            #expect(row.limitedKeys >= truth.limitedKeys && row.limitedRequests <= truth.limitedRequests)
            #expect(row.limit99 >= truth.limit99)
            #expect(!row.isExact && row.error?.isShared == true)
        }
    }

    @Test func samplesAreUnited() throws {
        let sent = traffic(120_000, keys: 50_000, from: start, seconds: 3000, seed: 3)
        let parts = (0..<2).map { part in sent.filter { $0.key.utf8.reduce(0) { $0 + Int($1) } % 2 == part } }
        // One of them has more room than the other.
        let engines = zip(parts, [1 << 20, 8 << 20]).map { engine($0, maxBytes: $1) }
        for (row, truth) in zip(try merged(engines).rows, bruteForce(sent, policies)) {
            guard let error = row.error else { continue }
            #expect(abs(row.keys - truth.keys) <= truth.keys * error.keys * 4, "\(row.policy) \(row.className)")
            #expect(row.requests == truth.requests)
        }
    }

    @Test func otherPoliciesAreRefused() throws {
        var merge = ForecastMerge()
        try merge.add(engine([]).totals(.start).state)
        let other = ForecastEngine(Array(policies.dropLast()), mode: .live, start: start)
        #expect(throws: ForecastMerge.Mismatch.self) { try merge.add(other.totals(.start).state) }
        #expect(throws: ForecastMerge.Mismatch.self) { try merge.add(Array("{}".utf8)) }
    }

    @Test func cookiesAreUnited() throws {
        let engines = (0..<2).map { part -> ForecastEngine in
            let engine = engine([])
            engine.count(
                Sent(key: "both", className: "", consumer: "c", cookie: part == 0 ? .set : .keep, second: start))
            engine.count(Sent(key: "own \(part)", className: "", consumer: "c", cookie: .set, second: start))
            return engine
        }
        let cookies = try merged(engines).cookies
        #expect(cookies.clients == 3 && cookies.returning == 1 && cookies.keeping == 1 && cookies.share == 1)
        #expect(cookies.set == 3 && cookies.kept == 1)
    }
}
