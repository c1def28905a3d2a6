// Connections that are read in one round of an event loop are served together.

import NIOCore
import NIOEmbedded
import Sessions
import Testing
import Transport

@Suite struct LoopTurnTests {
    /// Connections of one event loop, each with nghttp2's client at the other end.
    private final class Round {
        let eventLoop = EmbeddedEventLoop()
        let state: EventLoopState<FakeService>
        private(set) var channels: [EmbeddedChannel] = []
        private(set) var clients: [ClientSession] = []

        init(connections: Int) throws {
            state = EventLoopState(
                eventLoop: eventLoop, service: FakeService(), resolver: HeldResolver(), limits: ConnectionLimits(),
                wallClock: { Timestamp(seconds: 1_772_366_400) })
            for _ in 0..<connections {
                let channel = EmbeddedChannel(loop: eventLoop)
                try channel.pipeline.syncOperations.addHandler(ProtocolDetector(loop: state))
                channel.connect(to: try SocketAddress(ipAddress: "192.0.2.7", port: 4711), promise: nil)
                channels.append(channel)
                clients.append(ClientSession())
            }
            for index in channels.indices { try read(index) }
            eventLoop.run()
            for index in channels.indices { try take(index) }
        }

        deinit { for channel in channels { _ = try? channel.finish(acceptAlreadyClosed: true) } }

        /// The event loop reads what a client has sent.
        func read(_ index: Int) throws {
            try channels[index].writeInbound(ByteBuffer(bytes: clients[index].output()))
        }

        /// A client takes its answers.
        func take(_ index: Int) throws {
            while let buffer = try channels[index].readOutbound(as: ByteBuffer.self) {
                clients[index].input(Array(buffer.readableBytesView))
            }
        }
    }

    @Test func eachGetsItsOwnAnswers() throws {
        let round = try Round(connections: 3)
        var calls: [(connection: Int, id: Int32, body: [UInt8])] = []
        for index in 0..<3 {
            for number in 0..<(index + 1) {
                let body = [UInt8(index), UInt8(number)]
                calls.append((index, round.clients[index].call("/echo", body), body))
            }
            try round.read(index)
        }
        #expect(round.state.counters.http2Requests.current == 0, "sockets are read first")
        round.eventLoop.run()
        #expect(round.state.counters.http2Requests.current == 6)
        for index in 0..<3 { try round.take(index) }
        for call in calls { #expect(round.clients[call.connection].response(call.id).message == call.body) }
    }

    @Test func manyRequestsDoNotWaitForMore() throws {
        let round = try Round(connections: 2)
        _ = round.clients[0].call("/echo", [1])
        try round.read(0)
        for _ in 0..<20 { _ = round.clients[1].call("/echo", [2]) }
        try round.read(1)
        #expect(round.state.counters.http2Requests.current == 21)
        round.eventLoop.run()
        #expect(round.state.counters.http2Requests.current == 21)
    }

    @Test func aConnectionMayGoAwayBeforeItsTurn() throws {
        let round = try Round(connections: 2)
        let gone = round.clients[0].call("/echo", [1])
        try round.read(0)
        let stays = round.clients[1].call("/echo", [2])
        try round.read(1)
        round.channels[0].close(promise: nil)
        round.eventLoop.run()
        try round.take(1)
        #expect(round.clients[1].response(stays).message == [2])
        #expect(round.clients[0].response(gone).body.isEmpty)
        #expect(round.state.connectionCount == 1)
        #expect(round.state.pool.backlog.bytes == 0)
    }
}

extension ClientSession.Response {
    /// The body behind the five bytes of its gRPC frame.
    fileprivate var message: [UInt8] { Array(body.dropFirst(5)) }
}
