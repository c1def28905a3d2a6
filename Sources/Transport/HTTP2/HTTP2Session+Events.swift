// What nghttp2 reports while it is given bytes: called by `HTTP2Callbacks.swift` alone.

import Bytes
import CNative.HTTP2
import EnvoyProtocol

extension HTTP2Session {
    func beginStream(_ id: Int32) {
        let exchange = pool.take()
        exchange.open(id: id, .http2, at: now)
        streams.insert(exchange)
    }

    /// What nghttp2 is to do after a header field.
    struct OnField {
        /// As nghttp2 has it.
        let code: Int32

        static let goOn = OnField(code: 0)
        /// Return to the caller of ``receive(_:)``.
        static let pause = OnField(code: NGHTTP2_ERR_PAUSE.rawValue)
        /// Reset the stream: its header block is so large that no answer is due.
        static let reset = OnField(code: NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE.rawValue)
    }

    func received(_ name: Bytes, _ value: Bytes, on id: Int32) -> OnField {
        let isBearable = streams.with(id) { exchange in
            exchange.receive(name, value, maxBytes: limits.maxHeaderBytes, maxFields: limits.maxHeaderFields)
            if exchange.head.size &- exchange.heldHead > Self.smallHead { holdHead(of: exchange) }
            return exchange.flaw == nil || self.isBearable(exchange.head)
        }
        return next(after: name.count &+ value.count, isBearable: isBearable ?? true)
    }

    /// What is kept of a head counts in steps of this size: an exchange takes as much by itself.
    private static var smallHead: Int { 1024 }

    /// Whether a head that is refused is read to its end, so that the refusal can be answered.
    private func isBearable(_ head: borrowing RequestHead) -> Bool {
        head.size <= 2 * limits.maxHeaderBytes && head.fieldCount <= 2 * limits.maxHeaderFields
    }

    /// A field behind the body: of no use here, but it counts.
    func receivedTrailer(_ name: Bytes, _ value: Bytes, on id: Int32) -> OnField {
        let isBearable = streams.with(id) { exchange in
            exchange.head.count(name, value)
            return self.isBearable(exchange.head)
        }
        return next(after: name.count &+ value.count, isBearable: isBearable ?? true)
    }

    @inline(__always)
    private func next(after bytes: Int, isBearable: Bool) -> OnField {
        budget &-= bytes &+ 32
        guard isBearable else { return .reset }
        if budget > 0 { return .goOn }
        isPaused = true
        return .pause
    }

    /// Counts what is kept of a head that has grown.
    private func holdHead(of exchange: Exchange) {
        let count = exchange.head.keptBytes - exchange.heldHead
        guard count > Self.smallHead else { return }
        if headBytes + count > limits.maxHeadBacklogBytes || !hasRoom(for: count, of: exchange) {
            exchange.flaw = exchange.flaw ?? .backlog
        }
        // Counted in any case: it is kept until the answer is sent.
        headBytes += count
        exchange.heldHead += count
        hold(count, of: exchange)
    }

    private func hasRoom(for count: Int, of exchange: Exchange) -> Bool {
        requests.hasRoom(for: count, held: exchange.held) && pool.backlog.hasRoom(for: count, held: exchange.held)
    }

    private func hold(_ count: Int, of exchange: Exchange) {
        exchange.held += count
        requests.add(count)
        pool.backlog.add(count)
    }

    func received(_ data: UnsafeBufferPointer<UInt8>, on id: Int32) {
        streams.with(id) { exchange in
            guard exchange.phase == .receiving, exchange.flaw == nil else { return }
            if exchange.body.count + data.count > limits.maxBodyBytes + GRPCFrame.prefixLength {
                exchange.flaw = .largeBody
            } else if !hasRoom(for: data.count, of: exchange) {
                exchange.flaw = .backlog
            } else {
                exchange.body.append(contentsOf: data)
                hold(data.count, of: exchange)
            }
            if exchange.flaw != nil { enqueue(exchange) }
        }
    }

    func endHead(_ id: Int32) {
        streams.with(id) { exchange in
            exchange.isHeadComplete = true
            exchange.changedAt = now
            if exchange.flaw != nil { enqueue(exchange) }
        }
    }

    func endRequest(_ id: Int32) {
        streams.with(id) { exchange in
            exchange.isComplete = true
            if exchange.phase == .receiving { enqueue(exchange) }
        }
    }

    func endStream(_ id: Int32) {
        if let exchange = streams.remove(id) { release(exchange) }
    }

    func receivedReset() { resets += 1 }

    func received(pong: HTTP2Ping.Payload) {
        if pong == HTTP2Ping.notice.payload { hasReadNotice = true }
    }

    private func enqueue(_ exchange: Exchange) {
        exchange.arrive(at: now)
        ready.append(exchange)
    }
}
