// What nghttp2 reports while it is given bytes: called by `HTTP2Callbacks.swift` alone.

import Bytes
import EnvoyProtocol

extension HTTP2Session {
    func beginStream(_ id: Int32) {
        let exchange = pool.take()
        exchange.open(id: id, .http2, at: now)
        streams.insert(exchange)
    }

    /// What nghttp2 is to do after a header field.
    enum OnField {
        case goOn
        /// Return to the caller of ``receive(_:)``.
        case pause
        /// Reset the stream: its header block is so large that no answer is due.
        case reset
    }

    func received(_ name: Bytes, _ value: Bytes, on id: Int32) -> OnField {
        let (maxBytes, maxFields) = (limits.maxHeaderBytes, limits.maxHeaderFields)
        let isBearable = streams.with(id) { exchange in
            exchange.receive(name, value, maxBytes: maxBytes, maxFields: maxFields)
            let grown = exchange.head.keptBytes &- exchange.held
            if grown > 0 { hold(head: grown, of: exchange) }
            return exchange.head.size <= 2 * maxBytes && exchange.head.fieldCount <= 2 * maxFields
        }
        return next(after: name.count &+ value.count, isBearable: isBearable ?? true)
    }

    /// A field behind the body: of no use here, but it counts.
    func receivedTrailer(_ name: Bytes, _ value: Bytes, on id: Int32) -> OnField {
        let (maxBytes, maxFields) = (limits.maxHeaderBytes, limits.maxHeaderFields)
        let isBearable = streams.with(id) { exchange in
            exchange.head.count(name, value)
            return exchange.head.size <= 2 * maxBytes && exchange.head.fieldCount <= 2 * maxFields
        }
        return next(after: name.count &+ value.count, isBearable: isBearable ?? true)
    }

    private func next(after bytes: Int, isBearable: Bool) -> OnField {
        budget &-= bytes &+ 32
        guard isBearable else { return .reset }
        if budget > 0 { return .goOn }
        isPaused = true
        return .pause
    }

    private func hold(head count: Int, of exchange: Exchange) {
        if headBytes + count > limits.maxHeadBacklogBytes || !hasRoom(for: count, of: exchange) {
            exchange.flaw = exchange.flaw ?? .backlog
        }
        // Counted in any case: it is kept until the answer is sent.
        headBytes += count
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
        guard let exchange = streams[id], exchange.phase == .receiving, exchange.flaw == nil else { return }
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

    func endHead(_ id: Int32) {
        guard let exchange = streams[id] else { return }
        exchange.isHeadComplete = true
        exchange.changedAt = now
        if exchange.flaw != nil { enqueue(exchange) }
    }

    func endRequest(_ id: Int32) {
        guard let exchange = streams[id] else { return }
        exchange.isComplete = true
        if exchange.phase == .receiving { enqueue(exchange) }
    }

    func endStream(_ id: Int32) {
        if let exchange = streams.remove(id) { release(exchange) }
    }

    func receivedReset() { resets += 1 }

    func received(pong: HTTP2Ping.Payload) {
        if pong == HTTP2Ping.notice.payload { hasReadNotice = true }
    }

    private func enqueue(_ exchange: Exchange) {
        exchange.enter(.ready, at: now)
        ready.append(exchange)
    }
}
