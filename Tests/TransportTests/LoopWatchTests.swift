// The watch over event loops, with a clock of its own.

import NIOCore
import NIOPosix
import Testing
import Transport
import Dispatch

@Suite struct LoopWatchTests {
    private let second: Int64 = 1_000_000_000

    /// Waits until a loop has run what it was given so far.
    private func settle(_ eventLoop: any EventLoop) async throws { try await eventLoop.submit {}.get() }

    @Test func aBlockedLoopIsNamedOnceAndSaidToRunAgain() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
        let loops = Array(group.makeIterator())
        let watch = LoopWatch(patience: 2000)
        watch.add("0", loops[0])
        watch.add("1", loops[1])
        #expect(watch.look(now: second) == [])
        for loop in loops { try await settle(loop) }

        let end = DispatchSemaphore(value: 0)
        loops[1].execute { end.wait() }
        #expect(watch.look(now: 2 * second) == [])
        try await settle(loops[0])
        #expect(watch.look(now: 3 * second) == [] && !watch.isBlocked)
        try await settle(loops[0])
        #expect(watch.look(now: 4 * second) == [.blocked(loop: "1", milliseconds: 2000)] && watch.isBlocked)
        try await settle(loops[0])
        #expect(watch.look(now: 5 * second) == [] && watch.isBlocked)

        end.signal()
        for loop in loops { try await settle(loop) }
        #expect(watch.look(now: 6 * second) == [.runs(loop: "1", milliseconds: 3000)] && !watch.isBlocked)
        watch.forget()
        try await group.shutdownGracefully()
        #expect(watch.look(now: 7 * second) == [])
    }
}
