import Telemetry
import Testing

@Suite struct LatencyHistogramTests {
    @Test func aDurationIsInTheFirstBucketThatHoldsIt() {
        for (index, bound) in LatencyHistogram.bounds.enumerated() {
            let histogram = LatencyHistogram()
            histogram.add(bound)
            histogram.addShared(bound + 1)
            let counts = histogram.snapshot.counts
            #expect(counts[index] == 1 && counts[index + 1] == 1 && counts.reduce(0, +) == 2)
            #expect(histogram.snapshot.nanoseconds == UInt64(2 * bound + 1))
        }
        #expect(LatencyHistogram.bounds == LatencyHistogram.bounds.sorted())
    }

    @Test func aClockThatIsSetBackCountsAsNoTime() {
        let histogram = LatencyHistogram()
        histogram.add(-5)
        #expect(histogram.snapshot.counts[0] == 1 && histogram.snapshot.nanoseconds == 0)
    }

    @Test func histogramsOfManyThreadsAddUp() async {
        let shared = LatencyHistogram()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<4 { group.addTask { for _ in 0..<1000 { shared.addShared(20_000) } } }
        }
        let sum = shared.snapshot + shared.snapshot
        #expect(sum.counts[1] == 8000 && sum.count == 8000 && sum.nanoseconds == 160_000_000)
    }
}
