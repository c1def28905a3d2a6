// A service that answers at once with what it was asked, and a connection to it without a network.

import Bytes
import NIOCore
import NIOEmbedded
import Sessions
import Transport

/// Answers every request with a line about it.
struct FuzzService: Service {
    func serve(_ exchange: Exchange, from remote: RemoteEnd, at now: Timestamp) -> Step<Void> {
        exchange.reply.body = description(of: exchange)
        return .decided(())
    }

    func fail(_ exchange: Exchange, _ fault: Fault, at now: Timestamp) {
        exchange.reply.fail(fault, isCall: exchange.isCall)
    }

    func updateStream(_ exchange: Exchange) -> Bool { false }

    func endStream(_ exchange: Exchange) {}
}

/// Nothing is looked up.
struct FuzzResolver: Resolver {
    func resolve(_ lookup: Lookup, at now: Timestamp, completion: @escaping @Sendable (Fault?) -> Void) {
        completion(.unresolved)
    }
}

/// All that was understood of a request.
func description(of exchange: Exchange) -> [UInt8] {
    var text = Array("\(exchange.flaw.map { "\($0)" } ?? "") \(exchange.head.mediaType) \(exchange.isLast) ".utf8)
    exchange.head.withView { head in
        for part in [head.method, head.path, head.authority, head.scheme] {
            text.append(part)
            text.append("|")
        }
        head.forEachField { name, value in
            text.append(name)
            text.append(":")
            text.append(value)
            text.append("|")
        }
    }
    // How much of a body was read before it was refused depends on the reads.
    return exchange.flaw == nil ? text + exchange.body : text
}

/// The limits, small enough for inputs of a few kilobytes to reach them.
let fuzzLimits: ConnectionLimits = {
    var limits = ConnectionLimits()
    limits.http2.maxConcurrentStreams = 8
    limits.http2.maxHeaderBytes = 1024
    limits.http2.maxBodyBytes = 1024
    limits.http2.maxBacklogBytes = 4096
    limits.maxPipelined = 8
    return limits
}()

/// One connection, fed by hand.
final class FuzzConnection {
    private let channel = EmbeddedChannel()

    /// - Parameter tls: What decrypts; nil for a connection in the clear.
    init(behind tls: TLSHandler? = nil) throws {
        let loop = EventLoopState(
            eventLoop: channel.embeddedEventLoop, service: FuzzService(), resolver: FuzzResolver(), limits: fuzzLimits,
            wallClock: { FuzzWiki.now })
        if let tls { try channel.pipeline.syncOperations.addHandler(tls) }
        try channel.pipeline.syncOperations.addHandler(ProtocolDetector(loop: loop, isTLS: tls != nil))
        channel.connect(to: try SocketAddress(ipAddress: "192.0.2.1", port: 80), promise: nil)
    }

    /// Sends `pieces`, one read for each, and returns what was answered.
    func send(_ pieces: [Bytes]) throws -> [UInt8] {
        var answer: [UInt8] = []
        for piece in pieces where channel.isActive {
            try channel.writeInbound(ByteBuffer(bytes: piece.buffer))
            channel.embeddedEventLoop.run()
            while let output = try channel.readOutbound(as: ByteBuffer.self) { answer += output.readableBytesView }
        }
        return answer
    }

    deinit { _ = try? channel.finish(acceptAlreadyClosed: true) }
}

extension Bytes {
    /// The view in pieces of `length` bytes.
    func pieces(of length: Int) -> [Bytes] {
        stride(from: 0, to: count, by: length).map { self[$0..<Swift.min($0 + length, count)] }
    }
}
