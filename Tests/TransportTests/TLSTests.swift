// TLS on an embedded channel, with libssl's client at the other end.

import Logging
import NIOCore
import NIOEmbedded
import TestSupport
import Testing
import Transport

@Suite struct TLSTests {
    private let authority: TestAuthority

    init() throws {
        authority = try TestAuthority()
        authority.issue("server", names: "DNS:sessiongate.test")
        authority.issue("envoy", names: "URI:spiffe://wiki.example/envoy")
        authority.issue("expired", names: "URI:spiffe://wiki.example/envoy", secondsLeft: -60)
        authority.issue("stranger", names: "DNS:envoy.evil,URI:spiffe://wiki.example/stranger")
    }

    private func settings(_ demand: TLSSettings.ClientCertificates = .none, names: [String] = []) -> TLSSettings {
        var settings = TLSSettings()
        settings.certificate = authority.path("server.pem")
        settings.key = authority.path("server.key")
        settings.clientCertificates = demand
        settings.clientCA = demand == .none ? nil : authority.path("ca.pem")
        settings.clientNames = names
        return settings
    }

    /// What comes out of TLS.
    private final class Plain: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private(set) var received: [UInt8] = []
        private(set) var hasInputEnded = false
        private(set) var errors: [any Error] = []
        var context: ChannelHandlerContext?

        func handlerAdded(context: ChannelHandlerContext) { self.context = context }
        func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }
        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            received += unwrapInboundIn(data).readableBytesView
        }
        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
            if case .inputClosed? = event as? ChannelEvent { hasInputEnded = true }
        }
        func errorCaught(context: ChannelHandlerContext, error: any Error) { errors.append(error) }
    }

    /// A connection between our handler and a client.
    private final class Connection {
        let channel = EmbeddedChannel()
        let plain = Plain()
        let peer: TLSPeer

        init(_ settings: TLSSettings, _ peer: TLSPeer) throws {
            self.peer = peer
            let credentials = try TLSCredentials(settings)
            try channel.pipeline.syncOperations.addHandlers([credentials.makeHandler(), plain])
            channel.connect(to: try SocketAddress(ipAddress: "192.0.2.7", port: 1), promise: nil)
        }

        deinit { _ = try? channel.finish(acceptAlreadyClosed: true) }

        /// Carries bytes both ways until both ends are silent.
        func exchange(_ first: [UInt8] = [], piece: Int = .max) throws {
            var out = first + peer.step()
            repeat {
                var rest = out[...]
                while !rest.isEmpty {
                    try channel.writeInbound(ByteBuffer(bytes: rest.prefix(piece)))
                    rest = rest.dropFirst(piece)
                }
                out = []
                while let answer = try channel.readOutbound(as: ByteBuffer.self) {
                    out += peer.step(Array(answer.readableBytesView))
                }
            } while !out.isEmpty
        }

        func write(_ bytes: [UInt8]) throws {
            plain.context?.writeAndFlush(NIOAny(ByteBuffer(bytes: bytes)), promise: nil)
            try exchange()
        }
    }

    /// Some are served at once, the others after the loop has looked at its sockets; what comes meanwhile is kept.
    @Test func handshakesWaitInLine() throws {
        let credentials = try TLSCredentials(settings())
        let loop = EmbeddedEventLoop()
        let line = HandshakeLine(loop)
        let peers = (0..<5).map { _ in TLSPeer() }
        let channels = peers.map { _ in
            EmbeddedChannel(handlers: [credentials.makeHandler(line: line), Plain()], loop: loop)
        }
        for channel in channels {
            channel.connect(to: try SocketAddress(ipAddress: "192.0.2.7", port: 1), promise: nil)
        }
        // The second half of each arrives before its turn.
        let hellos = peers.map { $0.step() }
        for (channel, hello) in zip(channels, hellos) {
            channel.pipeline.fireChannelRead(ByteBuffer(bytes: hello.prefix(100)))
            channel.pipeline.fireChannelRead(ByteBuffer(bytes: hello.dropFirst(100)))
        }
        var answered: [Int] = []
        for _ in 0..<3 {
            loop.run()
            for (index, channel) in channels.enumerated() {
                guard let bytes = try channel.readOutbound(as: ByteBuffer.self) else { continue }
                answered.append(index)
                _ = peers[index].step(Array(bytes.readableBytesView))
            }
            #expect(answered == Array(0..<min(5, answered.count)))
            loop.advanceTime(by: .microseconds(50))
        }
        #expect(answered == [0, 1, 2, 3, 4] && peers.allSatisfy(\.isConnected))

        // One that sends without end before its turn is cut off, and one that has gone is passed over.
        let endless = Plain(), gone = Plain()
        let greedy = EmbeddedChannel(handlers: [credentials.makeHandler(line: line), endless], loop: loop)
        let leaving = EmbeddedChannel(handlers: [credentials.makeHandler(line: line), gone], loop: loop)
        leaving.pipeline.fireChannelRead(ByteBuffer(bytes: TLSPeer().step()))
        for _ in 0..<3 { greedy.pipeline.fireChannelRead(ByteBuffer(repeating: 22, count: 65_536)) }
        #expect(endless.errors.count == 1)
        _ = try leaving.finish(acceptAlreadyClosed: true)
        loop.run()
        #expect(endless.errors.count == 1 && gone.errors.isEmpty)
        for channel in channels + [greedy] { _ = try? channel.finish(acceptAlreadyClosed: true) }
    }

    @Test(arguments: [1, 7, 1000, .max]) func bytesGoBothWays(piece: Int) throws {
        let connection = try Connection(settings(), TLSPeer())
        try connection.exchange(piece: piece)
        #expect(connection.peer.isConnected)
        try connection.exchange(connection.peer.send(Array("GET".utf8)), piece: piece)
        #expect(connection.plain.received == Array("GET".utf8))
        try connection.write(Array("200".utf8))
        #expect(connection.peer.received == Array("200".utf8))
        #expect(connection.plain.errors.isEmpty)
    }

    @Test func muchGoesBothWays() throws {
        let connection = try Connection(settings(), TLSPeer())
        try connection.exchange()
        let bytes = (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
        try connection.exchange(connection.peer.send(bytes), piece: 65_536)
        // Compared outside of `#expect`, which would look for the difference of a million bytes.
        let hasArrived = connection.plain.received == bytes
        #expect(hasArrived)
        try connection.write(bytes)
        let hasComeBack = connection.peer.received == bytes
        #expect(hasComeBack)
    }

    @Test(arguments: [[], ["h2"], ["http/1.1"], ["x", "h2"], ["x"], ["h3", "http/1.0"]])
    func onlyWhatIsSpokenIsAgreedOn(protocols: [String]) throws {
        let connection = try Connection(settings(), TLSPeer(protocols: protocols))
        try connection.exchange()
        let isGood = protocols.isEmpty || protocols.contains { ["h2", "http/1.1"].contains($0) }
        #expect(connection.peer.isConnected == isGood)
        #expect(connection.plain.errors.isEmpty == isGood)
        // no_application_protocol
        #expect(connection.peer.alert == (isGood ? nil : 120))
    }

    @Test(arguments: ["envoy", "stranger", "expired", nil], [TLSSettings.ClientCertificates.optional, .required])
    func certificatesOfCallers(name: String?, demand: TLSSettings.ClientCertificates) throws {
        let settings = settings(demand, names: ["spiffe://wiki.example/envoy"])
        let connection = try Connection(settings, TLSPeer(authority: authority, certificate: name))
        try connection.exchange()
        let isGood = name == "envoy" || name == nil && demand == .optional
        #expect((connection.peer.alert == nil) == isGood)
        #expect(connection.plain.errors.isEmpty == isGood)
        try connection.exchange(connection.peer.send([1]))
        #expect(connection.plain.received == (isGood ? [1] : []))
    }

    @Test func aCertificateOfAnotherAuthority() throws {
        let other = try TestAuthority()
        other.issue("envoy", names: "URI:spiffe://wiki.example/envoy")
        let connection = try Connection(settings(.optional), TLSPeer(authority: other, certificate: "envoy"))
        try connection.exchange()
        #expect(!connection.plain.errors.isEmpty)
    }

    @Test func withoutNamesEveryCertificateOfTheAuthorityWillDo() throws {
        let connection = try Connection(settings(.required), TLSPeer(authority: authority, certificate: "stranger"))
        try connection.exchange(connection.peer.step())
        try connection.exchange(connection.peer.send([1]))
        #expect(connection.plain.received == [1])
    }

    @Test func whoEndsIsStillAnswered() throws {
        let connection = try Connection(settings(), TLSPeer())
        try connection.exchange()
        try connection.exchange(connection.peer.send([1]) + connection.peer.end())
        #expect(connection.plain.received == [1])
        #expect(connection.plain.hasInputEnded)
        try connection.exchange([1, 2, 3])
        #expect(connection.plain.errors.isEmpty, "nothing is read any more")
        try connection.write([2])
        #expect(connection.peer.received == [2])
    }

    @Test(arguments: [CloseMode.all, .output]) func theEndIsSaid(mode: CloseMode) throws {
        let connection = try Connection(settings(), TLSPeer())
        try connection.exchange()
        connection.plain.context?.close(mode: mode, promise: nil)
        connection.channel.embeddedEventLoop.run()
        try connection.exchange()
        #expect(connection.peer.isEnded)
    }

    @Test func noHandshakeAtAll() throws {
        for bytes in [
            "GET / HTTP/1.1\r\n\r\n", "\u{16}\u{3}\u{1}\u{0}\u{4}abcd", String(repeating: "\0", count: 100_000),
        ] {
            let connection = try Connection(settings(), TLSPeer())
            try connection.channel.writeInbound(ByteBuffer(string: bytes))
            #expect(!connection.plain.errors.isEmpty)
            #expect(connection.plain.received.isEmpty)
        }
    }

    @Test func aRecordThatWasChangedOnTheWay() throws {
        let connection = try Connection(settings(), TLSPeer())
        try connection.exchange()
        var record = connection.peer.send([1, 2, 3])
        record[record.count - 1] ^= 1
        try connection.channel.writeInbound(ByteBuffer(bytes: record))
        #expect(connection.plain.received.isEmpty)
        #expect(connection.plain.errors.count == 1)
        while let answer = try connection.channel.readOutbound(as: ByteBuffer.self) {
            _ = connection.peer.step(Array(answer.readableBytesView))
        }
        // bad_record_mac
        #expect(connection.peer.alert == 20)
    }

    @Test func nothingIsSentBeforeTheHandshake() async throws {
        let connection = try Connection(settings(), TLSPeer())
        let promise = connection.channel.eventLoop.makePromise(of: Void.self)
        connection.plain.context?.writeAndFlush(NIOAny(ByteBuffer(bytes: [1])), promise: promise)
        #expect(throws: (any Error).self) { try promise.futureResult.wait() }
        #expect(try connection.channel.readOutbound(as: ByteBuffer.self) == nil)
    }

    @Test func filesThatCanNotBeUsed() throws {
        authority.issue("other", names: "DNS:x")
        func problem(_ change: (inout TLSSettings) -> Void) -> TLSProblem? {
            var settings = settings(.required)
            change(&settings)
            do {
                _ = try TLSCredentials(settings)
                return nil
            } catch {
                return error
            }
        }
        #expect(problem { _ in } == nil)
        #expect(problem { $0.certificate = authority.path("none") }?.part == .certificate)
        #expect(problem { $0.certificate = authority.path("server.key") }?.part == .certificate)
        #expect(problem { $0.key = authority.path("server.pem") }?.part == .key)
        #expect(problem { $0.key = authority.path("other.key") }?.description.contains("not the key of") == true)
        #expect(problem { $0.clientCA = authority.path("server.key") }?.part == .clientCA)
    }
}
