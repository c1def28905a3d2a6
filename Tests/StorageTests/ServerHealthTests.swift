// When a server is tried again, and how often a primary is asked: values, with the clock and the dice as parameters.

import Storage
import Testing

@Suite struct ServerHealthTests {
    private let error = StoreError(.timedOut, server: "db1:3306")
    private let begin = ContinuousClock.now

    @Test func aServerThatFailsIsTriedLaterEachTime() {
        var health = ServerHealth()
        var waits: [Duration] = []
        for _ in 0..<8 {
            _ = health.fail(error, at: begin)
            waits.append(health.wait(jitter: 1))
            #expect(health.wait(jitter: 0) == health.wait(jitter: 1) / 2, "never all at once")
        }
        #expect(waits.prefix(4) == [.milliseconds(200), .milliseconds(400), .milliseconds(800), .milliseconds(1600)])
        #expect(waits.dropFirst(4).allSatisfy { $0 == .seconds(3) })
    }

    @Test func anEarlierFailureIsForgotten() {
        var health = ServerHealth()
        for _ in 0..<8 { _ = health.fail(error, at: begin) }
        let isBack = health.answer(lag: nil)
        #expect(isBack && health.state == .up)
        _ = health.fail(error, at: begin + .seconds(5))
        #expect(health.wait(jitter: 1) == .seconds(3), "a server that fails again and again is left alone")
        _ = health.answer(lag: nil)
        _ = health.fail(error, at: begin + .seconds(60))
        #expect(health.wait(jitter: 1) == .milliseconds(200))
    }

    @Test func eachChangeIsToldOnce() {
        var health = ServerHealth()
        var told = [health.answer(lag: nil)]
        told += [health.fail(error, at: begin), health.fail(error, at: begin)]
        #expect(health.state == .down(error))
        told += [health.answer(lag: "behind"), health.answer(lag: "further behind")]
        #expect(health.state == .lagging("further behind"))
        told += [health.answer(lag: nil), health.answer(lag: nil)]
        #expect(told == [false, true, false, true, false, true, false])
    }

    @Test func theBudgetOfAPrimary() {
        var budget = QueryBudget(perSecond: 10, now: begin)
        func taken(_ tries: Int, at time: Duration) -> Int { (0..<tries).count { _ in budget.take(at: begin + time) } }
        #expect(taken(100, at: .zero) == 10)
        #expect(taken(100, at: .milliseconds(500)) == 5)
        #expect(taken(100, at: .milliseconds(510)) == 0)
        #expect(taken(100, at: .seconds(100)) == 10, "no more than a second's worth at once")
    }
}
