// The first bytes tell which HTTP a connection speaks: an HTTP/2 client with prior knowledge begins with a preface that is not a
// valid HTTP/1.1 request (RFC 9113 section 3.4). Anything else goes to HTTP/1.1, which refuses what it can't read.

import Sessions
import NIOCore
import Bytes

/// Waits for the first bytes, then replaces itself with the handlers of the protocol.
package final class ProtocolDetector<S: Service>: ChannelInboundHandler, RemovableChannelHandler, Connection {
    package typealias InboundIn = ByteBuffer
    package typealias InboundOut = ByteBuffer

    package var pendingLookups = 0
    package let remote = RemoteEnd(nil)

    private let loop: EventLoopState<S>
    private let isTLS: Bool
    private var state: ConnectionState
    private var context: ChannelHandlerContext?
    private var first = ByteBuffer()
    private var hasFailed = false

    /// A detector for one channel of the loop.
    /// - Parameter isTLS: Whether TLS decrypts what arrives here.
    package init(loop: EventLoopState<S>, isTLS: Bool = false) {
        self.loop = loop
        self.isTLS = isTLS
        state = ConnectionState(.undetected, deadlines: loop.limits.deadlines, at: loop.now)
    }

    package func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        guard loop.add(self, replacing: nil) else { return abort() }
        if loop.isDraining { drain() }
    }

    package func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        loop.remove(self)
    }

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        first.writeImmutableBuffer(unwrapInboundIn(data))
        guard let isHTTP2 = first.withUnsafeReadableBytes({ Self.isHTTP2(Bytes($0)) }) else { return }
        do {
            let received = isHTTP2 && !isTLS ? loop.received : nil
            let next: any ChannelHandler =
                isHTTP2
                ? HTTP2Handler(loop: loop, replacing: self, received: received)
                : HTTP1Handler(loop: loop, replacing: self)
            // HTTP/1.1 is parsed a whole read at a time: smaller reads are shorter turns.
            if !isHTTP2 { try context.channel.syncOptions?.setOption(.recvAllocator, value: Self.smallReads) }
            if let received { try context.channel.syncOptions?.setOption(.recvAllocator, value: received.allocator) }
            let operations = context.pipeline.syncOperations
            if !isHTTP2 { try operations.addHandler(HTTP1Handler<S>.makeDecoder(limits: loop.limits)) }
            try operations.addHandler(next)
            context.fireChannelRead(wrapInboundOut(first))
            first = ByteBuffer()
            operations.removeHandler(context: context, promise: nil)
        } catch {
            abort()
        }
    }

    private static var smallReads: AdaptiveRecvByteBufferAllocator {
        AdaptiveRecvByteBufferAllocator(minimum: 2048, initial: 2048, maximum: 16_384)
    }

    package func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .inputClosed? = event as? ChannelEvent { abort() }
        context.fireUserInboundEventTriggered(event)
    }

    package func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // Before the first bytes of HTTP only TLS can fail, or the network.
        if !(error is IOError), !hasFailed {
            hasFailed = true
            loop.counters.failedHandshakes.add()
        }
        abort()
    }

    /// Whether `bytes` begin with the preface; nil when there are too few of them.
    private static func isHTTP2(_ bytes: Bytes) -> Bool? {
        let preface = Bytes("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
        let count = min(bytes.count, preface.count)
        if bytes.prefix(count) != preface.prefix(count) { return false }
        return count == preface.count ? true : nil
    }
}

extension ProtocolDetector {
    package func tick(_ now: Int64) {
        switch state.tick(at: now) {
        case .expire:
            loop.counters.expired.add()
            abort()
        case .close: abort()
        default: break
        }
    }

    package func drain() { _ = state.drain(at: loop.now) }

    package func abort() {
        state.close()
        context?.close(promise: nil)
    }

    package func resume(_ id: Int32, round: Int, fault: Fault?) {}

    package func proceed() {}

    package var idleSince: Int64? { state.idleSince(isServing: false) }
}
