// Deadlines of HTTP/2 connections, and their end.

import Sessions
import NIOCore
import Testing
import Transport

@Suite struct HTTP2DeadlineTests {
    @Test(arguments: [[], Array("PRI * HT".utf8)] as [[UInt8]])
    func aConnectionWithoutItsFirstBytesExpires(bytes: [UInt8]) throws {
        let connected = try Connected { $0.deadlines.head = 2_000_000_000 }
        try connected.send(bytes)
        connected.wait(seconds: 1.5)
        #expect(!connected.isClosed)
        connected.wait(seconds: 1.5)
        #expect(connected.isClosed)
    }

    @Test func aHeaderBlockWithoutEndExpires() throws {
        let connected = try Connected { $0.deadlines.head = 2_000_000_000 }
        try connected.send(RawFrames.preface + RawFrames.settings)
        try connected.send(RawFrames.headers(1, RawFrames.post("/echo"), ends: true, endsHead: false))
        connected.wait(seconds: 3)
        #expect(connected.isClosed)
    }

    @Test func aBodyWithoutEndIsResetAndTheConnectionLivesOn() throws {
        let connected = try Connected { $0.deadlines.body = 2_000_000_000 }
        let id = connected.client.request("POST", "/echo", body: [1, 2], ends: false)
        try connected.exchangeBytes()
        connected.wait(seconds: 3)
        let other = connected.client.request("POST", "/echo", body: [1, 2])
        try connected.exchangeBytes()
        #expect(connected.client.response(id).closed == 8, "CANCEL")
        #expect(connected.client.response(other).status == "200")
    }

    @Test func anIdleConnectionIsToldAndClosed() throws {
        let connected = try Connected { $0.deadlines.idle = 5_000_000_000 }
        let id = connected.client.call("/call", [])
        try connected.exchangeBytes()
        #expect(connected.client.response(id).grpcStatus == "0")
        connected.wait(seconds: 4)
        try connected.exchangeBytes()
        #expect(connected.client.goAways.isEmpty)
        connected.client.ping()
        try connected.exchangeBytes()
        connected.wait(seconds: 4)
        try connected.exchangeBytes()
        #expect(connected.client.goAways.isEmpty, "a ping is a sign of life")
        connected.wait(seconds: 3)
        try connected.exchangeBytes()
        #expect(connected.client.goAways.map(\.code) == [0, 0])
        connected.wait(seconds: 3)
        #expect(connected.isClosed)
    }

    // MARK: The end

    @Test func aDrainAnswersWhatIsUnderWayAndRefusesWhatComesAfterTheLastWord() throws {
        let connected = try Connected()
        let pending = connected.client.call("/wait/1", [])
        try connected.exchangeBytes()
        let emptied = connected.loop.drain()
        try connected.exchangeBytes()
        // The notice names no last stream; with the pong it becomes the last word.
        #expect(connected.client.goAways.first?.last == Int32.max)
        #expect(connected.client.goAways.last?.last == pending)
        #expect(connected.client.goAways.count == 2)
        #expect(!connected.isClosed)
        connected.resolver.release()
        try connected.exchangeBytes()
        #expect(connected.client.response(pending).grpcStatus == "0")
        #expect(connected.isClosed)
        #expect(connected.loop.connectionCount == 0)
        try emptied.wait()
    }

    @Test func aRequestThatCrossesTheNoticeIsStillServed() throws {
        let connected = try Connected()
        try connected.exchangeBytes()
        _ = connected.loop.drain()
        let crossing = connected.client.call("/call", [])
        try connected.exchangeBytes()
        #expect(connected.client.response(crossing).grpcStatus == "0")
        #expect(connected.isClosed)
    }

    @Test func aDrainDoesNotWaitForAPongForEver() throws {
        let connected = try Connected { $0.deadlines.notice = 1_000_000_000 }
        try connected.exchangeBytes()
        _ = connected.loop.drain()
        connected.wait(seconds: 3)
        connected.client.input(try connected.received())
        #expect(connected.client.goAways.count == 2)
        #expect(connected.isClosed)
    }

    @Test func aDrainEndsAtItsDeadline() throws {
        let connected = try Connected { $0.deadlines.drain = 3_000_000_000 }
        connected.client.call("/wait/1", [], [("grpc-timeout", "1H")])
        try connected.exchangeBytes()
        _ = connected.loop.drain()
        try connected.exchangeBytes()
        connected.wait(seconds: 2)
        #expect(!connected.isClosed)
        connected.wait(seconds: 3)
        #expect(connected.isClosed)
    }

    @Test func streamsThatGoOnAreEndedByADrain() throws {
        let connected = try Connected()
        let id = connected.client.call("/stream", [])
        try connected.exchangeBytes()
        #expect(connected.client.response(id).text == "first")
        #expect(connected.client.response(id).closed == nil)
        connected.wait(seconds: 100)
        try connected.exchangeBytes()
        #expect(connected.client.response(id).closed == nil, "a stream has no deadline of its own")
        _ = connected.loop.drain()
        try connected.exchangeBytes()
        #expect(connected.client.response(id).text == "firstlast")
        #expect(connected.client.response(id).trailers == ["grpc-status": "14", "grpc-message": "going away"])
        #expect(connected.isClosed)
    }

    @Test func aConnectionWithoutAnyBytesIsNotWaitedForInADrain() throws {
        let silent = try Connected()
        _ = silent.loop.drain()
        try silent.channel.pipeline.syncOperations.addHandler(ProtocolDetector(loop: silent.loop))
        #expect(!silent.isClosed)
        silent.wait(seconds: 2.5)
        #expect(silent.isClosed)
    }

    @Test func aRequestThatIsOnItsWayInADrainIsAnswered() throws {
        let http1 = try Connected()
        _ = http1.loop.drain()
        try http1.send("GET /echo HTTP/1.1\r\nHost: x\r\n\r\n")
        let answer = try http1.receivedText()
        #expect(answer.hasPrefix("HTTP/1.1 200") && answer.contains("\r\nconnection: close\r\n"))
        #expect(http1.isClosed)

        let http2 = try Connected()
        _ = http2.loop.drain()
        let id = http2.client.call("/call", [])
        try http2.exchangeBytes()
        #expect(http2.client.response(id).closed == 0)
        #expect(http2.client.goAways.first?.code == 0)
        #expect(http2.isClosed)
    }

    @Test func aPeerThatSaysGoodbyeIsClosed() throws {
        let connected = try Connected()
        connected.client.call("/call", [])
        try connected.exchangeBytes()
        connected.client.goAway()
        try connected.exchangeBytes()
        #expect(connected.isClosed)
        #expect(connected.loop.connectionCount == 0)
    }

    @Test func connectionsAreBounded() throws {
        let connected = try Connected { $0.maxConnectionsPerLoop = 1 }
        try connected.exchangeBytes()
        #expect(!connected.isClosed, "the next handler of a connection is not another connection")
        try connected.channel.pipeline.syncOperations.addHandler(ProtocolDetector(loop: connected.loop))
        #expect(connected.isClosed)
        #expect(connected.loop.counters.refused.current == 1)
        #expect(connected.loop.counters.connections.current == 1)
    }
}
