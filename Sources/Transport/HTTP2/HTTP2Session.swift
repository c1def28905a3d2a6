// One HTTP/2 connection: bytes in, requests out; answers in, bytes out. It knows nothing of sockets.
//
//     receive(bytes) ──▶ nghttp2 ──▶ callbacks ──▶ Exchange ──▶ nextReady()
//                                                                  │ served
//     nextOutput()   ◀── nghttp2 ◀── readBody  ◀── Exchange ◀── respond()
//
// nghttp2 does the protocol: frames, HPACK, flow control, states of streams, errors, floods of acknowledgements. The rest is ours:
// how large a request may be, how much may wait, how much is done in one turn, how many streams may be reset.

import CNative.HTTP2
import Bytes
import EnvoyProtocol
import NIOCore

/// The server's side of an HTTP/2 connection. Belongs to one event loop.
package final class HTTP2Session {
    /// The time, in monotonic nanoseconds; set before bytes are received.
    @exclusivity(unchecked) package var now: Int64 = 0
    /// Why nothing more can be done on this connection but to close it; nil while something can.
    @exclusivity(unchecked) package private(set) var failure: HTTP2Failure?
    /// Whether the peer has answered the ping of ``submitShutdownNotice()``.
    package internal(set) var hasReadNotice = false
    /// Whether the turn's budget was used up in the midst of what was received: more of it is processed by the next
    /// ``receive(_:)``.
    @exclusivity(unchecked) package internal(set) var isPaused = false
    /// Streams that the peer has reset since ``takeResets()``.
    @exclusivity(unchecked) var resets = 0
    /// The error that the connection was ended for; nil for none.
    package internal(set) var sentError: UInt32?
    @exclusivity(unchecked) var requests: Backlog
    /// Bytes of heads that wait.
    @exclusivity(unchecked) var headBytes = 0
    /// What may still be done in this turn.
    @exclusivity(unchecked) var budget = Int.max

    let limits: HTTP2Limits
    private let eventLoop: (any EventLoop)?
    let pool: ExchangePool
    private let memory: HTTP2Memory
    @exclusivity(unchecked) private var session: OpaquePointer?
    @exclusivity(unchecked) var streams = StreamTable()
    @exclusivity(unchecked) var ready: [Exchange] = []
    @exclusivity(unchecked) private var readyIndex = 0

    /// A session that announces its settings with the first output.
    /// - Parameter eventLoop: Where the session is used; nil in tests and measurements without one.
    package init(
        limits: HTTP2Limits, pool: ExchangePool, memory: HTTP2Memory, eventLoop: (any EventLoop)? = nil
    ) {
        self.eventLoop = eventLoop
        requests = Backlog(
            maxBytes: limits.maxBacklogBytes, reserved: limits.reserved(of: limits.maxBacklogBytes))
        self.limits = limits
        self.pool = pool
        self.memory = memory
        let created = SessionParts.shared.makeSession(
            &session, limits: limits, memory: memory.functions, owner: self)
        if !created || !announce() { failure = .outOfMemory }
    }

    deinit { close() }

    private func announce() -> Bool {
        let settings = [
            nghttp2_settings_entry(NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, limits.maxConcurrentStreams),
            nghttp2_settings_entry(NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, limits.maxHeaderBytes),
            nghttp2_settings_entry(NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1),
        ]
        let submitted = nghttp2_submit_settings(session, 0, settings, settings.count)
        return submitted == 0 && nghttp2_session_set_local_window_size(session, 0, 0, 1 << 20) == 0
    }
}

// MARK: - Bytes in, bytes out

extension HTTP2Session {
    /// A turn of the event loop begins, in which so much may be done: bytes of header fields read and of requests served.
    package func beginTurn(budget: Int) { self.budget = budget }

    /// Whether the budget of this turn is used up.
    package var isTurnOver: Bool { budget <= 0 }

    /// Takes what the peer sent. Requests that are whole afterwards come out of ``nextReady()``.
    /// - Returns: How many bytes were processed. When ``isPaused`` is set, `bytes` must stay as they are until the rest of them,
    ///   which may be empty, is received.
    @discardableResult
    package func receive(_ bytes: UnsafeRawBufferPointer) -> Int {
        isPaused = false
        guard failure == nil else { return bytes.count }
        let result = nghttp2_session_mem_recv(session, bytes.bindMemory(to: UInt8.self).baseAddress, bytes.count)
        if result >= 0 { return result }
        failure = HTTP2Failure(result)
        return bytes.count
    }

    /// The next bytes for the peer, valid until the session is called again; nil when there are none for now.
    package func nextOutput() -> UnsafeRawBufferPointer? {
        guard failure == nil else { return nil }
        var base: UnsafePointer<UInt8>?
        let count = nghttp2_session_mem_send(session, &base)
        if count < 0 { failure = HTTP2Failure(count) }
        return count > 0 ? UnsafeRawBufferPointer(start: base, count: count) : nil
    }

    /// Whether there is nothing left to receive or to send.
    package var isFinished: Bool {
        failure != nil || nghttp2_session_want_read(session) == 0 && nghttp2_session_want_write(session) == 0
    }

    /// The next request that is in line to be served.
    package func nextReady() -> Exchange? {
        while readyIndex < ready.count {
            if budget <= 0 { return nil }
            let exchange = ready[readyIndex]
            readyIndex += 1
            if exchange.phase == .ready {
                budget &-= exchange.held + Self.costOfRequest
                return exchange
            }
            pool.put(exchange)  // Reset before its turn.
        }
        readyIndex = 0
        ready.removeAll(keepingCapacity: true)
        return nil
    }

    /// What a request counts in a turn's budget beside its bytes.
    private static var costOfRequest: Int { 256 }

    /// Whether requests are in line to be served.
    package var hasReady: Bool { readyIndex < ready.count }

    /// How many requests are in line to be served.
    package var readyCount: Int { ready.count - readyIndex }

    /// Bytes of requests that wait.
    package var backlog: Int { requests.bytes }

    /// How many streams the peer has reset since the last time.
    package func takeResets() -> Int {
        defer { resets = 0 }
        return resets
    }

    /// The stream with this id, nil when it was closed meanwhile.
    package func exchange(_ id: Int32) -> Exchange? { streams[id] }

    /// How many streams are open.
    package var openStreams: Int { streams.count }

    /// The open streams, in no order. A copy: they may be reset meanwhile.
    package var openExchanges: [Exchange] { streams.open }
}

// MARK: - Answers

extension HTTP2Session {
    /// Sends `exchange.reply`.
    package func respond(_ exchange: Exchange) {
        exchange.enter(.answering, at: now)
        if exchange.reply.fields.size > limits.maxAnswerHeadBytes {
            exchange.reply.failTooLarge(isCall: exchange.isCall)
        }
        switch exchange.reply.shape {
        case .messages, .stream:
            submit(exchange, StaticFields.callHead.base, StaticFields.callHead.count, hasBody: true)
        case .trailersOnly: exchange.withErrorFields { submit(exchange, $0.baseAddress, $0.count, hasBody: false) }
        case .http:
            let hasBody = !exchange.reply.body.isEmpty && exchange.head.method != .head
            exchange.withHTTPFields { submit(exchange, $0.baseAddress, $0.count, hasBody: hasBody) }
        }
    }

    /// Sends what was added to a `stream` reply since it was sent.
    package func resume(_ exchange: Exchange) {
        nghttp2_session_resume_data(session, exchange.id)
    }

    /// Resets a stream.
    package func reset(_ exchange: Exchange, _ code: HTTP2ErrorCode) {
        nghttp2_submit_rst_stream(session, 0, exchange.id, code.rawValue)
    }

    private func submit(_ exchange: Exchange, _ fields: UnsafePointer<nghttp2_nv>?, _ count: Int, hasBody: Bool) {
        guard hasBody else {
            nghttp2_submit_response(session, exchange.id, fields, count, nil)
            return
        }
        var provider = nghttp2_data_provider(source: nghttp2_data_source(), read_callback: readBody)
        nghttp2_submit_response(session, exchange.id, fields, count, &provider)
    }

    /// The last frame of an answer has left. RFC 9113 section 8.1: an answer that did not wait for the end of the request
    /// is followed by RST_STREAM(NO_ERROR). Not before: nghttp2 drops what is still queued for a stream that is reset.
    func sentEnd(on id: Int32) {
        streams.with(id) { if !$0.isComplete { reset($0, .noError) } }
    }

    /// A frame of an answer could not be sent: the peer is told rather than kept waiting.
    func notSent(on id: Int32) {
        streams.with(id) { reset($0, .internalError) }
    }

    func sentGoAway(_ code: UInt32) {
        if code != HTTP2ErrorCode.noError.rawValue { sentError = code }
    }

    /// Copies the next part of an answer's body into a DATA frame.
    func fill(_ frame: UnsafeMutableBufferPointer<UInt8>, of id: Int32, _ flags: UnsafeMutablePointer<UInt32>) -> Int {
        streams.with(id) { fill(frame, from: $0, flags) } ?? Int(NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE.rawValue)
    }

    private func fill(
        _ frame: UnsafeMutableBufferPointer<UInt8>, from exchange: Exchange, _ flags: UnsafeMutablePointer<UInt32>
    ) -> Int {
        let count = exchange.copyBody(into: frame)
        guard exchange.written == exchange.reply.body.count else { return count }
        switch exchange.reply.shape {
        case .stream:
            return count > 0 ? count : Int(NGHTTP2_ERR_DEFERRED.rawValue)
        case .messages:
            flags.pointee = NGHTTP2_DATA_FLAG_EOF.rawValue | NGHTTP2_DATA_FLAG_NO_END_STREAM.rawValue
            submitTrailers(exchange)
        case .http, .trailersOnly:
            flags.pointee = NGHTTP2_DATA_FLAG_EOF.rawValue
        }
        return count
    }

    private func submitTrailers(_ exchange: Exchange) {
        if exchange.reply.grpcStatus == .ok {
            nghttp2_submit_trailer(session, exchange.id, StaticFields.callEnd.base, StaticFields.callEnd.count)
        } else {
            exchange.withTrailers { _ = nghttp2_submit_trailer(session, exchange.id, $0.baseAddress, $0.count) }
        }
    }
}

// MARK: - The end

extension HTTP2Session {
    /// Asks the peer to open no more streams, and for a pong: when it comes, the peer has read the notice.
    package func submitShutdownNotice() {
        nghttp2_submit_shutdown_notice(session)
        submit(.notice)
    }

    /// Asks the peer for a sign of life.
    package func submitProbe() { submit(.probe) }

    private func submit(_ ping: HTTP2Ping) {
        var payload = ping.payload
        withUnsafeBytes(of: &payload) { bytes in
            _ = nghttp2_submit_ping(session, 0, bytes.bindMemory(to: UInt8.self).baseAddress)
        }
    }

    /// Streams opened from now on are not served. The session is finished when those that are open have ended.
    package func submitGoAway(_ code: HTTP2ErrorCode = .noError) {
        let last = nghttp2_session_get_last_proc_stream_id(session)
        nghttp2_submit_goaway(session, 0, last, code.rawValue, nil, 0)
    }

    /// Gives all exchanges and all memory back. To be called on the event loop: the last reference to a session may go away on
    /// another thread, where its pool must not be touched. Nothing else may be called afterwards.
    package func close() {
        guard session != nil else { return }
        eventLoop?.preconditionInEventLoop()
        failure = .closed
        budget = .max
        for exchange in streams.removeAll() { release(exchange) }
        while nextReady() != nil {}
        nghttp2_session_del(session)
        session = nil
    }

    func release(_ exchange: Exchange) {
        requests.remove(exchange.held)
        pool.backlog.remove(exchange.held)
        headBytes -= exchange.heldHead
        if exchange.phase == .ready {
            exchange.phase = .abandoned
        } else {
            pool.put(exchange)
        }
    }
}
