// The HTTP/2 handler on an embedded channel: lookups, deadlines, output that is not taken, the end.

import Sessions
import NIOCore
import Testing
import Transport

@Suite struct HTTP2HandlerTests {
    @Test func oneTurnOfRequestsIsOneWrite() throws {
        let connected = try Connected()
        try connected.exchangeBytes()
        for _ in 0..<32 { connected.client.call("/call", [1, 2, 3]) }
        try connected.send(connected.client.output())
        let buffer = try #require(try connected.channel.readOutbound(as: ByteBuffer.self))
        #expect(try connected.channel.readOutbound(as: ByteBuffer.self) == nil)
        connected.client.input(Array(buffer.readableBytesView))
        #expect(connected.client.responses.count == 32)
        #expect(connected.client.responses.values.allSatisfy { $0.grpcStatus == "0" })
        #expect(connected.loop.counters.http2Requests.current == 32)
    }

    @Test func pingsAreAnswered() throws {
        let connected = try Connected()
        connected.client.ping()
        try connected.exchangeBytes()
        #expect(connected.client.pongs == 1)
        #expect(!connected.isClosed)
    }

    @Test func aPrefaceMayArriveInPieces() throws {
        let connected = try Connected()
        let id = connected.client.call("/call", [1])
        for byte in connected.client.output() { try connected.send([byte]) }
        try connected.exchangeBytes()
        #expect(connected.client.response(id).grpcStatus == "0")
    }

    // MARK: Lookups

    @Test func aRequestWaitsForItsLookupsWhileOthersGoOn() throws {
        let connected = try Connected()
        let slow = connected.client.call("/wait/2", [])
        let quick = connected.client.call("/call", [])
        try connected.exchangeBytes()
        #expect(connected.client.response(quick).grpcStatus == "0")
        #expect(connected.client.response(slow).closed == nil)
        connected.resolver.release()
        try connected.exchangeBytes()
        #expect(connected.client.response(slow).closed == nil)
        #expect(connected.resolver.count == 1)
        connected.resolver.release()
        try connected.exchangeBytes()
        #expect(connected.client.response(slow).grpcStatus == "0")
        #expect(connected.client.response(slow).body.dropFirst(5) == Array("done".utf8)[...])
        #expect(connected.loop.counters.lookups.current == 2)
    }

    @Test func aCheckThatDoesNotComeToAnEndIsGivenUp() throws {
        let connected = try Connected()
        let id = connected.client.call("/wait/1000", [])
        var rounds = 0
        while connected.client.response(id).closed == nil, rounds < 20 {
            try connected.exchangeBytes()
            rounds += connected.resolver.count
            connected.resolver.release()
        }
        try connected.exchangeBytes()
        #expect(rounds == 8)
        #expect(connected.client.response(id).grpcStatus == "14")
        #expect(connected.client.response(id).headerBlocks == 1)
    }

    @Test(arguments: zip(Fault.allCases, ["14", "14", "8", "14", "4", "8", "14"]))
    func faultsAreOutages(fault: Fault, status: String) throws {
        let connected = try Connected()
        let at = connected.client.call("/fail/\(fault.rawValue)", [])
        let later = connected.client.call("/wait/1", [])
        let plain = connected.client.request("GET", "/fail/\(fault.rawValue)")
        try connected.exchangeBytes()
        connected.resolver.release(fault)
        try connected.exchangeBytes()
        for id in [at, later] {
            #expect(connected.client.response(id).status == "200")
            #expect(connected.client.response(id).grpcStatus == status)
            #expect(connected.client.response(id).headerBlocks == 1, "trailers only")
        }
        #expect(connected.client.response(plain).status == (fault == .deadlineExceeded ? "504" : "503"))
    }

    @Test func theCallersDeadlineEndsTheWait() throws {
        let connected = try Connected()
        let id = connected.client.call("/wait/1", [], [("grpc-timeout", "200m")])
        try connected.exchangeBytes()
        connected.wait(seconds: 0.19)
        try connected.exchangeBytes()
        #expect(connected.client.response(id).closed == nil)
        connected.wait(seconds: 0.02)
        try connected.exchangeBytes()
        #expect(connected.client.response(id).grpcStatus == "4")
        connected.resolver.release()
        try connected.exchangeBytes()
        #expect(!connected.isClosed, "a lookup that ends later has nobody to answer")
    }

    @Test func aDeadlineSpansAllLookups() throws {
        let connected = try Connected()
        let id = connected.client.call("/wait/5", [], [("grpc-timeout", "200m")])
        try connected.exchangeBytes()
        for _ in 0..<4 {
            connected.wait(seconds: 0.06)
            connected.resolver.release()
            try connected.exchangeBytes()
        }
        #expect(connected.client.response(id).grpcStatus == "4")
    }

    @Test func whoSaysNothingWaitsForTheConfiguredTime() throws {
        let connected = try Connected { $0.deadlines.lookup = 1_000_000_000 }
        let id = connected.client.request("GET", "/wait/1")
        try connected.exchangeBytes()
        connected.wait(seconds: 1.01)
        try connected.exchangeBytes()
        #expect(connected.client.response(id).status == "504")
    }

    /// Neither an answer nor a caller's patience of a thousand years keeps a lookup's deadline in memory.
    @Test func aDeadlineIsForgottenWithItsLookup() throws {
        let connected = try Connected { $0.deadlines.lookup = 3_600_000_000_000 }
        connected.client.call("/wait/2", [], [("grpc-timeout", "99999999H")])
        for _ in 0..<2 {
            try connected.exchangeBytes()
            connected.resolver.release()
        }
        try connected.exchangeBytes()
        weak let handler = try connected.channel.pipeline.syncOperations.handler(type: HTTP2Handler<FakeService>.self)
        #expect(handler != nil)
        connected.channel.close(promise: nil)
        connected.channel.embeddedEventLoop.run()
        #expect(handler == nil)
    }

    @Test func nobodyWaitsLongerThanIsConfigured() throws {
        let connected = try Connected { $0.deadlines.lookup = 1_000_000_000 }
        let id = connected.client.call("/wait/1", [], [("grpc-timeout", "1H")])
        try connected.exchangeBytes()
        connected.wait(seconds: 1.01)
        try connected.exchangeBytes()
        #expect(connected.client.response(id).grpcStatus == "4")
    }

    @Test func aResetWhileALookupIsPendingIsNotAnswered() throws {
        let connected = try Connected()
        let id = connected.client.call("/wait/1", [])
        try connected.exchangeBytes()
        connected.client.reset(id)
        try connected.exchangeBytes()
        let other = connected.client.call("/call", [])
        connected.resolver.release()
        try connected.exchangeBytes()
        #expect(connected.client.response(id).headerBlocks == 0)
        #expect(connected.client.response(other).grpcStatus == "0")
    }

    @Test func aConnectionThatClosesWhileLookupsArePendingIsForgotten() throws {
        let connected = try Connected()
        connected.client.call("/wait/1", [])
        connected.client.call("/wait/1", [], [("grpc-timeout", "1S")])
        try connected.exchangeBytes()
        #expect(connected.loop.connectionCount == 1)
        connected.channel.close(promise: nil)
        connected.channel.embeddedEventLoop.run()
        #expect(connected.loop.connectionCount == 0)
        connected.resolver.release()
        connected.wait(seconds: 2)
        #expect(try connected.received().isEmpty)
    }

    @Test func pendingLookupsAreBoundedEvenWhenTheirStreamsAreReset() throws {
        let connected = try Connected { $0.maxPendingLookups = 4 }
        for _ in 0..<4 { connected.client.call("/wait/1", []) }
        try connected.exchangeBytes()
        for id in connected.client.responses.keys { connected.client.reset(id) }
        for id in [1, 3, 5, 7] as [Int32] { connected.client.reset(id) }
        let fifth = connected.client.call("/wait/1", [])
        try connected.exchangeBytes()
        #expect(connected.client.response(fifth).grpcStatus == "8")
        connected.resolver.release()
        try connected.exchangeBytes()
        let sixth = connected.client.call("/wait/1", [])
        try connected.exchangeBytes()
        #expect(connected.client.response(sixth).closed == nil)
        #expect(connected.resolver.count == 1)
    }

    // MARK: Output that is not taken

    @Test func aPeerThatDoesNotReadIsNotReadFromAndClosedAtTheDeadline() throws {
        let connected = try Connected { $0.deadlines.writeStall = 2_000_000_000 }
        try connected.exchangeBytes()
        connected.channel.isWritable = false
        connected.channel.pipeline.fireChannelWritabilityChanged()
        let reads = connected.reads.reads
        for _ in 0..<10 { connected.client.call("/call", [UInt8](repeating: 1, count: 1000)) }
        try connected.send(connected.client.output())
        connected.channel.read()
        #expect(connected.reads.reads == reads, "no read is asked for")
        #expect(try connected.received().isEmpty, "nothing is written")
        connected.wait(seconds: 1.5)
        #expect(!connected.isClosed)
        connected.wait(seconds: 1.5)
        #expect(connected.isClosed)
        #expect(connected.loop.counters.expired.current == 1)
    }

    @Test func outputGoesOnWhenThePeerReadsAgain() throws {
        let connected = try Connected()
        try connected.exchangeBytes()
        connected.channel.isWritable = false
        connected.channel.pipeline.fireChannelWritabilityChanged()
        let id = connected.client.call("/call", [1])
        try connected.send(connected.client.output())
        connected.channel.read()
        let reads = connected.reads.reads
        connected.channel.isWritable = true
        connected.channel.pipeline.fireChannelWritabilityChanged()
        #expect(connected.reads.reads == reads + 1)
        try connected.exchangeBytes()
        #expect(connected.client.response(id).grpcStatus == "0")
        connected.wait(seconds: 60)
        #expect(!connected.isClosed)
    }

    @Test func answersThatFlowControlHoldsBackExpire() throws {
        let connected = try Connected(client: ClientSession(window: 0)) { $0.deadlines.writeStall = 2_000_000_000 }
        connected.client.call("/call", [1])
        try connected.exchangeBytes()
        connected.client.ping()
        connected.wait(seconds: 1.5)
        try connected.exchangeBytes()
        #expect(!connected.isClosed)
        connected.wait(seconds: 1.5)
        #expect(connected.isClosed)
    }
}
