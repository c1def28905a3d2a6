import Testing
import Telemetry

@Suite struct LimiterTests {
    @Test func admitsSoManyASecondAndCountsTheRest() {
        var limiter = Limiter(perSecond: 2)
        #expect(limiter.admit(at: 5000) == .admitted(suppressed: 0))
        #expect(limiter.admit(at: 5000) == .admitted(suppressed: 0))
        for time in [5001, 5500, 5999] as [Int64] { #expect(limiter.admit(at: time) == .suppressed) }
        #expect(limiter.admit(at: 6000) == .admitted(suppressed: 3))
        #expect(limiter.admit(at: 6000) == .admitted(suppressed: 0))
        #expect(limiter.admit(at: 6001) == .suppressed)
    }

    @Test func aReadingThatArrivesLateBelongsToTheSameSecond() {
        var limiter = Limiter(perSecond: 1)
        #expect(limiter.admit(at: 1000) == .admitted(suppressed: 0))
        #expect(limiter.admit(at: 999) == .suppressed)
        #expect(limiter.admit(at: 1) == .suppressed)
        #expect(limiter.admit(at: 1999) == .suppressed)
    }

    @Test func aClockThatIsSetBackDoesNotSilenceItForGood() {
        var limiter = Limiter(perSecond: 1)
        #expect(limiter.admit(at: 1_000_000) == .admitted(suppressed: 0))
        #expect(limiter.admit(at: 0) == .admitted(suppressed: 0))
        #expect(limiter.admit(at: .min) == .admitted(suppressed: 0))
        #expect(limiter.admit(at: .max - 5) == .suppressed, "the difference wraps around to six milliseconds")
        #expect(limiter.admit(at: 0) == .admitted(suppressed: 1))
    }

    @Test func threadsShareOneLimit() async {
        let limiter = SharedLimiter(perSecond: 10)
        let admitted = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<8 {
                group.addTask { (0..<100).count { _ in limiter.admit(at: 42) != .suppressed } }
            }
            return await group.reduce(0, +)
        }
        #expect(admitted == 10)
        #expect(limiter.admit(at: 2000) == .admitted(suppressed: 790))
    }

    @Test func aCounterIsReadFromEverywhere() async {
        let counter = Counter()
        counter.add()
        counter.add(41)
        let read = await Task.detached { counter.current }.value
        #expect(read == 42)
    }
}
