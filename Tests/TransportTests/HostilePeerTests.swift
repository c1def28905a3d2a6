// Peers that try to make the server work, hold memory or wait, with an honest client beside them where that shows.

import Sessions
import NIOCore
import NIOEmbedded
import Testing
import Transport

@Suite struct HostilePeerTests {
    /// The head of a POST, with one field of 3.9 KB in the table that HPACK repeats with one byte.
    private static func amplifiedHead(_ stream: UInt32, repeats: Int, isFirst: Bool, ends: Bool = false) -> [UInt8] {
        let entry = RawFrames.indexedLiteral("x-amplified", String(repeating: "a", count: 3900))
        let block =
            RawFrames.block(RawFrames.post("/authz/x")) + (isFirst ? entry : [])
            + [UInt8](repeating: 0x80 | 62, count: repeats)
        return RawFrames.frame(1, flags: ends ? 5 : 4, stream: stream, block)
    }

    /// 250 heads without an end, each of fifteen references to one field: 30 KB sent must not become 15 MB held.
    @Test func headsThatWaitAreBoundedByTheirBytes() throws {
        let connected = try Connected()
        try connected.send(RawFrames.preface + RawFrames.settings)
        for stream in stride(from: 1, to: 501, by: 2) as StrideTo<UInt32> {
            try connected.send(Self.amplifiedHead(stream, repeats: 15, isFirst: stream == 1))
            connected.wait(seconds: 0.01)
        }
        let limit = HTTP2Limits().maxHeadBacklogBytes
        let held = connected.loop.pool.backlog.bytes
        #expect(held > limit / 2 && held < limit + (128 << 10), "\(held)")
        let honest = try Connected()
        let id = honest.client.call("/call", [1])
        try honest.exchangeBytes()
        #expect(honest.client.response(id).grpcStatus == "0")
        connected.channel.close(promise: nil)
        connected.channel.embeddedEventLoop.run()
        #expect(connected.loop.pool.backlog.bytes == 0, "all of it is given back")
    }

    @Test func headsOfAllConnectionsCountTogether() throws {
        let connected = try Connected { $0.maxLoopBacklogBytes = 100_000 }
        try connected.send(RawFrames.preface + RawFrames.settings)
        for stream in [1, 3, 5] as [UInt32] {
            try connected.send(Self.amplifiedHead(stream, repeats: 12, isFirst: stream == 1))
        }
        #expect(connected.loop.pool.backlog.bytes < 110_000)
        #expect(!(try connected.received()).isEmpty)
    }

    @Test func headsOfHTTP1CountToo() throws {
        let connected = try Connected { $0.maxLoopBacklogBytes = 10_000 }
        let large = "X-Large: \(String(repeating: "a", count: 9000))\r\n"
        try connected.send("POST /authz/x HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\(large)\r\n")
        #expect(connected.loop.pool.backlog.bytes > 9000)
        try connected.send("a")
        #expect(connected.loop.pool.backlog.bytes == 0)
        try connected.send("POST /authz/x HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\(large)\(large)\r\n")
        #expect(try connected.receivedText().contains("HTTP/1.1 503 "))
    }

    @Test func fieldsAreBoundedInNumber() throws {
        let many = (0..<300).map { ("x-\($0)", "") }
        let connected = try Connected()
        let id = connected.client.request("GET", "/echo", many)
        let honest = connected.client.request("GET", "/echo", Array(many.prefix(200)))
        try connected.exchangeBytes()
        #expect(connected.client.response(id).status == "431")
        #expect(connected.client.response(honest).status == "200")
        let http1 = try Connected()
        try http1.send("GET /echo HTTP/1.1\r\nHost: x\r\n" + many.map { "\($0.0): y\r\n" }.joined() + "\r\n")
        #expect(try http1.receivedText().hasPrefix("HTTP/1.1 431 "))
    }

    // MARK: Turns

    /// One read makes much work; the loop does a part of it, then looks after others, and everything is answered in the end.
    @Test func aReadThatMakesMuchWorkIsDoneInTurns() throws {
        let connected = try Connected { $0.http2.maxHeadBacklogBytes = .max / 2 }
        var bytes = RawFrames.preface + RawFrames.settings
        for stream in stride(from: 1, to: 201, by: 2) as StrideTo<UInt32> {
            bytes += Self.amplifiedHead(stream, repeats: 14, isFirst: stream == 1, ends: true)
        }
        try connected.send(bytes)
        let first = connected.loop.counters.http2Requests.current
        #expect(first < 10, "\(first)")
        let reads = connected.reads.reads
        connected.channel.read()
        #expect(connected.reads.reads == reads, "nothing more is read meanwhile")
        connected.wait(seconds: 0.1)
        #expect(connected.loop.counters.http2Requests.current == 100)
        #expect(connected.reads.reads == reads + 1)
        #expect(connected.loop.pool.backlog.bytes == 0)
    }

    /// What arrives while work is left keeps its place behind it.
    @Test func bytesThatComeMeanwhileAreNotLost() throws {
        let connected = try Connected { $0.http2.maxTurnBytes = 500 }
        var ids: [Int32] = []
        for round in 0..<20 {
            ids.append(connected.client.request("POST", "/echo", [("x-round", "\(round)")], body: [UInt8(round)]))
            try connected.send(connected.client.output())
        }
        for _ in 0..<20 {
            connected.wait(seconds: 0.01)
            try connected.exchangeBytes()
        }
        for (round, id) in ids.enumerated() { #expect(connected.client.response(id).body == [UInt8(round)]) }
    }

    @Test func trailersAreNoWayAroundTheLimits() throws {
        let connected = try Connected()
        try connected.send(RawFrames.preface + RawFrames.settings)
        try connected.send(Self.amplifiedHead(1, repeats: 1, isFirst: true))
        let trailers = RawFrames.frame(1, flags: 5, stream: 1, [UInt8](repeating: 0x80 | 62, count: 10_000))
        try connected.send(trailers)
        for _ in 0..<100 { connected.wait(seconds: 0.01) }
        let honest = RawFrames.headers(3, RawFrames.post("/echo"), ends: true)
        try connected.send(honest)
        #expect(connected.loop.counters.http2Requests.current == 1, "the first is reset, the second is answered")
        #expect(!connected.isClosed)
    }

    // MARK: Room for small requests

    @Test func largeBodiesLeaveRoomForSmallRequests() throws {
        let connected = try Connected {
            $0.http2.maxBodyBytes = 100_000
            $0.http2.maxBacklogBytes = 1 << 20
            $0.maxLoopBacklogBytes = 400_000
        }
        let body = [UInt8](repeating: 1, count: 80_000)
        var large: [Int32] = []
        for _ in 0..<8 {
            large.append(connected.client.request("POST", "/echo", body: body, ends: false))
            try connected.exchangeBytes()
        }
        #expect(large.contains { connected.client.response($0).status == "503" })
        let small = connected.client.request("POST", "/echo", body: [1, 2, 3])
        try connected.exchangeBytes()
        #expect(connected.client.response(small).status == "200")
    }

    // MARK: Answers

    @Test func anAnswerWithALargeHeadIsSent() throws {
        let connected = try Connected()
        let id = connected.client.request("GET", "/wide/64200")
        try connected.exchangeBytes()
        #expect(connected.client.response(id).fields["x-wide"]?.utf8.count == 64_200)
    }

    @Test func anAnswerWithATooLargeHeadFailsAlone() throws {
        let connected = try Connected()
        let pending = connected.client.call("/wait/1", [])
        let plain = connected.client.request("GET", "/wide/300000")
        let call = connected.client.call("/wide/300000", [])
        try connected.exchangeBytes()
        #expect(connected.client.response(plain).status == "500")
        #expect(connected.client.response(call).grpcStatus == "13")
        connected.wait(seconds: 20)
        connected.resolver.release()
        #expect(connected.client.response(pending).closed == nil)
        try connected.exchangeBytes()
        #expect(!connected.isClosed)
        _ = pending
    }

    // MARK: Resets

    private static func abort(_ streams: StrideTo<UInt32>) -> [UInt8] {
        streams.flatMap { RawFrames.headers($0, RawFrames.post("/wait/1"), ends: true) + RawFrames.reset($0) }
    }

    /// A proxy passes on what all its clients give up: its connection stays, and so do the calls of the others.
    @Test func aTrustedProxyMayResetWhatItLikes() throws {
        let connected = try Connected(from: "127.0.0.1") { $0.http2.resetBurst = 100 }
        try connected.send(RawFrames.preface + RawFrames.settings)
        try connected.send(RawFrames.headers(1, RawFrames.post("/wait/1"), ends: true))
        for start in stride(from: 3, to: 60_003, by: 1000) as StrideTo<UInt32> {
            try connected.send(Self.abort(stride(from: start, to: start + 1000, by: 2)))
            connected.wait(seconds: 0.001)
        }
        connected.resolver.release()
        connected.wait(seconds: 0.1)
        #expect(connected.loop.counters.http2Requests.current == 1, "the honest call is answered")
        #expect(connected.loop.counters.resetFloods.current == 0)
        #expect(!connected.isClosed)
    }

    /// An unknown peer beyond its limit: no new stream is taken, the call under way is answered, then the connection closes.
    @Test func aSessionThatMustEndFinishesWhatIsUnderWay() throws {
        let connected = try Connected {
            $0.http2.resetBurst = 100; $0.http2.resetRate = 1
        }
        let honest = connected.client.call("/wait/1", [])
        try connected.exchangeBytes()
        for _ in 0..<120 {
            let id = connected.client.request("GET", "/wait/1")
            try connected.exchangeBytes()
            connected.client.reset(id)
            try connected.exchangeBytes()
            if !connected.client.goAways.isEmpty { break }
        }
        #expect(connected.client.goAways.map(\.code) == [11], "ENHANCE_YOUR_CALM")
        #expect(connected.loop.counters.resetFloods.current == 1)
        #expect(!connected.isClosed)
        connected.resolver.release()
        try connected.exchangeBytes()
        #expect(connected.client.response(honest).grpcStatus == "0")
        #expect(connected.isClosed)
    }

    @Test func anErrorOfThePeerIsCounted() throws {
        let connected = try Connected()
        try connected.send(RawFrames.preface + RawFrames.settings + RawFrames.frame(0, stream: 1, [1]))
        #expect(connected.loop.counters.broken.current == 1)
        #expect(connected.isClosed)
    }

    /// Closes the channel instead of writing, as NIO does when the peer has gone.
    private final class BrokenPipe: ChannelOutboundHandler {
        typealias OutboundIn = ByteBuffer

        func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
            promise?.fail(ChannelError.ioOnClosedChannel)
            context.close(promise: nil)
        }
    }

    @Test func aPeerThatHasGoneIsNoErrorOfHTTP2() throws {
        let connected = try Connected()
        _ = connected.client.call("/wait/1", [])
        try connected.exchangeBytes()
        try connected.channel.pipeline.syncOperations.addHandler(BrokenPipe(), position: .first)
        connected.resolver.release()
        connected.channel.embeddedEventLoop.run()
        #expect(connected.isClosed)
        #expect(connected.loop.counters.broken.current == 0)
        #expect(connected.loop.connectionCount == 0 && connected.loop.pool.backlog.bytes == 0)
    }

    // MARK: Half-closed connections, watchers, idle connections

    private func closeInput(_ connected: Connected) {
        connected.channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        connected.channel.embeddedEventLoop.run()
    }

    @Test func aHalfClosedConnectionGetsItsAnswer() throws {
        let http2 = try Connected()
        let id = http2.client.call("/wait/1", [])
        try http2.exchangeBytes()
        closeInput(http2)
        #expect(!http2.isClosed)
        http2.resolver.release()
        http2.channel.embeddedEventLoop.run()
        http2.client.input(try http2.received())
        #expect(http2.client.response(id).grpcStatus == "0")
        #expect(http2.isClosed)

        let http1 = try Connected()
        try http1.send("GET /wait/1 HTTP/1.1\r\nHost: x\r\n\r\n")
        closeInput(http1)
        http1.resolver.release()
        http1.channel.embeddedEventLoop.run()
        let text = try http1.receivedText()
        #expect(text.hasPrefix("HTTP/1.1 200 ") && text.contains("\r\nconnection: close\r\n"))
        #expect(http1.isClosed)
    }

    @Test(arguments: ["", "PRI * HT", "GET /echo HTTP/1.1\r\nHost: x\r\n\r\n"])
    func aHalfClosedConnectionWithNothingUnderWayIsClosed(bytes: String) throws {
        let connected = try Connected()
        try connected.send(bytes)
        closeInput(connected)
        #expect(connected.isClosed)
    }

    @Test func aWatcherThatIsGoneIsNoticed() throws {
        let connected = try Connected {
            $0.deadlines.idle = 5_000_000_000
            $0.deadlines.head = 2_000_000_000
        }
        let id = connected.client.call("/stream", [])
        for _ in 0..<5 {
            try connected.exchangeBytes()
            connected.wait(seconds: 6)
        }
        try connected.exchangeBytes()
        #expect(connected.client.response(id).closed == nil, "a watcher that answers pings stays")
        connected.wait(seconds: 9)
        #expect(connected.isClosed)
        #expect(connected.loop.counters.expired.current == 1)
    }

    @Test func theLongestIdleMakesRoom() throws {
        let first = try Connected {
            $0.maxConnectionsPerLoop = 2
            $0.closesIdleWhenFull = true
        }
        try first.exchangeBytes()
        first.wait(seconds: 1)
        let second = try another(first)
        first.wait(seconds: 1)
        let third = try another(first)
        #expect(first.isClosed && second.isActive && third.isActive)
        #expect(first.loop.connectionCount == 2)
    }

    private func another(_ connected: Connected) throws -> EmbeddedChannel {
        let channel = EmbeddedChannel(loop: connected.channel.embeddedEventLoop)
        try channel.pipeline.syncOperations.addHandler(ProtocolDetector(loop: connected.loop))
        channel.connect(to: try SocketAddress(ipAddress: "192.0.2.8", port: 4712), promise: nil)
        return channel
    }
}
