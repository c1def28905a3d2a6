// What a TLS client may offer (RFC 7301).

import Bytes
import NIOCore
import NIOEmbedded
import Testing
import Transport

@Suite struct ALPNTests {
    private static func vector(_ bytes: Int, _ body: [UInt8]) -> [UInt8] {
        (0..<bytes).reversed().map { UInt8(body.count >> (8 * $0) & 0xFF) } + body
    }

    private static func record(_ body: [UInt8]) -> [UInt8] { [22, 3, 1] + vector(2, body) }

    /// A ClientHello that offers `names`; nil: without the extension.
    private static func hello(_ names: [String]?) -> [UInt8] {
        let serverName: [UInt8] = [0, 0] + vector(2, vector(2, [0] + vector(2, Array("wiki.test".utf8))))
        let alpn = names.map { [0, 16] + vector(2, vector(2, $0.flatMap { vector(1, Array($0.utf8)) })) } ?? []
        let body =
            [3, 3] + [UInt8](repeating: 7, count: 32) + vector(1, [UInt8](repeating: 8, count: 32))
            + vector(2, [0x13, 0x01]) + vector(1, [0]) + vector(2, serverName + alpn)
        return [1] + vector(3, body)
    }

    private func offer(_ bytes: [UInt8]) -> ClientHello.Offer { bytes.withBytes { ClientHello.offer($0) } }

    @Test(arguments: [nil, ["h2"], ["h2", "http/1.1"], ["spdy/3", "h3"], [""]] as [[String]?])
    func offersAreRead(names: [String]?) {
        let message = Self.hello(names)
        #expect(offer(Self.record(message)) == .protocols(names ?? []))
        let pieces = stride(from: 0, to: message.count, by: 50).flatMap {
            Self.record(Array(message[$0..<min($0 + 50, message.count)]))
        }
        #expect(offer(pieces) == .protocols(names ?? []), "in several records")
        for count in 0..<Self.record(message).count {
            #expect(offer(Array(Self.record(message).prefix(count))) == .unfinished)
        }
    }

    @Test func anythingElseIsLeftToTLS() {
        #expect(offer(Array("GET / HTTP/1.1\r\n\r\n".utf8)) == .unreadable)
        #expect(offer(Self.record([2] + Self.vector(3, [1, 2, 3]))) == .unreadable)
        #expect(offer(Self.record([1] + Self.vector(3, [1, 2, 3]))) == .unreadable)
        let endless = (0..<70).flatMap { _ in Self.record([1, 0xFF, 0xFF, 0xFF] + [UInt8](repeating: 0, count: 1000)) }
        #expect(offer(endless) == .unreadable)
    }

    private final class Failures: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private(set) var errors: [any Error] = []
        func errorCaught(context: ChannelHandlerContext, error: any Error) { errors.append(error) }
    }

    private func channel() throws -> (EmbeddedChannel, Failures) {
        let channel = EmbeddedChannel()
        let failures = Failures()
        try channel.pipeline.syncOperations.addHandlers([ALPNCheck(), failures])
        channel.connect(to: try SocketAddress(ipAddress: "192.0.2.7", port: 1), promise: nil)
        return (channel, failures)
    }

    @Test(arguments: [nil, ["h2"], ["x", "http/1.1"]] as [[String]?])
    func aKnownProtocolPassesUnchanged(names: [String]?) throws {
        let (channel, failures) = try channel()
        let bytes = Self.record(Self.hello(names))
        for byte in bytes { try channel.writeInbound(ByteBuffer(bytes: [byte])) }
        var passed: [UInt8] = []
        while let buffer = try channel.readInbound(as: ByteBuffer.self) { passed += Array(buffer.readableBytesView) }
        #expect(passed == bytes)
        try channel.writeInbound(ByteBuffer(bytes: [1, 2, 3]))
        #expect(try channel.readInbound(as: ByteBuffer.self) == ByteBuffer(bytes: [1, 2, 3]))
        #expect(failures.errors.isEmpty)
        _ = try channel.finish()
    }

    @Test func anUnknownProtocolIsRefusedWithAnAlert() throws {
        let (channel, failures) = try channel()
        try channel.writeInbound(ByteBuffer(bytes: Self.record(Self.hello(["h3", "spdy/3"]))))
        #expect(try channel.readInbound(as: ByteBuffer.self) == nil)
        #expect(try channel.readOutbound(as: ByteBuffer.self) == ByteBuffer(bytes: [21, 3, 3, 0, 2, 2, 120]))
        #expect(failures.errors.first is NoCommonProtocol)
        _ = try channel.finish()
    }
}
