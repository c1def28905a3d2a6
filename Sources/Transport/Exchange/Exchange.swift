// One request and its answer. The objects are pooled per event loop: a request in the steady state allocates nothing here.

import Sessions
import Bytes
import EnvoyProtocol

/// A request on its way in, and its answer on its way out.
package final class Exchange {
    /// Where an exchange is in its life. `receiving` → `ready` → (`waiting` → …) → `answering`; `abandoned` when the peer gave up
    /// while it was in line.
    package enum Phase: Sendable {
        /// The request is arriving.
        case receiving
        /// In line to be served.
        case ready
        /// Waits for something that is looked up.
        case waiting
        /// The answer is being written.
        case answering
        /// The stream is gone; whoever holds the exchange gives it back.
        case abandoned
    }

    /// What is wrong with a request that is answered without being served.
    package enum Flaw: Sendable {
        /// More header fields than allowed.
        case largeHead
        /// A larger body than allowed.
        case largeBody
        /// More requests, or bytes of them, than one connection may have waiting.
        case backlog
        /// Not HTTP/1.1.
        case malformed
        /// A version of HTTP that is not spoken.
        case version
    }

    /// The versions of HTTP.
    package enum Version: Sendable {
        /// HTTP/1.1 or 1.0.
        case http1
        /// HTTP/2.
        case http2
    }

    // exclusivity(unchecked), here and in the session: an exchange belongs to one event loop, and nothing that is called while
    // one of its properties is being changed gets at that property another way. The checks were a fifth of a request's cost.

    /// HTTP/2: the stream. HTTP/1.1: a running number. Answers that come back from a worker find the exchange by it.
    @exclusivity(unchecked) package internal(set) var id: Int32 = 0
    /// Where the exchange is in its life.
    @exclusivity(unchecked) package internal(set) var phase = Phase.receiving
    /// The request's head.
    @exclusivity(unchecked) package var head = RequestHead()
    /// The request's body.
    @exclusivity(unchecked) package var body: [UInt8] = []
    /// The CheckRequest that another form of request was converted to, kept from one round to the next.
    @exclusivity(unchecked) package var message: [UInt8] = []
    /// The check, when a worker decides it.
    @exclusivity(unchecked) package var detached: DetachedCheck?
    /// The answer.
    @exclusivity(unchecked) package var reply = Reply()
    /// What is wrong with the request, nil when it can be served.
    @exclusivity(unchecked) package internal(set) var flaw: Flaw?
    /// How it arrived.
    @exclusivity(unchecked) package internal(set) var version = Version.http2
    /// Whether an HTTP/1.1 connection ends with its answer.
    @exclusivity(unchecked) package internal(set) var isLast = false
    /// Whether the request has been read to its end.
    @exclusivity(unchecked) package internal(set) var isComplete = false
    /// When the header block has been read to its end.
    @exclusivity(unchecked) package internal(set) var isHeadComplete = false
    /// When it began, and when its phase changed last: monotonic nanoseconds.
    @exclusivity(unchecked) package internal(set) var openedAt: Int64 = 0
    @exclusivity(unchecked) package internal(set) var changedAt: Int64 = 0
    /// How often something had to be looked up for it.
    @exclusivity(unchecked) package internal(set) var rounds = 0
    /// Bytes of the answer's body that have been written.
    @exclusivity(unchecked) package internal(set) var written = 0

    /// An unused exchange.
    package init() {}

    /// Whether the answer has the form of gRPC: never where a proxy reads the verdict from the HTTP status, whatever content type
    /// its client has chosen.
    package var isCall: Bool { head.mediaType == .grpc && version == .http2 && !head.endpoint.isPlain }

    /// When the caller of a gRPC method stops waiting, in monotonic nanoseconds; nil when it did not say.
    package var deadline: Int64? {
        guard isCall, let timeout = head.timeout else { return nil }
        let (sum, overflow) = openedAt.addingReportingOverflow(timeout)
        return overflow ? nil : sum
    }

    func open(id: Int32, _ version: Version, at now: Int64) {
        self.id = id
        self.version = version
        openedAt = now
        changedAt = now
    }

    func enter(_ phase: Phase, at now: Int64) {
        self.phase = phase
        changedAt = now
    }

    func reset() {
        phase = .receiving
        head.reset()
        body.recycle()
        message.recycle()
        detached = nil
        reply.reset()
        flaw = nil
        isLast = false
        isComplete = false
        isHeadComplete = false
        rounds = 0
        written = 0
    }
}

/// Exchanges that are not in use, and how much those that are hold: one pool for each event loop.
package final class ExchangePool {
    /// Bytes of bodies that are waiting on all connections.
    @exclusivity(unchecked) package internal(set) var backlog = 0

    private let maxBacklogBytes: Int
    private let capacity: Int
    @exclusivity(unchecked) private var idle: [Exchange] = []

    /// A pool that keeps at most `capacity` exchanges for later, and allows bodies of `maxBacklogBytes` in all.
    package init(capacity: Int = 256, maxBacklogBytes: Int = .max) {
        self.capacity = capacity
        self.maxBacklogBytes = maxBacklogBytes
    }

    /// An exchange that nothing has been read of.
    func take() -> Exchange { idle.popLast() ?? Exchange() }

    /// Takes an exchange back that nobody uses any more.
    func put(_ exchange: Exchange) {
        guard idle.count < capacity else { return }
        exchange.reset()
        idle.append(exchange)
    }

    /// Whether there is room for `count` more bytes of bodies.
    func hasRoom(for count: Int) -> Bool { backlog + count <= maxBacklogBytes }
}
