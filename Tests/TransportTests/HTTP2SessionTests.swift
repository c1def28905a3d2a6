// The session alone: bytes in, bytes out, with nghttp2's client or bytes by hand at the other end.

import Testing
import Transport
import Bytes

@Suite struct HTTP2SessionTests {
    /// A session with a client; what is ready is answered by `answer`.
    final class Pair {
        let client = ClientSession()
        let session: HTTP2Session
        private(set) var served: [Int32] = []

        init(limits: HTTP2Limits = HTTP2Limits(), memory: HTTP2Memory = HTTP2Memory()) {
            session = HTTP2Session(limits: limits, pool: ExchangePool(), memory: memory)
        }

        func output() -> [UInt8] {
            var bytes: [UInt8] = []
            while let next = session.nextOutput() { bytes += Array(next) }
            return bytes
        }

        func receive(_ bytes: [UInt8]) { _ = bytes.withUnsafeBytes { session.receive($0) } }

        func run(_ answer: (Exchange) -> Void = { $0.reply.body = $0.body }) {
            while true {
                let up = client.output()
                receive(up)
                while let exchange = session.nextReady() {
                    served.append(exchange.id)
                    if let flaw = exchange.flaw {
                        exchange.reply.refuse(flaw, isCall: exchange.isCall)
                    } else {
                        answer(exchange)
                    }
                    session.respond(exchange)
                }
                let down = output()
                client.input(down)
                if up.isEmpty, down.isEmpty { return }
            }
        }
    }

    @Test func aCallIsAnsweredWithMessageAndTrailers() {
        let pair = Pair()
        let id = pair.client.call("/x/y", Array("hello".utf8))
        pair.run { $0.reply.answer(message: Array("world".utf8)) }
        let response = pair.client.response(id)
        #expect(response.fields == [":status": "200", "content-type": "application/grpc"])
        #expect(response.trailers == ["grpc-status": "0"])
        #expect(response.body == [0, 0, 0, 0, 5] + Array("world".utf8))
        #expect(response.closed == 0)
    }

    /// What one connection leaves behind, streams under way and all, others go on with.
    @Test func connectionsShareMemory() {
        let memory = HTTP2Memory()
        let first = Pair(memory: memory)
        for round in 0..<50 {
            let second = Pair(memory: memory)
            for pair in [first, second] {
                let id = pair.client.call("/x/\(round)", Array("hello \(round)".utf8))
                pair.run()
                #expect(
                    pair.client.response(id).body == [0, 0, 0, 0, UInt8(round < 10 ? 7 : 8)]
                        + Array("hello \(round)".utf8))
            }
            _ = second.client.call("/x/unfinished", [])
            second.receive(second.client.output())
            let kept = memory.keptBytes
            second.session.close()
            #expect(memory.keptBytes > kept)
            #expect(second.session.isFinished)
            #expect(second.session.nextOutput() == nil)
        }
    }

    @Test func anErrorIsOneHeaderBlock() {
        let pair = Pair()
        let id = pair.client.call("/x/y", [])
        pair.run { $0.reply.fail(.unavailable, "store unavailable") }
        let response = pair.client.response(id)
        #expect(
            response.fields == [
                ":status": "200", "content-type": "application/grpc", "grpc-status": "14",
                "grpc-message": "store unavailable",
            ])
        #expect(response.headerBlocks == 1)
        #expect(response.body.isEmpty)
        #expect(response.closed == 0)
    }

    @Test func plainAnswersHaveTheirFieldsAndLength() {
        let pair = Pair()
        let id = pair.client.request("POST", "/x", body: Array("abc".utf8))
        let head = pair.client.request("HEAD", "/x")
        pair.run { exchange in
            exchange.reply.status = 201
            exchange.reply.contentType = "text/plain"
            exchange.reply.addField("x-one", "1")
            exchange.reply.body = Array("abc".utf8)
        }
        let fields = [":status": "201", "content-type": "text/plain", "content-length": "3", "x-one": "1"]
        #expect(pair.client.response(id).fields == fields)
        #expect(pair.client.response(id).text == "abc")
        #expect(pair.client.response(head).fields == fields)
        #expect(pair.client.response(head).body.isEmpty)
        #expect(pair.client.response(head).closed == 0)
    }

    @Test func manyStreamsAtOnceEachGetTheirOwn() {
        let pair = Pair()
        pair.run()
        let ids = (0..<200).map { pair.client.call("/x/\($0)", Array("message \($0)".utf8)) }
        pair.run { $0.reply.answer(message: Array($0.body.dropFirst(5).reversed())) }
        for (number, id) in ids.enumerated() {
            let reversed = Array("message \(number)".utf8.reversed())
            #expect(pair.client.response(id).body.dropFirst(5) == reversed[...])
            #expect(pair.client.response(id).grpcStatus == "0")
        }
        #expect(pair.session.openStreams == 0)
        #expect(pair.session.backlog == 0)
    }

    @Test func streamsBeyondTheAnnouncedNumberWait() {
        var limits = HTTP2Limits()
        limits.maxConcurrentStreams = 3
        let pair = Pair(limits: limits)
        pair.run()
        #expect(pair.client.maxConcurrentStreams == 3)
        let ids = (0..<10).map { _ in pair.client.request("GET", "/x") }
        pair.run { _ in #expect(pair.session.openStreams <= 3) }
        for id in ids { #expect(pair.client.response(id).closed == 0) }
    }

    @Test func streamsBeyondTheAnnouncedNumberAreRefusedWhenOpenedAllTheSame() {
        var limits = HTTP2Limits()
        limits.maxConcurrentStreams = 2
        let pair = Pair(limits: limits)
        pair.receive(RawFrames.preface + RawFrames.settings)
        for stream in [1, 3, 5, 7] as [UInt32] {
            pair.receive(RawFrames.headers(stream, RawFrames.post("/x"), ends: false))
        }
        #expect(pair.session.openStreams == 2)
    }

    @Test func bytesMayArriveOneByOne() {
        let pair = Pair()
        let id = pair.client.call("/x/y", Array("hello".utf8))
        for byte in pair.client.output() { pair.receive([byte]) }
        pair.run { $0.reply.answer(message: Array($0.body.dropFirst(5))) }
        #expect(pair.client.response(id).body.dropFirst(5) == Array("hello".utf8)[...])
    }

    @Test func aBodyThatIsTooLargeIsRefusedBeforeItsEnd() {
        var limits = HTTP2Limits()
        limits.maxBodyBytes = 1000
        let pair = Pair(limits: limits)
        let call = pair.client.request(
            "POST", "/x/y", [("content-type", "application/grpc")], body: [UInt8](repeating: 1, count: 1006),
            ends: false)
        let plain = pair.client.request("POST", "/x", body: [UInt8](repeating: 1, count: 1006), ends: false)
        let fits = pair.client.request("POST", "/x", body: [UInt8](repeating: 1, count: 1000))
        pair.run()
        #expect(pair.client.response(call).grpcStatus == "8")
        #expect(pair.client.response(call).closed == 0)
        #expect(pair.client.resets[call] == 0, "RST_STREAM(NO_ERROR) tells to stop sending")
        #expect(pair.client.response(plain).status == "413")
        #expect(pair.client.response(fits).body.count == 1000)
        #expect(pair.session.backlog == 0)
    }

    @Test func bodiesThatWaitAreBoundedForTheConnection() {
        var limits = HTTP2Limits()
        limits.maxBacklogBytes = 3000
        let pair = Pair(limits: limits)
        let ids = (0..<4).map { _ in
            pair.client.request("POST", "/x", body: [UInt8](repeating: 1, count: 900), ends: false)
        }
        pair.run()
        #expect((2700..<2800).contains(pair.session.backlog), "three bodies and their heads")
        #expect(pair.client.response(ids[3]).status == "503")
        for id in ids.prefix(3) { pair.client.finish(id) }
        pair.run()
        for id in ids.prefix(3) { #expect(pair.client.response(id).status == "200") }
        #expect(pair.session.backlog == 0)
    }

    @Test func aHeadThatIsTooLargeIsRefusedAndTheConnectionLivesOn() {
        var limits = HTTP2Limits()
        limits.maxHeaderBytes = 2000
        let pair = Pair(limits: limits)
        let many = (0..<60).map { ("x-\($0)", "value") }
        let plain = pair.client.request("GET", "/x", many)
        let call = pair.client.call("/x/y", [], many)
        let good = pair.client.request("GET", "/x")
        pair.run()
        #expect(pair.client.response(plain).status == "431")
        #expect(pair.client.response(call).grpcStatus == "8")
        #expect(pair.client.response(good).status == "200")
    }

    /// One table entry of 4 KB, named 10,000 times in 10,000 bytes: 40 MB of fields, none of which is kept.
    @Test func aHeaderBombIsDefused() {
        let pair = Pair()
        let entry = RawFrames.indexedLiteral("x-bomb", String(repeating: "b", count: 4000))
        let bomb = RawFrames.block(RawFrames.post("/x")) + entry + [UInt8](repeating: 0x80 | 62, count: 10_000)
        pair.receive(RawFrames.preface + RawFrames.settings)
        pair.receive(RawFrames.frame(1, flags: 5, stream: 1, bomb))
        #expect(pair.session.nextReady() == nil, "the stream is reset")
        #expect(!pair.session.isFinished)
        pair.receive(RawFrames.headers(3, RawFrames.post("/x"), ends: true))
        #expect(pair.session.nextReady()?.id == 3)
    }

    @Test func aMegabyteOfHeaderEndsTheConnection() {
        let pair = Pair()
        pair.receive(RawFrames.preface + RawFrames.settings)
        let block = RawFrames.block(RawFrames.post("/x") + [("x-large", String(repeating: "a", count: 1 << 20))])
        var rest = block[...]
        var type: UInt8 = 1
        while !rest.isEmpty {
            let part = Array(rest.prefix(16_000))
            rest = rest.dropFirst(16_000)
            pair.receive(RawFrames.frame(type, flags: rest.isEmpty ? 4 : 0, stream: 1, part))
            type = 9
        }
        #expect(pair.session.nextReady() == nil)
        let goAway = pair.output()
        #expect(pair.session.isFinished)
        #expect(goAway.count < 1000)
    }

    @Test func aPeerThatGaveUpIsNotServed() {
        let pair = Pair()
        pair.receive(RawFrames.preface + RawFrames.settings)
        pair.receive(
            RawFrames.headers(1, RawFrames.post("/x"), ends: true) + RawFrames.reset(1)
                + RawFrames.headers(3, RawFrames.post("/x"), ends: true))
        #expect(pair.session.nextReady()?.id == 3)
        #expect(pair.session.nextReady() == nil)
        #expect(pair.session.exchange(1) == nil)
        #expect(pair.session.openStreams == 1)
    }

    /// nghttp2 would end the session after a thousand, with calls under way neither answered nor reset.
    @Test func resetsAreCountedAndEndNothingHere() {
        let pair = Pair()
        pair.receive(RawFrames.preface + RawFrames.settings)
        for stream in stride(from: 1, to: 20_001, by: 2) as StrideTo<UInt32> {
            pair.receive(RawFrames.headers(stream, RawFrames.post("/x"), ends: true) + RawFrames.reset(stream))
        }
        #expect(pair.session.takeResets() == 10_000)
        #expect(pair.session.takeResets() == 0)
        #expect(pair.session.nextReady() == nil)
        #expect(!pair.session.isFinished)
        pair.receive(RawFrames.headers(20_001, RawFrames.post("/x"), ends: true))
        #expect(pair.session.nextReady()?.id == 20_001)
    }

    @Test func dataAfterTheEndIsAnError() {
        let pair = Pair()
        pair.receive(RawFrames.preface + RawFrames.settings)
        pair.receive(RawFrames.headers(1, RawFrames.post("/x"), ends: true))
        pair.receive(RawFrames.data(1, [1, 2, 3], ends: true))
        _ = pair.output()
        #expect(pair.session.nextReady()?.body.isEmpty ?? true)
        #expect(pair.session.isFinished)
    }

    @Test(arguments: [
        [(":method", "GET"), (":scheme", "http")],
        [(":method", "GET"), (":scheme", "http"), (":path", "")],
        [(":method", "GET"), (":path", "/"), (":scheme", "http"), ("Upper", "case")],
        [(":method", "GET"), (":path", "/"), (":scheme", "http"), ("connection", "close")],
        [(":method", "GET"), (":path", "/"), (":scheme", "http"), ("x-line", "a\nb")],
        [(":method", "GET"), (":path", "/"), (":path", "/x"), (":scheme", "http")],
        [(":method", "GET"), (":path", "/"), (":scheme", "http"), ("content-length", "1"), ("content-length", "2")],
    ])
    func malformedHeadsResetTheirStreamOnly(fields: [(String, String)]) {
        let pair = Pair()
        pair.receive(RawFrames.preface + RawFrames.settings)
        pair.receive(RawFrames.headers(1, fields, ends: true))
        #expect(pair.session.nextReady() == nil)
        pair.receive(RawFrames.headers(3, RawFrames.post("/x"), ends: true))
        #expect(pair.session.nextReady()?.id == 3)
    }

    @Test func aBodyOfAnotherLengthThanSaidIsNoRequest() {
        let pair = Pair()
        pair.receive(RawFrames.preface + RawFrames.settings)
        pair.receive(RawFrames.headers(1, RawFrames.post("/x") + [("content-length", "5")], ends: false))
        pair.receive(RawFrames.data(1, [1, 2, 3], ends: true))
        #expect(pair.session.nextReady() == nil)
    }

    @Test func unknownFramesAreIgnored() {
        let pair = Pair()
        pair.receive(RawFrames.preface + RawFrames.settings + RawFrames.frame(0xEE, stream: 0, [1, 2, 3]))
        pair.receive(RawFrames.headers(1, RawFrames.post("/x"), ends: true))
        #expect(pair.session.nextReady()?.id == 1)
    }

    @Test(arguments: [
        Array("GET / HTTP/1.1\r\nhost: x\r\n\r\n".utf8), [UInt8](repeating: 0, count: 64),
        RawFrames.preface + RawFrames.ping,
        RawFrames.preface + RawFrames.settings + RawFrames.frame(0, stream: 1, [1]),
        RawFrames.preface + RawFrames.settings + RawFrames.frame(6, [1, 2]),
        RawFrames.preface + RawFrames.settings + [0xFF, 0xFF, 0xFF, 0, 0, 0, 0, 0, 1],
        RawFrames.preface + RawFrames.settings
            + RawFrames.frame(1, flags: 5, stream: 2, RawFrames.block(RawFrames.post("/x"))),
        RawFrames.preface + RawFrames.settings
            + RawFrames.frame(1, flags: 5, stream: 1, [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]),
    ])
    func whatIsNotHTTP2EndsTheConnection(bytes: [UInt8]) {
        let pair = Pair()
        pair.receive(bytes)
        _ = pair.output()
        #expect(pair.session.nextReady() == nil)
        #expect(pair.session.isFinished)
    }

    @Test func aFloodOfPingsFromAPeerThatDoesNotReadFails() {
        let pair = Pair()
        pair.receive(RawFrames.preface + RawFrames.settings)
        for _ in 0..<5000 { pair.receive(RawFrames.ping) }
        #expect(pair.session.failure == .flooded)
    }

    @Test func largeAnswersKeepToFlowControl() {
        let pair = Pair()
        let id = pair.client.request("GET", "/x")
        pair.run { $0.reply.body = [UInt8](repeating: 0x61, count: 1_000_000) }
        #expect(pair.client.response(id).body.count == 1_000_000)
        #expect(pair.client.response(id).closed == 0)
    }

    @Test func closingGivesEveryExchangeBack() {
        let pair = Pair()
        for _ in 0..<10 { pair.client.request("POST", "/x", body: [1, 2, 3], ends: false) }
        pair.client.request("GET", "/x")
        pair.receive(pair.client.output())
        #expect(pair.session.openStreams == 11)
        pair.session.close()
        #expect(pair.session.openStreams == 0)
        #expect(pair.session.backlog == 0)
        #expect(pair.session.nextReady() == nil)
    }
}
