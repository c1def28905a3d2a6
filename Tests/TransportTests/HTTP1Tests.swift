// HTTP/1.1 by its bytes: what is answered, in which order, and what is refused.

import Sessions
import NIOCore
import Testing
import Transport

@Suite struct HTTP1Tests {
    private func get(_ path: String, _ fields: String = "") -> String {
        "GET \(path) HTTP/1.1\r\nHost: gate.test\r\n\(fields)\r\n"
    }

    private func post(_ path: String, _ body: String) -> String {
        "POST \(path) HTTP/1.1\r\nHost: gate.test\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }

    private func statuses(_ text: String) -> [String] {
        text.split(separator: "HTTP/1.1 ").map { String($0.prefix(3)) }
    }

    @Test func anAnswerHasDateLengthAndBody() throws {
        let connected = try Connected()
        try connected.send(post("/echo", "hello"))
        #expect(
            try connected.receivedText() == """
                HTTP/1.1 200 OK\r
                date: Sun, 01 Mar 2026 12:00:00 GMT\r
                content-type: application/octet-stream\r
                content-length: 5\r
                \r
                hello
                """)
        try connected.send(get("/fields"))
        let text = try connected.receivedText()
        #expect(text.contains("\r\nx-one: 1\r\nx-two: 2\r\n"))
        #expect(!connected.isClosed)
        #expect(connected.loop.counters.http1Requests.current == 2)
    }

    /// The decoder reads no further where the client offers another protocol: so neither does the client.
    @Test(arguments: ["h2c", "websocket"])
    func anOfferOfAnotherProtocolIsNotTakenUp(name: String) throws {
        let connected = try Connected()
        try connected.send(get("/echo", "Connection: Upgrade\r\nUpgrade: \(name)\r\n"))
        let answer = try connected.receivedText()
        #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n") && answer.contains("\r\nconnection: close\r\n"))
        #expect(connected.isClosed)
    }

    @Test func requestsMayArriveByteByByte() throws {
        let connected = try Connected()
        for byte in post("/echo", "hello").utf8 { try connected.send([byte]) }
        #expect(try connected.receivedText().hasSuffix("\r\n\r\nhello"))
    }

    @Test func pipelinedRequestsAreAnsweredInTheirOrder() throws {
        let connected = try Connected()
        try connected.send(get("/wait/1") + post("/echo", "two") + get("/wait/1") + post("/echo", "four"))
        #expect(try connected.received().isEmpty, "the first waits, and so do all behind it")
        #expect(connected.resolver.count == 1)
        connected.resolver.release()
        connected.channel.embeddedEventLoop.run()
        #expect(try connected.receivedText().hasSuffix("two"))
        connected.resolver.release()
        connected.channel.embeddedEventLoop.run()
        let rest = try connected.receivedText()
        #expect(statuses(rest) == ["200", "200"])
        #expect(rest.hasSuffix("four"))
    }

    @Test func nothingMoreIsReadWhileARequestWaits() throws {
        let connected = try Connected()
        try connected.send(get("/wait/1"))
        let reads = connected.reads.reads
        connected.channel.read()
        #expect(connected.reads.reads == reads)
        connected.resolver.release()
        connected.channel.embeddedEventLoop.run()
        #expect(connected.reads.reads == reads + 1)
    }

    @Test func requestsSentAheadAreBounded() throws {
        let connected = try Connected { $0.maxPipelined = 10 }
        try connected.send(get("/wait/1") + String(repeating: get("/echo"), count: 1000))
        connected.resolver.release()
        connected.channel.embeddedEventLoop.run()
        let answered = statuses(try connected.receivedText())
        #expect(answered == Array(repeating: "200", count: 10) + ["503"])
        #expect(connected.isClosed)
    }

    @Test func answersAreNotGatheredWithoutBound() throws {
        let connected = try Connected { $0.writeBatch = 10_000 }
        try connected.send("")
        try connected.send(get("/large/9000"))
        _ = try connected.received()
        connected.channel.isWritable = false
        connected.channel.pipeline.fireChannelWritabilityChanged()
        try connected.send(String(repeating: get("/large/9000"), count: 30))
        #expect(try connected.received().isEmpty)
        connected.channel.isWritable = true
        connected.channel.pipeline.fireChannelWritabilityChanged()
        #expect(statuses(try connected.receivedText()).count == 30)
    }

    @Test(arguments: ["GET /echo HTTP/1.0\r\n\r\n", "GET /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"])
    func theLastRequestEndsTheConnection(request: String) throws {
        let connected = try Connected()
        try connected.send(request + get("/echo"))
        let text = try connected.receivedText()
        #expect(statuses(text) == ["200"])
        #expect(text.contains("\r\nconnection: close\r\n"))
        #expect(connected.isClosed)
    }

    @Test func headHasNoBody() throws {
        let connected = try Connected()
        try connected.send("HEAD /large/10 HTTP/1.1\r\nHost: x\r\n\r\n")
        let text = try connected.receivedText()
        #expect(text.contains("content-length: 10\r\n"))
        #expect(text.hasSuffix("\r\n\r\n"))
    }

    @Test func whoAsksWhetherToGoOnIsToldSo() throws {
        let connected = try Connected()
        try connected.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
        #expect(try connected.receivedText() == "HTTP/1.1 100 Continue\r\n\r\n")
        try connected.send("ok")
        #expect(try connected.receivedText().hasSuffix("\r\n\r\nok"))
    }

    @Test func chunksAreOneBody() throws {
        let connected = try Connected()
        try connected.send(
            "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n")
        #expect(try connected.receivedText().hasSuffix("\r\n\r\nabcde"))
    }

    /// Each could make two readers of one connection disagree about where a request ends: none is answered but with an error, and
    /// the connection ends there.
    @Test(arguments: [
        "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcd",
        "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 4, 5\r\n\r\nabcd",
        "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: +4\r\n\r\nabcd",
        "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: -4\r\n\r\nabcd",
        "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 0x4\r\n\r\nabcd",
        "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\nabcd",
        "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length : 4\r\n\r\nabcd",
        "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
        "POST /echo HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n0\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\nabc\r\n0\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n0\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\nabc\r\n0\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\nabc\r\n0\r\n\r\n",
        "GET /echo HTTP/1.1\r\nHost: x\r\n X-Folded: y\r\n\r\n",
        "GET /echo HTTP/1.1\r\nHost: x\r\nX-Zero: a\u{0}b\r\n\r\n",
        "GET /echo HTTP/1.1\r\nHost: x\r\nX Y: z\r\n\r\n",
        "GET /echo HTTP/1.1\r\nHost: x\rX-Bare: y\r\n\r\n",
        "GET /ec ho HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /echo HTTP/1.1\r\n\r\n",
        "GET /echo HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
        "GET http://x/echo HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET echo HTTP/1.1\r\nHost: x\r\n\r\n",
        "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",
        "CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /echo HTTP/3.7\r\nHost: x\r\n\r\n",
        "GET /echo\r\n\r\n",
        "\u{0}\u{0}\u{12}\u{4}\u{0}\u{0}\u{0}\u{0}\u{0}",
        "PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n",
    ])
    func whatCouldBeReadInTwoWaysIsRefused(request: String) throws {
        let connected = try Connected()
        try? connected.send(request)
        try? connected.send(get("/echo"))
        let answered = statuses(try connected.receivedText())
        #expect(answered.count == 1 && ["400", "505"].contains(answered[0]), "\(answered)")
        #expect(connected.isClosed)
    }

    @Test func whatIsTooLargeIsRefused() throws {
        let large = String(repeating: "a", count: 1 << 20)
        for (request, status) in [
            (get("/echo", "X-Large: \(large)\r\n"), "431"),
            (get("/echo", (0..<3000).map { "X-\($0): value of some length\r\n" }.joined()), "431"),
            (get("/" + large), "431"),
            ("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1048577\r\n\r\n", "413"),
            ("POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n100001\r\n\(large)a\r\n", "413"),
        ] {
            for piece in [16_384, 4 << 20] {
                let connected = try Connected { $0.http2.maxBodyBytes = 1 << 20 }
                var rest = Array(request.utf8)[...]
                while !rest.isEmpty {
                    try? connected.send(Array(rest.prefix(piece)))
                    rest = rest.dropFirst(piece)
                }
                #expect(
                    statuses(try connected.receivedText()) == [status], "\(request.prefix(80)) in pieces of \(piece)")
                #expect(connected.isClosed)
            }
        }
    }

    @Test func bodiesOfAllConnectionsAreBoundedTogether() throws {
        let connected = try Connected {
            $0.http2.maxBodyBytes = 1 << 20
            $0.maxLoopBacklogBytes = 1000
        }
        try connected.send(
            post("/wait/1", String(repeating: "a", count: 600)) + post("/echo", String(repeating: "b", count: 600)))
        #expect((600..<700).contains(connected.loop.pool.backlog.bytes), "the body and its head")
        connected.resolver.release()
        connected.channel.embeddedEventLoop.run()
        #expect(statuses(try connected.receivedText()) == ["200", "503"])
        #expect(connected.loop.pool.backlog.bytes == 0)
    }

    @Test(arguments: zip(Fault.allCases, ["503", "503", "503", "503", "504", "503", "503"]))
    func faultsAreOutages(fault: Fault, status: String) throws {
        let connected = try Connected()
        try connected.send(get("/fail/\(fault.rawValue)") + get("/wait/1"))
        connected.resolver.release(fault)
        connected.channel.embeddedEventLoop.run()
        #expect(statuses(try connected.receivedText()) == [status, status])
        #expect(!connected.isClosed)
    }

    @Test func aLookupThatTakesTooLongIsGivenUp() throws {
        let connected = try Connected { $0.deadlines.lookup = 1_000_000_000 }
        try connected.send(get("/wait/1"))
        connected.wait(seconds: 1.1)
        #expect(statuses(try connected.receivedText()) == ["504"])
        connected.resolver.release()
        connected.channel.embeddedEventLoop.run()
        #expect(try connected.received().isEmpty)
    }

    @Test func aConnectionThatClosesWhileALookupIsPendingIsForgotten() throws {
        let connected = try Connected()
        try connected.send(get("/wait/1") + get("/echo"))
        connected.channel.close(promise: nil)
        connected.channel.embeddedEventLoop.run()
        connected.resolver.release()
        connected.channel.embeddedEventLoop.run()
        #expect(connected.loop.connectionCount == 0)
    }

    // MARK: Deadlines and the end

    @Test func deadlinesOfHeadBodyAndIdleness() throws {
        for (bytes, seconds) in [
            ("GET /echo HTTP/1.1\r\nHost: x\r\n", 2.0), (post("/echo", "abc").dropLast(1).description, 3.0),
            (get("/echo"), 4.0), (get("/echo") + "GET ", 4.0),
        ] {
            let connected = try Connected {
                $0.deadlines.head = 2_000_000_000
                $0.deadlines.body = 3_000_000_000
                $0.deadlines.idle = 4_000_000_000
            }
            try connected.send(bytes)
            connected.wait(seconds: seconds - 0.5)
            #expect(!connected.isClosed, "\(bytes)")
            connected.wait(seconds: 1.5)
            #expect(connected.isClosed, "\(bytes)")
        }
    }

    @Test func theNextHeadHasADeadlineToo() throws {
        let connected = try Connected {
            $0.deadlines.head = 2_000_000_000
            $0.deadlines.idle = 100_000_000_000
        }
        try connected.send(get("/echo"))
        connected.wait(seconds: 50)
        #expect(!connected.isClosed)
        try connected.send("GET ")
        connected.wait(seconds: 1.5)
        try connected.send("/e")
        #expect(!connected.isClosed)
        connected.wait(seconds: 1.5)
        #expect(connected.isClosed, "more bytes of the same head win no time")
    }

    @Test func outputThatIsNotTakenExpires() throws {
        let connected = try Connected { $0.deadlines.writeStall = 2_000_000_000 }
        try connected.send(get("/echo"))
        connected.channel.isWritable = false
        connected.channel.pipeline.fireChannelWritabilityChanged()
        connected.wait(seconds: 3)
        #expect(connected.isClosed)
    }

    @Test func aDrainEndsWhatIsQuietAndAnswersTheRest() throws {
        let quiet = try Connected()
        try quiet.send(get("/echo"))
        _ = quiet.loop.drain()
        #expect(quiet.isClosed)

        let busy = try Connected()
        try busy.send(get("/wait/1"))
        _ = busy.loop.drain()
        #expect(!busy.isClosed)
        busy.resolver.release()
        busy.channel.embeddedEventLoop.run()
        #expect(try busy.receivedText().contains("\r\nconnection: close\r\n"))
        #expect(busy.isClosed)
    }
}
