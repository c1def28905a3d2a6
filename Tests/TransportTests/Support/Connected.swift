// A handler on an embedded channel, its clock in the test's hand, with nghttp2's client at the other end.

import Sessions
import NIOCore
import NIOEmbedded
import Transport

/// Counts how often the channel was asked to read.
final class ReadCounter: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer
    private(set) var reads = 0

    func read(context: ChannelHandlerContext) {
        reads += 1
        context.read()
    }
}

/// One connection to a fake service.
typealias Connected = ServedConnection<FakeService>

extension ServedConnection where S == FakeService {
    convenience init(
        client: ClientSession = ClientSession(), from address: String = "192.0.2.7", isTLS: Bool = false,
        limits change: (inout ConnectionLimits) -> Void = { _ in }
    ) throws {
        try self.init(
            FakeService(), resolver: HeldResolver(), client: client, from: address, isTLS: isTLS, limits: change)
    }

    var resolver: HeldResolver { anyResolver as! HeldResolver }
}

/// One connection to a service.
final class ServedConnection<S: Service> {
    let channel: EmbeddedChannel
    let client: ClientSession
    let anyResolver: any Resolver
    let loop: EventLoopState<S>
    let reads = ReadCounter()

    init(
        _ service: S, resolver: any Resolver, client: ClientSession = ClientSession(),
        from address: String = "192.0.2.7", isReset: Bool = false, isTLS: Bool = false,
        limits change: (inout ConnectionLimits) -> Void = { _ in }
    ) throws {
        var limits = ConnectionLimits()
        change(&limits)
        channel = EmbeddedChannel()
        self.client = client
        anyResolver = resolver
        loop = EventLoopState(
            eventLoop: channel.embeddedEventLoop, service: service, resolver: resolver, limits: limits,
            wallClock: { Timestamp(seconds: 1_772_366_400) })
        try channel.pipeline.syncOperations.addHandler(reads)
        try channel.pipeline.syncOperations.addHandler(ProtocolDetector(loop: loop, isTLS: isTLS))
        channel.connect(to: try SocketAddress(ipAddress: address, port: 4711), promise: nil)
        // A peer that has gone already has no address.
        if isReset { channel.remoteAddress = nil }
    }

    /// Carries bytes both ways until there are none.
    func exchangeBytes() throws {
        while true {
            let up = client.output()
            if !up.isEmpty { try send(up) }
            channel.embeddedEventLoop.run()
            let down = try received()
            client.input(down)
            if up.isEmpty, down.isEmpty { return }
        }
    }

    /// Sends bytes in one read, and ends the round of the event loop.
    func send(_ bytes: [UInt8]) throws {
        try channel.writeInbound(ByteBuffer(bytes: bytes))
        channel.embeddedEventLoop.run()
    }

    func send(_ text: String) throws { try send(Array(text.utf8)) }

    /// What the server wrote since the last time.
    func received() throws -> [UInt8] {
        var bytes: [UInt8] = []
        while let buffer = try channel.readOutbound(as: ByteBuffer.self) { bytes += Array(buffer.readableBytesView) }
        return bytes
    }

    func receivedText() throws -> String { String(decoding: try received(), as: UTF8.self) }

    /// Lets time pass; deadlines are looked at meanwhile.
    func wait(seconds: Double) {
        channel.embeddedEventLoop.advanceTime(by: .nanoseconds(Int64(seconds * 1e9)))
    }

    /// Whether the server closed the connection, or its side of it.
    var isClosed: Bool { !channel.isActive }

    deinit { _ = try? channel.finish(acceptAlreadyClosed: true) }
}
