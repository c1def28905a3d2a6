// Replies of Redis on a NIO channel.

import NIOCore
import Transport

/// What a connection tells of itself, on its event loop.
protocol RedisConnectionDelegate: AnyObject {
    /// Commands can be sent.
    func opened(_ connection: RedisChannelHandler)
    /// A reply has arrived.
    func received(_ reply: RedisReply, on connection: RedisChannelHandler)
    /// The connection has ended.
    func closed(_ connection: RedisChannelHandler, reason: String)
}

/// Reads replies, and sends what it is given.
final class RedisChannelHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private weak var delegate: (any RedisConnectionDelegate)?
    private let isTLS: Bool
    @exclusivity(unchecked) private var reader = RedisReader()
    @exclusivity(unchecked) private var context: ChannelHandlerContext?
    private var reason = "Redis has closed the connection"

    /// A handler that tells `delegate` what happens.
    init(_ delegate: any RedisConnectionDelegate, isTLS: Bool) {
        self.delegate = delegate
        self.isTLS = isTLS
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func channelActive(context: ChannelHandlerContext) {
        if !isTLS { delegate?.opened(self) }
        context.fireChannelActive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is TLSOpened { delegate?.opened(self) }
        // The peer sends no more.
        if case .inputClosed? = event as? ChannelEvent { context.close(promise: nil) }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.context = nil
        delegate?.closed(self, reason: reason)
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = unwrapInboundIn(data)
        do throws(RedisProtocolError) {
            try bytes.withUnsafeReadableBytes { (bytes) throws(RedisProtocolError) in try reader?.receive(bytes) }
            // What a reply leads to may close the connection.
            while self.context != nil, let reply = try reader?.next() { delegate?.received(reply, on: self) }
        } catch {
            close(error.description)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { close(describe(error)) }

    /// Sends `bytes`.
    func send(_ bytes: ByteBuffer) { context?.writeAndFlush(wrapOutboundOut(bytes), promise: nil) }

    /// Ends the connection.
    func close(_ reason: String) {
        self.reason = reason
        context?.close(promise: nil)
    }
}
