// HTTP/2 on a NIO channel: one handler. Everything that arrived in one turn of the event loop is served, and answered with one
// write.
//
// A peer that does not read is not read from: while output is blocked, no more input is asked for; what is in line is bounded by
// the session's limits; and after the write-stall deadline the connection is closed.

import Sessions
import CNative.HTTP2
import NIOCore

/// Serves one HTTP/2 connection.
package final class HTTP2Handler<S: Service>: ChannelDuplexHandler, Connection {
    package typealias InboundIn = ByteBuffer
    package typealias OutboundIn = ByteBuffer
    package typealias OutboundOut = ByteBuffer

    private enum Ending {
        /// Not in sight.
        case no
        /// The peer was told that the server goes away; `pongs` then tells whether it has read so.
        case noticed(at: Int64, pongs: Int)
        /// The final GOAWAY is sent.
        case last(at: Int64)
        /// All is said; waits for the peer to close.
        case lingering(since: Int64)
        /// The channel is closed, or being closed.
        case closed
    }

    package var pendingLookups = 0
    package private(set) var peer = Peer(nil)

    private let loop: EventLoopState<S>
    private let session: HTTP2Session
    private let received: ReceiveBuffer?
    private var predecessor: (any Connection)?
    private var context: ChannelHandlerContext?
    private var ending = Ending.no
    private var isBlocked = false
    private var blockedAt: Int64 = 0
    private var isReadHeld = false
    private var isFlushing = false
    private var isFlushScheduled = false
    private var lastReadAt: Int64 = 0

    /// A handler for one channel of the loop.
    /// - Parameter received: What the channel reads into and gets back here, nil when that is its own.
    package init(
        loop: EventLoopState<S>, replacing predecessor: (any Connection)? = nil, received: ReceiveBuffer? = nil
    ) {
        self.predecessor = predecessor
        self.loop = loop
        self.received = received
        session = HTTP2Session(limits: loop.limits.http2, pool: loop.pool, memory: loop.memory)
    }
}

// MARK: - Events of the channel

extension HTTP2Handler {
    package func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        peer = Peer(context.remoteAddress)
        lastReadAt = loop.now
        session.now = lastReadAt
        let isAdded = loop.add(self, replacing: predecessor)
        predecessor = nil
        guard isAdded, !peer.isNobody else { return abort() }
        if loop.isDraining { drain() }
    }

    package func handlerRemoved(context: ChannelHandlerContext) { leave() }

    package func channelInactive(context: ChannelHandlerContext) {
        leave()
        context.fireChannelInactive()
    }

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard isOpen else { return }
        lastReadAt = loop.now
        session.now = lastReadAt
        let bytes = unwrapInboundIn(data)
        bytes.withUnsafeReadableBytes { session.receive($0) }
        received?.put(bytes)
        while let exchange = session.nextReady() { serve(exchange) }
    }

    package func channelReadComplete(context: ChannelHandlerContext) { flush() }

    package func channelWritabilityChanged(context: ChannelHandlerContext) {
        let isWritable = context.channel.isWritable
        guard isWritable == isBlocked else { return }
        isBlocked = !isWritable
        blockedAt = loop.now
        guard isWritable else { return }
        if !isFlushing { flush() }
        if isReadHeld, !isBlocked {
            isReadHeld = false
            context.read()
        }
    }

    package func read(context: ChannelHandlerContext) {
        isBlocked ? isReadHeld = true : context.read()
    }

    package func errorCaught(context: ChannelHandlerContext, error: any Error) { abort() }

    private var isOpen: Bool {
        switch ending {
        case .no, .noticed, .last: true
        case .lingering, .closed: false
        }
    }

    private func leave() {
        guard context != nil else { return }
        context = nil
        ending = .closed
        session.close()
        loop.remove(self)
    }
}

// MARK: - Requests and answers

extension HTTP2Handler {
    private func serve(_ exchange: Exchange) {
        guard loop.serve(exchange, of: self) else { return }
        loop.counters.http2Requests.add()
        session.respond(exchange)
        if exchange.reply.shape == .stream, loop.isDraining { endStream(exchange) }
    }

    package func resume(_ id: Int32, round: Int, fault: Fault?) {
        guard isOpen, let exchange = session.exchange(id), exchange.phase == .waiting, exchange.rounds == round else {
            return
        }
        session.now = loop.now
        if let fault {
            loop.service.fail(exchange, fault)
            loop.counters.http2Requests.add()
            session.respond(exchange)
        } else {
            serve(exchange)
        }
        scheduleFlush()
    }

    /// Answers that come back in the same turn of the loop are written together.
    private func scheduleFlush() {
        guard !isFlushScheduled else { return }
        isFlushScheduled = true
        let this = NIOLoopBound(self, eventLoop: loop.eventLoop)
        loop.eventLoop.execute {
            this.value.isFlushScheduled = false
            this.value.flush()
        }
    }

    private func flush() {
        guard let context, isOpen, !isFlushing else { return }
        isFlushing = true
        defer { isFlushing = false }
        while !isBlocked, gather() { context.writeAndFlush(wrapOutboundOut(loop.output), promise: nil) }
        if case .noticed(_, let pongs) = ending, session.pongs != pongs { sayLast() }
        if session.isFinished { finish() }
    }

    /// Fills the loop's output; false when there is nothing to write.
    private func gather() -> Bool {
        guard let first = session.nextOutput() else { return false }
        loop.output.clear()
        loop.output.writeBytes(first)
        while loop.output.readableBytes < loop.limits.writeBatch, let bytes = session.nextOutput() {
            loop.output.writeBytes(bytes)
        }
        return true
    }
}

// MARK: - The end

extension HTTP2Handler {
    package func drain() {
        guard case .no = ending else { return }
        for exchange in session.openExchanges where exchange.reply.shape == .stream { endStream(exchange) }
        session.submitShutdownNotice()
        ending = .noticed(at: loop.now, pongs: session.pongs)
        flush()
    }

    package func abort() {
        guard let context else { return }
        ending = .closed
        context.close(promise: nil)
    }

    private func endStream(_ exchange: Exchange) {
        guard exchange.phase == .answering else { return }
        loop.service.endStream(exchange)
        session.resume(exchange)
    }

    private func sayLast() {
        ending = .last(at: loop.now)
        session.submitGoAway()
        scheduleFlush()
    }

    /// Closes our side behind the last bytes; the peer's side is left to the peer, for a while: to close it at once could destroy
    /// bytes that the peer has not read yet.
    private func finish() {
        guard let context else { return }
        ending = .lingering(since: loop.now)
        context.close(mode: .output, promise: nil)
    }

    package func tick(_ now: Int64) {
        if case .closed = ending { return }
        let deadlines = loop.limits.deadlines
        if isBlocked, now - blockedAt > deadlines.writeStall { return expire() }
        switch ending {
        case .lingering(let since) where now - since > deadlines.linger: return abort()
        case .last(let since) where now - since > deadlines.drain: return expire()
        case .noticed(let since, _) where now - since > deadlines.notice: sayLast()
        case .no where session.openStreams == 0 && now - lastReadAt > deadlines.idle: drain()
        default: break
        }
        guard isOpen, session.openStreams > 0 else { return }
        session.now = now
        for exchange in session.openExchanges where isOpen { check(exchange, now, deadlines) }
        flush()
    }

    private func check(_ exchange: Exchange, _ now: Int64, _ deadlines: Deadlines) {
        let elapsed = now - exchange.changedAt
        switch exchange.phase {
        case .receiving where !exchange.isHeadComplete:
            if elapsed > deadlines.head { expire() }  // A header block occupies the whole connection.
        case .receiving:
            if elapsed > deadlines.body { session.reset(exchange, code: NGHTTP2_CANCEL) }
        case .answering where exchange.reply.shape != .stream || exchange.written < exchange.reply.body.count:
            if elapsed > deadlines.writeStall { expire() }
        default:
            break
        }
    }

    private func expire() {
        loop.counters.expired.add()
        abort()
    }
}
