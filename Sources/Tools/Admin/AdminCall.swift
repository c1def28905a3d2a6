// One request and its answer on a channel. A host may have several addresses, and connections to each of them: each has a call, and
// only the call of the connection that was chosen begins.

import NIOCore
import NIOHTTP1
import Transport

/// Sends a request as soon as it has begun and the connection is open, and closes the channel behind its answer.
final class AdminCall: ChannelInboundHandler {
    typealias InboundIn = NIOHTTPClientResponseFull
    typealias OutboundOut = HTTPClientRequestPart

    /// How a connection has ended without an answer.
    enum Ending: Error {
        /// Nothing came in time.
        case silent
        /// It was closed before TLS was agreed on.
        case closedInHandshake
        /// It was closed afterwards.
        case closed
    }

    private let head: HTTPRequestHead
    private let body: ByteBuffer
    private let isTLS: Bool
    private var context: ChannelHandlerContext?
    private var isOpen = false
    private var answered: EventLoopPromise<AdminClient.Answer>?
    /// What has come of it before it began.
    private var early: Result<AdminClient.Answer, any Error>?

    /// A call that sends `head` and `body`.
    init(_ head: HTTPRequestHead, _ body: ByteBuffer, isTLS: Bool) {
        self.head = head
        self.body = body
        self.isTLS = isTLS
    }

    /// Begins. The answer is there, or why there is none, when the channel is closed at the latest.
    func begin(on eventLoop: any EventLoop) -> EventLoopFuture<AdminClient.Answer> {
        let answered = eventLoop.makePromise(of: AdminClient.Answer.self)
        self.answered = answered
        if let early {
            answered.completeWith(early)
        } else if isOpen, let context {
            send(context)
        }
        return answered.futureResult
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func channelActive(context: ChannelHandlerContext) {
        if !isTLS { open(context) }
        context.fireChannelActive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is TLSOpened { open(context) }
        if event is IdleStateHandler.IdleStateEvent { end(.failure(Ending.silent), context) }
        context.fireUserInboundEventTriggered(event)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let response = unwrapInboundIn(data)
        let body = response.body.map { Array($0.readableBytesView) } ?? []
        end(.success(AdminClient.Answer(status: Int(response.head.status.code), body: body)), context)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { end(.failure(error), context) }

    func channelInactive(context: ChannelHandlerContext) {
        end(.failure(isOpen ? Ending.closed : Ending.closedInHandshake), context)
        context.fireChannelInactive()
    }

    private func open(_ context: ChannelHandlerContext) {
        isOpen = true
        if answered != nil { send(context) }
    }

    private func send(_ context: ChannelHandlerContext) {
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        if body.readableBytes > 0 { context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil) }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }

    /// Only the first result counts.
    private func end(_ result: Result<AdminClient.Answer, any Error>, _ context: ChannelHandlerContext) {
        early = early ?? result
        answered?.completeWith(result)
        context.close(promise: nil)
    }
}
