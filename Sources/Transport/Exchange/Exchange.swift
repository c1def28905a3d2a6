// One request and its answer. Each event loop has a pool of them: in the steady state a request allocates nothing here.

import Sessions
import Bytes
import EnvoyProtocol

/// A request on its way in, and its answer on its way out.
package final class Exchange {
    /// The phases of an exchange: `receiving` → `ready` → (`waiting` → …) → `answering`; `abandoned` when its stream was closed
    /// while it was in line.
    package enum Phase: Sendable {
        /// The request is arriving.
        case receiving
        /// In line to be served.
        case ready
        /// Waits for a lookup.
        case waiting
        /// The answer is being written.
        case answering
        /// The stream is closed; the session gives the exchange back when its turn comes.
        case abandoned
    }

    /// Why a request is answered without being served.
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

    // exclusivity(unchecked), here and in the session: an exchange belongs to one event loop, and while one of its properties is
    // changed, no code that is called accesses that property. The checks took a fifth of a request's time.

    /// HTTP/2: the stream. HTTP/1.1: a running number. Answers that come back from a worker find the exchange by it.
    @exclusivity(unchecked) package internal(set) var id: Int32 = 0
    /// Its phase.
    @exclusivity(unchecked) package internal(set) var phase = Phase.receiving
    /// The request's head.
    @exclusivity(unchecked) package var head = RequestHead()
    /// The request's body.
    @exclusivity(unchecked) package var body: [UInt8] = []
    /// The CheckRequest that a request in another form was converted to, kept for the next round.
    @exclusivity(unchecked) package var message: [UInt8] = []
    /// The check, when a worker decides it.
    @exclusivity(unchecked) package var detached: DetachedCheck?
    /// The claim of its nonce, when a store elsewhere decides it.
    @exclusivity(unchecked) package var claim: PendingClaim?
    /// What an operator wants to be forgotten, once that was asked for.
    @exclusivity(unchecked) package var invalidation: PendingInvalidation?
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
    /// Whether the header block has been read to its end.
    @exclusivity(unchecked) package internal(set) var isHeadComplete = false
    /// When it began, and when its phase changed last: monotonic nanoseconds.
    @exclusivity(unchecked) package internal(set) var openedAt: Int64 = 0
    @exclusivity(unchecked) package internal(set) var changedAt: Int64 = 0
    /// When it had arrived whole: monotonic nanoseconds.
    @exclusivity(unchecked) private var arrivedAt: Int64 = 0
    /// How many lookups it has waited for.
    @exclusivity(unchecked) package internal(set) var rounds = 0
    /// Bytes of head and body that count in the backlogs of its connection and its event loop.
    @exclusivity(unchecked) var held = 0
    /// Those of the head.
    @exclusivity(unchecked) var heldHead = 0
    /// Bytes of the answer's body that have been written.
    @exclusivity(unchecked) package internal(set) var written = 0
    private let clock: () -> Int64

    /// An unused exchange.
    /// - Parameter clock: Monotonic nanoseconds.
    package init(clock: @escaping () -> Int64 = { 0 }) { self.clock = clock }

    /// How long ago it had arrived whole, in nanoseconds.
    package var age: Int64 { max(0, clock() &- arrivedAt) }

    /// Whether the answer has the form of gRPC. It never has where a proxy reads the decision from the HTTP status, whatever
    /// content type the client chose.
    package var isCall: Bool { head.mediaType == .grpc && version == .http2 && !head.endpoint.isPlain }

    /// When the caller of a gRPC method stops waiting, in monotonic nanoseconds; nil when it did not say.
    package var deadline: Int64? {
        guard isCall, let timeout = head.timeout else { return nil }
        let (sum, overflow) = openedAt.addingReportingOverflow(timeout)
        return overflow ? nil : sum
    }

    /// Whether its caller waits no more. Claims of nonces have no timer of their own, and may be answered after that.
    package func isLate(at now: Int64) -> Bool { deadline.map { $0 <= now } ?? false }

    func open(id: Int32, _ version: Version, at now: Int64) {
        self.id = id
        self.version = version
        openedAt = now
        changedAt = now
    }

    /// The request is there, or what makes it one that is not served.
    func arrive(at now: Int64) {
        arrivedAt = now
        enter(.ready, at: now)
    }

    func enter(_ phase: Phase, at now: Int64) {
        self.phase = phase
        changedAt = now
    }

    /// Makes room: of a `stream` answer what has left is not needed any more.
    func forgetWritten() {
        guard written == reply.body.count else { return }
        reply.body.removeAll(keepingCapacity: true)
        written = 0
    }

    func reset() {
        phase = .receiving
        head.reset()
        body.recycle()
        message.recycle()
        detached?.giveUp()
        detached = nil
        claim = nil
        invalidation = nil
        reply.reset()
        flaw = nil
        isLast = false
        isComplete = false
        isHeadComplete = false
        rounds = 0
        held = 0
        heldHead = 0
        written = 0
    }
}

/// Unused exchanges, and the bytes that those in use hold: one pool for each event loop.
package final class ExchangePool {
    /// Requests that wait on all connections.
    @exclusivity(unchecked) package internal(set) var backlog: Backlog

    private let capacity: Int
    private let clock: () -> Int64
    @exclusivity(unchecked) private var idle: [Exchange] = []

    /// A pool that keeps at most `capacity` exchanges for later.
    /// - Parameter clock: Monotonic nanoseconds, by which exchanges begin.
    package init(
        capacity: Int = 256, backlog: Backlog = Backlog(), clock: @escaping () -> Int64 = { 0 }
    ) {
        self.capacity = capacity
        self.clock = clock
        self.backlog = backlog
    }

    /// An empty exchange.
    func take() -> Exchange { idle.popLast() ?? Exchange(clock: clock) }

    /// Takes an exchange back that is no longer used.
    func put(_ exchange: Exchange) {
        exchange.reset()
        guard idle.count < capacity else { return }
        idle.append(exchange)
    }
}
