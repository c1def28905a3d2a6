// The state machine of a connection, without a socket: events in, actions out, the time in the test's hand.

import Testing
import Transport

@Suite struct ConnectionStateTests {
    private static let second: Int64 = 1_000_000_000

    private var deadlines: Deadlines {
        var deadlines = Deadlines()
        deadlines.head = 2 * Self.second
        deadlines.body = 3 * Self.second
        deadlines.idle = 5 * Self.second
        deadlines.writeStall = 4 * Self.second
        deadlines.drain = 6 * Self.second
        deadlines.linger = Self.second
        deadlines.notice = Self.second
        return deadlines
    }

    /// Runs `body` with a connection opened at second 100, and a clock that counts seconds from there.
    private func with(
        _ kind: ConnectionState.Kind, resets: TokenBucket? = nil,
        _ body: (inout ConnectionState, _ at: (Double) -> Int64) throws -> Void
    ) rethrows {
        let start = 100 * Self.second
        var state = ConnectionState(kind, deadlines: deadlines, resets: resets, at: start)
        try body(&state) { start + Int64($0 * Double(Self.second)) }
    }

    /// `#expect` copies what it shows, which a state machine does not allow.
    private func expect<Value: Equatable>(
        _ value: Value, _ expected: Value, _ comment: Comment? = nil, at location: SourceLocation = #_sourceLocation
    ) {
        #expect(value == expected, comment, sourceLocation: location)
    }

    // MARK: The end, step by step

    @Test func http2SaysGoodbyeInTwoSteps() {
        with(.http2) { state, at in
            expect(state.drain(at: at(1)), .sendNotice)
            expect(state.drain(at: at(1)), .nothing, "once")
            expect(state.received(at: at(1.1)), .process, "what crossed the notice is served")
            expect(state.flushed(isDone: false, at: at(1.2)), .nothing)
            expect(state.receivedPong(at: at(1.5)), .sendLast)
            expect(state.receivedPong(at: at(1.5)), .nothing, "once")
            expect(state.isFinishing, true)
            expect(state.flushed(isDone: true, at: at(2)), .closeOutput)
            expect(state.flushed(isDone: true, at: at(2)), .nothing, "once")
            expect(state.received(at: at(2)), .discard)
            expect(state.tick(at: at(2.9)), .nothing)
            expect(state.tick(at: at(3.1)), .close)
            expect(state.isClosed, true)
            expect(state.tick(at: at(100)), .nothing)
        }
    }

    @Test func aPongIsNotWaitedForTooLong() {
        with(.http2) { state, at in
            expect(state.drain(at: at(1)), .sendNotice)
            expect(state.tick(at: at(1.9)), .nothing)
            expect(state.tick(at: at(2.1)), .sendLast)
            expect(state.tick(at: at(8), streams: .some), .nothing)
            expect(state.tick(at: at(8.2), streams: .some), .expire, "the drain deadline counts from the last word")
        }
    }

    @Test func aPongWithoutNoticeMeansNothing() {
        with(.http2) { state, at in
            expect(state.receivedPong(at: at(1)), .nothing)
            expect(state.isOpen, true)
        }
    }

    @Test func aSessionThatEndsByItselfIsClosed() {
        with(.http2) { state, at in expect(state.flushed(isDone: true, at: at(1)), .closeOutput) }
        with(.http1) { state, at in expect(state.flushed(isDone: true, at: at(1)), .nothing) }
    }

    @Test func aConnectionWithoutItsFirstBytes() {
        with(.undetected) { state, at in
            expect(state.drain(at: at(1)), .nothing, "the bytes may be on their way")
            expect(state.tick(at: at(1.9)), .nothing)
            expect(state.tick(at: at(2.1)), .close)
        }
        with(.undetected) { state, at in
            expect(state.received(at: at(1.9)), .process)
            expect(state.tick(at: at(2)), .nothing)
            expect(state.tick(at: at(2.1)), .expire, "bytes of the preface win no time")
        }
    }

    // MARK: HTTP/1.1

    @Test func requestsOfHTTP1OneAfterTheOther() {
        with(.http1) { state, at in
            for second in [1.0, 4, 7] {
                state.receivedPartOfHead(at: at(second))
                expect(state.received(at: at(second)), .process)
                state.beganRequest(at: at(second))
                state.endedRequest(isLast: false)
                expect(state.idleSince(isServing: false), nil)
                expect(state.answering(isLast: false, others: 0, at: at(second + 1)), .keepOpen)
                expect(state.flushed(isDone: true, at: at(second + 1)), .nothing)
                #expect(state.idleSince(isServing: false) == at(second + 1))
            }
            expect(state.tick(at: at(12.9)), .nothing)
            expect(state.tick(at: at(13.1)), .expire)
        }
    }

    @Test func theLastRequestOfHTTP1EndsIt() {
        with(.http1) { state, at in
            state.beganRequest(at: at(1))
            state.endedRequest(isLast: false)
            state.beganRequest(at: at(1))
            state.endedRequest(isLast: true)
            expect(state.received(at: at(1)), .discard, "nothing is read behind it")
            expect(state.answering(isLast: false, others: 1, at: at(2)), .keepOpen)
            expect(state.flushed(isDone: false, at: at(2)), .nothing)
            expect(state.tick(at: at(90)), .nothing, "its lookups have deadlines of their own")
            expect(state.answering(isLast: true, others: 0, at: at(90)), .close)
            expect(state.flushed(isDone: true, at: at(90)), .closeOutput)
        }
    }

    @Test func aDrainOfHTTP1AnswersWhatIsInLine() {
        with(.http1) { state, at in
            state.beganRequest(at: at(1))
            state.endedRequest(isLast: false)
            state.beganRequest(at: at(1))
            expect(state.drain(at: at(1.5)), .nothing)
            expect(state.answering(isLast: false, others: 0, at: at(2)), .keepOpen, "another one is arriving")
            expect(state.received(at: at(2)), .process)
            state.endedRequest(isLast: false)
            expect(state.answering(isLast: false, others: 0, at: at(2.5)), .close)
            expect(state.flushed(isDone: true, at: at(2.5)), .closeOutput)
        }
        with(.http1) { state, at in
            expect(state.drain(at: at(1)), .nothing, "the first head may be on its way")
            state.beganRequest(at: at(1.5))
            state.endedRequest(isLast: false)
            expect(state.answering(isLast: false, others: 0, at: at(1.6)), .close)
            expect(state.flushed(isDone: true, at: at(1.6)), .closeOutput)
        }
        with(.http1) { state, at in
            expect(state.drain(at: at(1)), .nothing)
            expect(state.tick(at: at(2.1)), .close, "a head that does not come is not waited for")
        }
        with(.http1) { state, at in
            state.beganRequest(at: at(0.1))
            state.endedRequest(isLast: false)
            expect(state.answering(isLast: false, others: 0, at: at(0.2)), .keepOpen)
            expect(state.drain(at: at(1)), .flush)
            expect(state.flushed(isDone: true, at: at(1)), .closeOutput)
        }
    }

    @Test func deadlinesOfHTTP1() {
        with(.http1) { state, at in
            expect(state.tick(at: at(2)), .nothing)
            expect(state.tick(at: at(2.1)), .expire, "the first head")
        }
        with(.http1) { state, at in
            state.beganRequest(at: at(1))
            expect(state.tick(at: at(4)), .nothing)
            expect(state.tick(at: at(4.1)), .expire, "a body")
        }
        with(.http1) { state, at in
            state.beganRequest(at: at(1))
            state.endedRequest(isLast: false)
            expect(state.tick(at: at(60)), .nothing, "a request under way")
            _ = state.answering(isLast: false, others: 0, at: at(60))
            state.receivedPartOfHead(at: at(61))
            state.receivedPartOfHead(at: at(62.9))
            expect(state.tick(at: at(63)), .nothing)
            expect(state.tick(at: at(63.1)), .expire, "more bytes of the same head win no time")
        }
    }

    // MARK: The peer's side

    @Test func aPeerThatClosedItsSideGetsWhatIsUnderWay() {
        for kind in [ConnectionState.Kind.http1, .http2] {
            with(kind) { state, at in
                expect(state.endOfInput(at: at(1), isServing: false), .close)
                expect(state.isClosed, true)
            }
            with(kind) { state, at in
                expect(state.endOfInput(at: at(1), isServing: true), .finish)
                expect(state.tick(at: at(7), streams: .some), .nothing)
                expect(state.flushed(isDone: true, at: at(7)), .closeOutput)
            }
        }
    }

    @Test func outputThatIsNotTaken() {
        for kind in [ConnectionState.Kind.http1, .http2] {
            with(kind) { state, at in
                state.blockOutput(at: at(1))
                state.blockOutput(at: at(4))
                expect(state.tick(at: at(5)), .nothing)
                expect(state.tick(at: at(5.1)), .expire, "since it was blocked first")
            }
            with(kind) { state, at in
                state.blockOutput(at: at(0.1))
                expect(state.read(), .wait)
                expect(state.setWaiting(true), .wait)
                state.unblockOutput()
                expect(state.resumeReading(), .wait, "requests wait for their answers still")
                expect(state.setWaiting(false), .read)
                expect(state.setWaiting(false), .wait, "one read was kept back")
                expect(state.read(), .read)
                expect(state.tick(at: at(1.9)), .nothing)
            }
        }
    }

    @Test func outputThatIsBlockedAgainByTheFirstBytes() {
        with(.http2) { state, at in
            state.blockOutput(at: at(1))
            expect(state.read(), .wait)
            state.unblockOutput()
            state.blockOutput(at: at(2))
            expect(state.resumeReading(), .wait)
            expect(state.tick(at: at(5.9)), .nothing)
            state.unblockOutput()
            expect(state.resumeReading(), .read)
        }
    }

    @Test func anIdlePeerOfHTTP2() {
        with(.http2) { state, at in
            expect(state.received(at: at(1)), .process)
            expect(state.tick(at: at(6)), .nothing)
            expect(state.tick(at: at(6.1), streams: .some), .nothing)
            expect(state.tick(at: at(6.1)), .sendNotice)
        }
    }

    /// A watcher may wait as long as it likes, if it is there.
    @Test func aPeerWithEndlessStreamsIsAskedForASignOfLife() {
        with(.http2) { state, at in
            expect(state.tick(at: at(5.1), streams: .endless), .probe)
            expect(state.tick(at: at(6), streams: .endless), .nothing)
            expect(state.received(at: at(7)), .process)
            expect(state.tick(at: at(12.1), streams: .endless), .probe)
            expect(state.tick(at: at(14), streams: .endless), .nothing)
            expect(state.tick(at: at(14.2), streams: .endless), .expire)
        }
    }

    // MARK: Resets

    @Test func tooManyResetsAreTheLastWord() {
        with(.http2, resets: TokenBucket(burst: 10, rate: 2)) { state, at in
            expect(state.receivedResets(10, at: at(0)), .nothing)
            expect(state.receivedResets(2, at: at(1)), .nothing)
            expect(state.receivedResets(1, at: at(1.1)), .sendLast)
            expect(state.receivedResets(100, at: at(1.1)), .nothing, "once")
            expect(state.isFinishing, true)
            expect(state.received(at: at(1.2)), .process, "what is under way is finished")
        }
        with(.http2) { state, at in
            expect(state.receivedResets(1_000_000, at: at(0)), .nothing)
        }
    }

    @Test func aBucketFillsWithTimeAndNeverFlowsOver() {
        var bucket = TokenBucket(burst: 100, rate: 50)
        expect(bucket.take(100, at: 5 * Self.second), true)
        expect(bucket.take(1, at: 5 * Self.second), false)
        expect(bucket.take(1, at: 4 * Self.second), false, "a clock that was read out of order")
        expect(bucket.take(1, at: 5 * Self.second + Self.second / 50), true)
        expect(bucket.take(1, at: 5 * Self.second + Self.second / 50), false)
        expect(bucket.take(100, at: .max / 2), true)
        expect(bucket.take(1, at: .max / 2), false)
    }
}
