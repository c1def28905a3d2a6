// HTTP/2 on a NIO channel: one handler. Everything that arrived in one turn of the event loop is served, and answered with one
// write.
//
// `ConnectionState` decides what an event leads to, `HTTP2Session` knows the protocol; this handler carries bytes between the
// channel and the session, and requests between the session and the service.

import Sessions
import NIOCore

/// Serves one HTTP/2 connection.
package final class HTTP2Handler<S: Service>: ChannelDuplexHandler, Connection {
    package typealias InboundIn = ByteBuffer
    package typealias OutboundIn = ByteBuffer
    package typealias OutboundOut = ByteBuffer

    package var pendingLookups = 0
    package private(set) var remote = RemoteEnd(nil)

    private let loop: EventLoopState<S>
    private let session: HTTP2Session
    private let received: ReceiveBuffer?
    private var state: ConnectionState
    private var predecessor: (any Connection)?
    private var context: ChannelHandlerContext?
    private var isInTurn = false
    /// Where in the turn's output the answers of this connection are.
    private var gathered: Range<Int>?
    private var isFlushing = false
    private var isFlushScheduled = false
    private var hasFailed = false
    private var hasInputEnded = false
    /// What was read and not processed yet, from its reader index on.
    private var unprocessed: ByteBuffer?

    /// A handler for one channel of the loop.
    /// - Parameter received: What the channel reads into and gets back here, nil when that is its own.
    package init(
        loop: EventLoopState<S>, replacing predecessor: (any Connection)? = nil, received: ReceiveBuffer? = nil
    ) {
        self.predecessor = predecessor
        self.loop = loop
        self.received = received
        state = ConnectionState(.http2, deadlines: loop.limits.deadlines, at: loop.now)
        session = HTTP2Session(
            limits: loop.limits.http2, pool: loop.pool, memory: loop.memory, eventLoop: loop.eventLoop)
    }
}

// MARK: - Events of the channel

extension HTTP2Handler {
    package func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        remote = RemoteEnd(context.remoteAddress)
        session.now = loop.now
        let isAdded = loop.add(self, replacing: predecessor)
        predecessor = nil
        guard isAdded, !remote.isUnknown else { return abort() }
        if !loop.limits.proxies.contains(remote) { state.limitResets(loop.limits.http2.resets) }
        if loop.isDraining { drain() }
    }

    package func handlerRemoved(context: ChannelHandlerContext) { leave() }

    package func channelInactive(context: ChannelHandlerContext) {
        leave()
        context.fireChannelInactive()
    }

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let now = loop.now
        guard state.received(at: now) == .process else { return }
        session.now = now
        var bytes = unwrapInboundIn(data)
        if unprocessed != nil {
            // Read before reading was held, or kept by TLS.
            unprocessed?.writeBuffer(&bytes)
            return
        }
        session.beginTurn(budget: loop.limits.http2.maxTurnBytes)
        process(bytes)
    }

    /// Does what one turn allows; the rest is done when other connections had theirs.
    private func process(_ input: ByteBuffer) {
        var input = input
        serveReady()
        if !session.isTurnOver || !session.hasReady {
            input.readWithUnsafeReadableBytes { session.receive($0) }
            if session.isPaused { serveReady() }
        }
        if session.isPaused || input.readableBytes > 0 { goOnLater(input) } else { received?.put(input) }
        let resets = session.takeResets()
        if resets > 0, state.receivedResets(resets, at: session.now) == .sendLast { endForResets() }
    }

    private func goOnLater(_ input: ByteBuffer) {
        unprocessed = input
        _ = state.setWorking(true)
        loop.unfinished.add(self)
    }

    private func serveReady() {
        while let exchange = session.nextReady() { serve(exchange) }
    }

    package func proceed() {
        guard let input = unprocessed.take(), let context, !state.isOver else { return }
        session.now = loop.now
        session.beginTurn(budget: loop.limits.http2.maxTurnBytes)
        process(input)
        serveTurn()
        flush()
        guard unprocessed == nil else { return }
        if hasInputEnded { endInput() }
        if state.setWorking(false) == .read { context.read() }
    }

    /// The peer sends no more: the session is finished with the requests that it has sent.
    private func endInput() {
        guard unprocessed == nil else { return }
        session.submitGoAway()
        scheduleFlush()
    }

    package func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .inputClosed? = event as? ChannelEvent {
            let isServing = session.openStreams > 0 || unprocessed != nil
            switch state.endOfInput(at: loop.now, isServing: isServing) {
            case .close: abort()
            case .finish:
                hasInputEnded = true
                endInput()
            }
        }
        context.fireUserInboundEventTriggered(event)
    }

    package var idleSince: Int64? { state.idleSince(isServing: session.openStreams > 0) }

    package func channelReadComplete(context: ChannelHandlerContext) {
        guard !isInTurn else { return }
        isInTurn = true
        loop.turn.add(self, requests: session.readyCount)
    }

    package func channelWritabilityChanged(context: ChannelHandlerContext) {
        guard context.channel.isWritable else { return state.blockOutput(at: loop.now) }
        state.unblockOutput()
        // A write below may have changed writability: the flush that made it goes on.
        if !isFlushing { flush() }
        if state.resumeReading() == .read { context.read() }
    }

    package func read(context: ChannelHandlerContext) {
        if state.read() == .read { context.read() }
    }

    package func errorCaught(context: ChannelHandlerContext, error: any Error) { abort() }

    private func leave() {
        guard context != nil else { return }
        context = nil
        state.close()
        session.close()
        loop.remove(self)
    }
}

// MARK: - The steps of a turn

extension HTTP2Handler {
    /// Serves the requests that have arrived.
    func serveTurn() {
        guard !state.isOver, session.hasReady else { return }
        serveReady()
        if session.hasReady, unprocessed == nil { goOnLater(ByteBuffer()) }
    }

    /// Appends the answers to `output`.
    func gatherTurn(into output: inout ByteBuffer) {
        if !state.isBlocked, !state.isOver { gathered = gather(into: &output) }
    }

    /// Sends the answers, which are in `output`.
    func endTurn(_ output: ByteBuffer) {
        isInTurn = false
        if let range = gathered.take(), let context,
            let answers = output.getSlice(at: range.lowerBound, length: range.count)
        {
            context.writeAndFlush(wrapOutboundOut(answers), promise: nil)
        }
        flush()
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
        guard !state.isOver, let exchange = session.exchange(id), exchange.phase == .waiting, exchange.rounds == round
        else { return }
        session.now = loop.now
        if let fault = fault ?? (exchange.isLate(at: session.now) ? .deadlineExceeded : nil) {
            loop.service.fail(exchange, fault, at: loop.time)
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
        guard let context, !state.isOver, !isFlushing else { return }
        isFlushing = true
        defer { isFlushing = false }
        while !state.isBlocked {
            loop.output.clear()
            guard gather(into: &loop.output) != nil else { break }
            context.writeAndFlush(wrapOutboundOut(loop.output), promise: nil)
        }
        if session.hasReadNotice { carryOut(state.receivedPong(at: loop.now)) }
        // A write that failed has closed the connection: then the session ended for that, and not for an error of HTTP/2.
        guard !state.isClosed else { return }
        if session.isFinished { noteFailure() }
        if session.isFinished, state.flushed(isDone: true, at: loop.now) == .closeOutput {
            context.close(mode: .output, promise: nil)
        }
    }

    /// Appends what is to be sent to `output`, and returns where it is; nil when there is nothing.
    private func gather(into output: inout ByteBuffer) -> Range<Int>? {
        guard let first = session.nextOutput() else { return nil }
        let start = output.writerIndex
        output.writeBytes(first)
        while output.writerIndex - start < loop.limits.writeBatch, let bytes = session.nextOutput() {
            output.writeBytes(bytes)
        }
        return start..<output.writerIndex
    }
}

// MARK: - The end

extension HTTP2Handler {
    package func drain() {
        guard state.drain(at: loop.now) == .sendNotice else { return }
        sendNotice()
        flush()
    }

    package func abort() {
        state.close()
        context?.close(promise: nil)
    }

    /// The peer has reset more streams than it may: what is under way is answered, and the peer connects anew.
    private func endForResets() {
        loop.counters.resetFloods.add()
        loop.log.warn("connection ended: too many streams were reset", remote, at: loop.now)
        session.submitGoAway(.enhanceYourCalm)
    }

    private func noteFailure() {
        guard !hasFailed, session.failure != nil || session.sentError != nil else { return }
        hasFailed = true
        if session.sentError == HTTP2ErrorCode.enhanceYourCalm.rawValue, session.failure == nil { return }
        loop.counters.broken.add()
        loop.log.warn("connection ended: error of HTTP/2", remote, code: session.sentError, at: loop.now)
    }

    private func sendNotice() {
        for exchange in session.openExchanges where exchange.reply.shape == .stream { endStream(exchange) }
        session.submitShutdownNotice()
    }

    /// Sends what is new in an answer without an end.
    private func updateStream(_ exchange: Exchange, _ now: Int64) {
        guard exchange.phase == .answering, loop.service.updateStream(exchange) else { return }
        // The deadline for writing begins anew.
        exchange.enter(.answering, at: now)
        session.resume(exchange)
    }

    private func endStream(_ exchange: Exchange) {
        guard exchange.phase == .answering else { return }
        loop.service.endStream(exchange)
        session.resume(exchange)
    }

    private func carryOut(_ action: ConnectionState.OnLastWord) {
        guard action == .sendLast else { return }
        session.submitGoAway()
        scheduleFlush()
    }

    package func tick(_ now: Int64) {
        guard !state.isClosed else { return }
        session.now = now
        switch state.tick(at: now, streams: streams) {
        case .expire: return expire()
        case .close: return abort()
        case .sendNotice: sendNotice()
        case .sendLast: session.submitGoAway()
        case .probe: session.submitProbe()
        case .nothing: break
        }
        for exchange in session.openExchanges where !state.isOver { tick(exchange, now) }
        flush()
    }

    private var streams: ConnectionState.Streams {
        if session.openStreams == 0 { return .none }
        return session.openExchanges.allSatisfy { $0.phase == .answering && $0.reply.shape == .stream }
            ? .endless : .some
    }

    private func tick(_ exchange: Exchange, _ now: Int64) {
        if exchange.reply.shape == .stream { updateStream(exchange, now) }
        switch state.tick(exchange, at: now) {
        case .nothing: break
        case .reset: session.reset(exchange, .cancel)
        case .expire: expire()
        }
    }

    private func expire() {
        loop.counters.expired.add()
        abort()
    }
}
