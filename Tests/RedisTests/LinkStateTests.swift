// The state of a link: events in, actions out.

import Redis
import Testing

private let second: Int64 = 1_000_000_000

/// What the macro can't look into: a state is not copied.
private func check(_ holds: Bool, at location: SourceLocation = #_sourceLocation) {
    #expect(holds, sourceLocation: location)
}

@Suite struct LinkStateTests {
    @Test func commandsAreAcceptedAheadOfTheFirstConnection() {
        var state = LinkState<Int>(timeout: 50)
        check(!state.accepts)
        check(state.start() == .open)
        check(state.start() == .nothing)
        let isSent = state.submit(1, at: 0)
        check(isSent && state.accepts && !state.isUp)
        let isUp = state.greeted(at: 10)
        check(isUp && state.isUp)
        check(state.replied(at: 20) == 1)
        check(state.replied(at: 20) == nil)
    }

    @Test func answersBelongToCommandsInOrder() {
        var state = LinkState<Int>(timeout: 50)
        _ = state.start()
        _ = state.greeted(at: 0)
        for waiter in 1...3 { _ = state.submit(waiter, at: Int64(waiter)) }
        check(state.nextDeadline == 51)
        check(state.replied(at: 4) == 1)
        check(state.nextDeadline == 52)
        check(state.replied(at: 4) == 2)
        check(state.replied(at: 4) == 3)
        check(state.nextDeadline == nil)
    }

    @Test func aMissingAnswerLosesTheConnectionAndAllThatWait() {
        var state = LinkState<Int>(timeout: 50)
        _ = state.start()
        _ = state.greeted(at: 0)
        _ = state.submit(1, at: 0)
        _ = state.submit(2, at: 30)
        check(state.tick(at: 49, quiet: second) == .nothing)
        check(state.tick(at: 50, quiet: second) == .lost)
        let failure = state.fail(random: 1)
        #expect(failure.waiters == [1, 2])
        #expect(failure.isNews)
        check(!state.accepts && state.waitingCount == 0)
        let isSent = state.submit(3, at: 60)
        #expect(!isSent)
    }

    @Test func whileItConnectsAgainNothingIsAccepted() {
        var state = LinkState<Int>(timeout: 50)
        _ = state.start()
        _ = state.fail(random: 1)
        check(state.retry() == .open)
        check(!state.accepts)
        let second = state.fail(random: 1)
        #expect(!second.isNews && second.pause != nil)
        check(state.retry() == .open)
        check(state.retry() == .nothing)
        let isUp = state.greeted(at: 0)
        check(isUp && state.accepts)
    }

    @Test func pausesGrowToTwoSecondsAndAreSpread() {
        var state = LinkState<Int>(timeout: 50)
        _ = state.start()
        var pauses: [Int64] = []
        for _ in 1...10 {
            pauses.append(state.fail(random: 1).pause ?? -1)
            _ = state.retry()
        }
        #expect(pauses == [50, 100, 200, 400, 800, 1600, 2000, 2000, 2000, 2000].map { $0 * 1_000_000 })
        #expect(Backoff.pause(after: 3, random: 0) == 100_000_000)
        #expect(Backoff.pause(after: 3, random: 0.5) == 150_000_000)
        // One that was up begins anew.
        _ = state.greeted(at: 0)
        check(state.fail(random: 1).pause == 50_000_000)
    }

    @Test func aQuietConnectionIsProbed() {
        var state = LinkState<Int>(timeout: 50)
        _ = state.start()
        _ = state.greeted(at: 0)
        check(state.tick(at: second - 1, quiet: second) == .nothing)
        check(state.tick(at: second, quiet: second) == .probe)
        _ = state.submit(0, at: second)
        check(state.tick(at: second, quiet: second) == .nothing)
        check(state.replied(at: second + 1) == 0)
        check(state.tick(at: second + 2, quiet: second) == .nothing)
    }

    @Test func whatComesAfterTheEndChangesNothing() {
        var state = LinkState<Int>(timeout: 50)
        _ = state.start()
        _ = state.submit(1, at: 0)
        check(state.stop() == [1])
        let isUp = state.greeted(at: 1)
        check(!isUp && !state.accepts)
        check(state.fail(random: 0).pause == nil)
        check(state.retry() == .nothing)
        check(state.start() == .nothing)
    }

    @Test func aLateFailureOfAConnectionThatWasGivenUpCountsOnce() {
        var state = LinkState<Int>(timeout: 50)
        _ = state.start()
        check(state.fail(random: 1).pause != nil)
        check(state.fail(random: 1).pause == nil)
    }
}
