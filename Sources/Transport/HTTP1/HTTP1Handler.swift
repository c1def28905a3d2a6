// HTTP/1.1 on a NIO channel, behind NIO's decoder. Requests are answered in their order; those that were sent ahead wait in a
// short line, and nothing more is read while one of them waits for a lookup or while output is blocked.
//
// `ConnectionState` decides what an event leads to; this handler carries parts of requests from the decoder to the service, and
// answers to the channel.

import Sessions
import NIOCore
import NIOHTTP1
import Bytes

/// Serves one HTTP/1.1 connection.
package final class HTTP1Handler<S: Service>: ChannelDuplexHandler, Connection {
    package typealias InboundIn = HTTPServerRequestPart
    package typealias OutboundIn = ByteBuffer
    package typealias OutboundOut = ByteBuffer

    package var pendingLookups = 0
    package private(set) var remote = RemoteEnd(nil)

    private let loop: EventLoopState<S>
    private var state: ConnectionState
    private var predecessor: (any Connection)?
    private var context: ChannelHandlerContext?
    private var arriving: Exchange?
    private var line: [Exchange] = []
    private var backlog: Backlog
    private var lastID: Int32 = 0
    private var output = ByteBuffer()
    private var isServing = false
    private var sawPart = false

    /// A handler for one channel of the loop. Its first bytes are there already.
    package init(loop: EventLoopState<S>, replacing predecessor: (any Connection)? = nil) {
        self.predecessor = predecessor
        self.loop = loop
        let limits = loop.limits.http2
        backlog = Backlog(maxBytes: limits.maxBacklogBytes, reserved: limits.reserved(of: limits.maxBacklogBytes))
        state = ConnectionState(.http1, deadlines: loop.limits.deadlines, at: loop.now)
    }

    /// The decoder to be put before the handler.
    package static func makeDecoder(limits: ConnectionLimits) -> ByteToMessageHandler<HTTPRequestDecoder> {
        var configuration = NIOHTTPDecoderLimitConfiguration()
        configuration.maxHeaderFieldSize = limits.http2.maxHeaderBytes
        configuration.maxHeaderListSize = limits.http2.maxHeaderBytes
        // The decoder's own limits leave out the request line: what it can't take yet is bounded too.
        return ByteToMessageHandler(
            HTTPRequestDecoder(leftOverBytesStrategy: .dropBytes, limitConfiguration: configuration),
            maximumBufferSize: limits.http2.maxHeaderBytes)
    }
}

// MARK: - Events of the channel

extension HTTP1Handler {
    package func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        remote = RemoteEnd(context.remoteAddress)
        let isAdded = loop.add(self, replacing: predecessor)
        predecessor = nil
        guard isAdded, !remote.isUnknown else { return abort() }
        if loop.isDraining { drain() }
    }

    package func handlerRemoved(context: ChannelHandlerContext) { leave() }

    package func channelInactive(context: ChannelHandlerContext) {
        leave()
        context.fireChannelInactive()
    }

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        sawPart = true
        guard state.received(at: loop.now) == .process else { return }
        switch unwrapInboundIn(data) {
        case .head(let head): receive(head)
        case .body(let body): receive(body)
        case .end: endRequest()
        }
    }

    package func channelReadComplete(context: ChannelHandlerContext) {
        if !sawPart { state.receivedPartOfHead(at: loop.now) }
        sawPart = false
        flush()
    }

    package func channelWritabilityChanged(context: ChannelHandlerContext) {
        guard context.channel.isWritable else { return state.blockOutput(at: loop.now) }
        state.unblockOutput()
        proceed()
        flush()
        if state.resumeReading() == .read { context.read() }
    }

    package func read(context: ChannelHandlerContext) {
        if state.read() == .read { context.read() }
    }

    package func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .inputClosed? = event as? ChannelEvent { endOfInput() }
        context.fireUserInboundEventTriggered(event)
    }

    /// What is in line is still answered; what has not arrived to its end never will.
    private func endOfInput() {
        if let exchange = arriving {
            arriving = nil
            release(exchange)
        }
        if state.endOfInput(at: loop.now, isServing: !line.isEmpty) == .close { abort() }
    }

    package func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let flaw = Exchange.Flaw(error) else { return abort() }
        // What follows the last request is not ours to answer.
        guard state.isOpen else { return }
        refuse(flaw)
        flush()
    }

    private func leave() {
        guard context != nil else { return }
        context = nil
        state.close()
        arriving.map(release)
        line.forEach(release)
        arriving = nil
        line = []
        loop.remove(self)
    }

    private func release(_ exchange: Exchange) {
        backlog.remove(exchange.held)
        loop.pool.backlog.remove(exchange.held)
        loop.pool.put(exchange)
    }
}

// MARK: - Requests

extension HTTP1Handler {
    private func begin() -> Exchange {
        let exchange = loop.pool.take()
        let now = loop.now
        lastID &+= 1
        exchange.open(id: lastID, .http1, at: now)
        arriving = exchange
        state.beganRequest(at: now)
        return exchange
    }

    private func receive(_ head: HTTPRequestHead) {
        let exchange = begin()
        exchange.receive(head, maxBytes: loop.limits.http2.maxHeaderBytes, maxFields: loop.limits.http2.maxHeaderFields)
        hold(exchange.head.keptBytes, of: exchange)
        if line.count >= loop.limits.maxPipelined { exchange.flaw = .backlog }
        if let length = head.headers.first(name: "content-length").flatMap(Int.init), length > maxBody {
            exchange.flaw = .largeBody
        }
        if let flaw = exchange.flaw { return refuse(flaw) }
        guard head.version == .http1_1, line.isEmpty, head.headers.first(name: "expect") != nil else { return }
        output.writeStaticString("HTTP/1.1 100 Continue\r\n\r\n")
    }

    private var maxBody: Int { loop.limits.http2.maxBodyBytes }

    private func receive(_ body: ByteBuffer) {
        guard let exchange = arriving else { return }
        if exchange.body.count + body.readableBytes > maxBody { return refuse(.largeBody) }
        hold(body.readableBytes, of: exchange)
        if let flaw = exchange.flaw { return refuse(flaw) }
        body.withUnsafeReadableBytes { exchange.body.append(contentsOf: $0) }
    }

    private func hold(_ count: Int, of exchange: Exchange) {
        let isBearable =
            backlog.hasRoom(for: count, held: exchange.held)
            && loop.pool.backlog.hasRoom(for: count, held: exchange.held)
        guard isBearable else { return exchange.flaw = exchange.flaw ?? .backlog }
        exchange.held += count
        backlog.add(count)
        loop.pool.backlog.add(count)
    }

    /// Answers with an error what is arriving, even where no request can be made out; reads nothing more.
    private func refuse(_ flaw: Exchange.Flaw) {
        let exchange = arriving ?? begin()
        exchange.flaw = flaw
        exchange.isLast = true
        endRequest()
    }

    private func endRequest() {
        guard let exchange = arriving else { return }
        arriving = nil
        exchange.isComplete = true
        exchange.arrive(at: loop.now)
        state.endedRequest(isLast: exchange.isLast)
        line.append(exchange)
        proceed()
    }
}

// MARK: - Answers

extension HTTP1Handler {
    /// Serves what is in line, as far as that goes now.
    package func proceed() {
        guard !isServing, let context else { return }
        isServing = true
        while !state.isBlocked, let exchange = line.first, exchange.phase == .ready {
            guard loop.serve(exchange, of: self) else { break }
            answer(exchange)
        }
        isServing = false
        if state.setWaiting(!line.isEmpty) == .read { context.read() }
    }

    package var idleSince: Int64? { state.idleSince(isServing: false) }

    package func resume(_ id: Int32, round: Int, fault: Fault?) {
        guard let exchange = line.first, exchange.id == id, exchange.phase == .waiting, exchange.rounds == round else {
            return
        }
        if let fault {
            loop.service.fail(exchange, fault, at: loop.time)
            answer(exchange)
        } else {
            exchange.enter(.ready, at: loop.now)
        }
        proceed()
        flush()
    }

    private func answer(_ exchange: Exchange) {
        loop.counters.http1Requests.add()
        let action = state.answering(isLast: exchange.isLast, others: line.count - 1, at: loop.now)
        exchange.isLast = action == .close
        exchange.writeHTTP1(into: &output, secondsSince1970: loop.time.seconds)
        line.removeFirst()
        release(exchange)
        if output.readableBytes >= loop.limits.writeBatch { flush() }
    }

    private func flush() {
        guard let context else { return }
        if output.readableBytes > 0 {
            let bytes = output
            output = ByteBuffer()
            context.writeAndFlush(wrapOutboundOut(bytes), promise: nil)
        }
        let isDone = arriving == nil && line.isEmpty && output.readableBytes == 0
        if state.flushed(isDone: isDone, at: loop.now) == .closeOutput { context.close(mode: .output, promise: nil) }
    }
}

// MARK: - The end

extension HTTP1Handler {
    package func drain() {
        if state.drain(at: loop.now) == .flush { flush() }
    }

    package func abort() {
        state.close()
        context?.close(promise: nil)
    }

    package func tick(_ now: Int64) {
        switch state.tick(at: now) {
        case .nothing, .sendNotice, .sendLast, .probe: break
        case .close: abort()
        case .expire:
            loop.counters.expired.add()
            abort()
        }
    }
}
