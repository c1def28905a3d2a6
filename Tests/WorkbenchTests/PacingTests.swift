import Testing
import Workbench

@Suite struct PacingTests {
    private let second: Int64 = 1_000_000_000

    @Test func requestsOfAFixedRateAreDueWhateverTheServerDoes() {
        var pacing = Pacing(begin: 5 * second, rate: 4, end: .requests(3))
        #expect(pacing.take(at: 5 * second - 1) == nil)
        #expect(pacing.take(at: 5 * second) == 5 * second)
        #expect(pacing.take(at: 5 * second) == nil, "the second request is not due yet")
        #expect(pacing.nextDue == 5 * second + second / 4)
        // The server stalled for ten seconds: what was due meanwhile counts from when it was due, not from now.
        #expect(pacing.take(at: 15 * second) == 5 * second + second / 4)
        #expect(pacing.take(at: 15 * second) == 5 * second + second / 2)
        #expect(pacing.take(at: 15 * second) == nil)
        #expect(pacing.isOver(at: 15 * second))
    }

    @Test func aRateThatDividesNothingDoesNotDrift() {
        var pacing = Pacing(begin: 0, rate: 3, end: .requests(3_000_001))
        for _ in 0..<3_000_000 { _ = pacing.take(at: .max) }
        #expect(pacing.nextDue == 1_000_000 * second)
    }

    @Test func aDurationEndsWhatIsDueNotWhatIsLate() {
        var pacing = Pacing(begin: 0, rate: 10, end: .seconds(1))
        var taken = 0
        // All are late, and none is left out.
        while pacing.take(at: 60 * second) != nil { taken += 1 }
        #expect(taken == 10)
    }

    @Test func aClosedLoopCountsFromTheRequest() {
        var pacing = Pacing(begin: 0, rate: nil, end: .seconds(2))
        #expect(pacing.take(at: 17) == 17)
        #expect(pacing.take(at: 18) == 18)
        #expect(pacing.take(at: 2 * second) == nil)
        #expect(pacing.isOver(at: 2 * second))
        #expect(pacing.taken == 2)
    }

    @Test func percentilesAreOfAllRequests() {
        var report = LoadReport()
        report.begin(at: 0)
        report.add(latency: nil, at: 1000)
        for number in 1...1000 { report.add(latency: Int64(number) * 1000, at: Int64(number) * 1_000_000) }
        #expect(report.answered == 1001)
        #expect(report.requests == 1000, "what warms is not measured")
        #expect(report.seconds == 1)
        #expect(report.rate == 1000)
        for (percentile, expected) in [(50.0, 500.0), (99, 990), (99.9, 999), (100, 1000)] {
            let found = report.latency(percentile: percentile)
            #expect(abs(found - expected) <= expected / 500, "p\(percentile) is \(found)")
        }
        #expect(report.json["latency_us"]?["p50"] != nil)
    }
}
