// Which servers a TLS client believes, with our own server at the other end, and what it says of those that it does not.

import NIOCore
import NIOEmbedded
import TestSupport
import Testing
import Transport

@Suite struct TLSClientTests {
    private let authority: TestAuthority

    init() throws {
        authority = try TestAuthority()
        authority.issue("server", names: "DNS:sessiongate.test,IP:192.0.2.7")
        authority.issue("other", names: "DNS:sessiongate.test")
        authority.issue("expired", names: "DNS:sessiongate.test", secondsLeft: -60)
    }

    /// What the client learns.
    private final class Learnt: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private(set) var isOpened = false
        private(set) var failure: TLSFailure?

        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
            if event is TLSOpened { isOpened = true }
        }
        func errorCaught(context: ChannelHandlerContext, error: any Error) { failure = error as? TLSFailure }
    }

    private func connect(
        _ trust: TLSClient.Trust, to host: String = "sessiongate.test", showing name: String = "server"
    )
        throws -> Learnt
    {
        var settings = TLSSettings()
        settings.certificate = authority.path("\(name).pem")
        settings.key = authority.path("\(name).key")
        let server = try open([TLSCredentials(settings).makeHandler()])
        let learnt = Learnt()
        let client = try open([TLSClient(trust, certificate: nil, key: nil).makeHandler(for: host), learnt])
        var isMoving = true
        while isMoving {
            isMoving = try move(from: client, to: server)
            isMoving = try move(from: server, to: client) || isMoving
        }
        return learnt
    }

    private func open(_ handlers: [any ChannelHandler]) throws -> EmbeddedChannel {
        let channel = EmbeddedChannel()
        try channel.pipeline.syncOperations.addHandlers(handlers)
        channel.connect(to: try SocketAddress(ipAddress: "192.0.2.7", port: 1), promise: nil)
        return channel
    }

    private func move(from source: EmbeddedChannel, to target: EmbeddedChannel) throws -> Bool {
        var hasMoved = false
        while let bytes = try source.readOutbound(as: ByteBuffer.self) {
            // The server's end fails too, when the client has sent an alert.
            _ = try? target.writeInbound(bytes)
            hasMoved = true
        }
        return hasMoved
    }

    @Test(arguments: ["sessiongate.test", "192.0.2.7"])
    func aCertificateOfTheAuthorityWithTheName(host: String) throws {
        #expect(try connect(.authorities(authority.path("ca.pem")), to: host).isOpened)
    }

    @Test(arguments: ["server", "expired"])
    func theExpectedCertificateWhateverItSays(name: String) throws {
        let learnt = try connect(.certificate(authority.path("\(name).pem")), to: "elsewhere.test", showing: name)
        #expect(learnt.isOpened && learnt.failure == nil)
    }

    @Test func anotherCertificateOfTheSameNameAndAuthority() throws {
        let learnt = try connect(.certificate(authority.path("other.pem")))
        #expect(!learnt.isOpened && learnt.failure?.cause == .certificate(.notExpected))
    }

    @Test func othersAreNotBelieved() throws {
        let trust = TLSClient.Trust.authorities(authority.path("ca.pem"))
        #expect(try connect(trust, to: "other.test").failure?.cause == .certificate(.otherName))
        #expect(try connect(trust, to: "192.0.2.8").failure?.cause == .certificate(.otherName))
        #expect(try connect(trust, showing: "expired").failure?.cause == .certificate(.time))
        let stranger = try TestAuthority()
        let unknown = try connect(.authorities(stranger.path("ca.pem")))
        #expect(!unknown.isOpened && unknown.failure?.cause == .certificate(.unknownAuthority))
        #expect(unknown.failure?.description.contains("certificate verify failed: ") == true)
        #expect(try connect(.system).failure?.cause == .certificate(.unknownAuthority))
    }

    @Test(arguments: ["HTTP/1.1 400 Bad Request\r\n\r\n", "220 mail.test ESMTP\r\n"])
    func aServerWithoutTLS(answer: String) throws {
        let learnt = Learnt()
        let trust = TLSClient.Trust.authorities(authority.path("ca.pem"))
        let client = try open([
            TLSClient(trust, certificate: nil, key: nil).makeHandler(for: "sessiongate.test"), learnt,
        ])
        _ = try? client.writeInbound(ByteBuffer(string: answer))
        #expect(learnt.failure?.cause == .notTLS)
    }

    @Test func filesThatAreNone() {
        let missing = authority.path("missing.pem"), key = authority.path("server.key")
        for trust in [TLSClient.Trust.authorities(missing), .certificate(missing), .certificate(key)] {
            #expect(throws: TLSClient.Problem.self) { try TLSClient(trust, certificate: nil, key: nil) }
        }
        #expect(throws: TLSClient.Problem.self) {
            try TLSClient(.system, certificate: authority.path("other.pem"), key: key)
        }
    }
}
