// What the connections of one event loop share: the service, the pool of exchanges, the clock, and the list of connections, for
// deadlines and for the end.

import Sessions
import Logging
import NIOCore

/// A connection, as its event loop sees it.
package protocol Connection: AnyObject, SendableMetatype {
    /// Lookups that were begun for it and are not finished, whether or not a request still waits for them.
    var pendingLookups: Int { get set }
    /// Who is at the other end.
    var remote: RemoteEnd { get }
    /// The lookup that an exchange waits for has succeeded, or failed with `fault`.
    func resume(_ id: Int32, round: Int, fault: Fault?)
    /// Looks at the deadlines; `now` is in monotonic nanoseconds.
    func tick(_ now: Int64)
    /// Goes on with work that was too much for one turn.
    func proceed()
    /// Since when it has no request, in monotonic nanoseconds; nil when one is arriving or under way.
    var idleSince: Int64? { get }
    /// Begins to end the connection: requests under way are answered.
    func drain()
    /// Ends the connection at once.
    func abort()
}

/// The state of one event loop. Used on that loop only.
package final class EventLoopState<S: Service> {
    package let eventLoop: any EventLoop
    package let limits: ConnectionLimits
    package let pool: ExchangePool
    package let memory = HTTP2Memory()
    package let counters: TransportCounters
    let log: ConnectionLog
    package var service: S
    package let received = ReceiveBuffer()
    /// What is being written to a connection. One for all connections, so that it stays in the processor's cache. While NIO still
    /// holds the bytes for a slow peer, `clear()` allocates new ones.
    @exclusivity(unchecked) package var output = ByteBuffer()
    /// Whether connections are to end.
    package private(set) var isDraining = false

    let unfinished: UnfinishedWork
    let turn: LoopTurn<S>
    let handshakes: HandshakeLine

    private let resolver: any Resolver
    private let arrivals = Arrivals()
    private let wallClock: @Sendable () -> Timestamp
    private var connections: [ObjectIdentifier: any Connection] = [:]
    private var ticking: RepeatedTask?
    private var emptied: EventLoopPromise<Void>?

    /// The state of `eventLoop`.
    package init(
        eventLoop: any EventLoop, service: S, resolver: any Resolver, limits: ConnectionLimits,
        counters: TransportCounters = TransportCounters(), logger: Logger? = nil,
        wallClock: @escaping @Sendable () -> Timestamp
    ) {
        self.eventLoop = eventLoop
        self.service = service
        self.resolver = resolver
        self.limits = limits
        let maxBacklog = limits.maxLoopBacklogBytes
        pool = ExchangePool(
            backlog: Backlog(maxBytes: maxBacklog, reserved: limits.http2.reserved(of: maxBacklog)),
            clock: { Int64(truncatingIfNeeded: eventLoop.now.uptimeNanoseconds) })
        turn = LoopTurn(eventLoop)
        handshakes = HandshakeLine(eventLoop)
        self.counters = counters
        log = ConnectionLog(logger)
        unfinished = UnfinishedWork(eventLoop) { Int64(truncatingIfNeeded: eventLoop.now.uptimeNanoseconds) }
        self.wallClock = wallClock
    }

    /// Monotonic nanoseconds.
    package var now: Int64 { Int64(truncatingIfNeeded: eventLoop.now.uptimeNanoseconds) }

    /// The time for decisions.
    package var time: Timestamp { wallClock() }
}

// MARK: - Connections

extension EventLoopState {
    /// How many connections are open.
    package var connectionCount: Int { connections.count }

    /// Adds a connection, or the next handler of one; false when there are too many.
    package func add(_ connection: any Connection, replacing predecessor: (any Connection)?) -> Bool {
        if let predecessor {
            connections[ObjectIdentifier(predecessor)] = nil
        } else {
            guard connections.count < limits.maxConnectionsPerLoop || closeLongestIdle() else {
                counters.refused.add()
                return false
            }
            counters.connections.add()
        }
        connections[ObjectIdentifier(connection)] = connection
        if ticking == nil { startTicking() }
        return true
    }

    /// Makes room for a new connection where idle ones may be closed for it; false when there is no room to be made.
    private func closeLongestIdle() -> Bool {
        guard limits.closesIdleWhenFull else { return false }
        let idle = connections.values.compactMap { connection in connection.idleSince.map { ($0, connection) } }
        guard let oldest = idle.min(by: { $0.0 < $1.0 }) else { return false }
        counters.expired.add()
        oldest.1.abort()
        return true
    }

    /// Forgets a connection that is closed.
    package func remove(_ connection: any Connection) {
        guard connections.removeValue(forKey: ObjectIdentifier(connection)) != nil else { return }
        counters.closed.add()
        guard connections.isEmpty else { return }
        ticking?.cancel()
        ticking = nil
        emptied?.succeed()
    }

    /// Begins to end all connections, including those that are still accepted.
    /// - Returns: Done when there is no connection left.
    package func drain() -> EventLoopFuture<Void> {
        let emptied = self.emptied ?? eventLoop.makePromise()
        self.emptied = emptied
        isDraining = true
        for connection in Array(connections.values) { connection.drain() }
        if connections.isEmpty { emptied.succeed() }
        return emptied.futureResult
    }

    /// Ends all connections at once.
    package func abort() {
        for connection in Array(connections.values) { connection.abort() }
    }

    private func startTicking() {
        let interval = TimeAmount.nanoseconds(limits.deadlines.tick)
        let this = NIOLoopBound(self, eventLoop: eventLoop)
        ticking = eventLoop.scheduleRepeatedTask(initialDelay: interval, delay: interval) { _ in
            let state = this.value
            let now = state.now
            for connection in Array(state.connections.values) { connection.tick(now) }
        }
    }
}

// MARK: - Serving

extension EventLoopState {
    /// Has `exchange` answered. Returns true when the answer is there; false when `connection` is resumed for it later.
    package func serve<C: Connection>(_ exchange: Exchange, of connection: C) -> Bool {
        if let flaw = exchange.flaw {
            service.refuse(exchange, flaw)
            return true
        }
        switch service.serve(exchange, from: connection.remote, at: time) {
        case .decided:
            return true
        case .failed(let fault):
            return fail(exchange, fault)
        case .needs(let lookup):
            if exchange.rounds >= limits.maxRounds { return fail(exchange, .unresolved) }
            if connection.pendingLookups >= limits.maxPendingLookups { return fail(exchange, .overloaded) }
            let now = self.now
            let deadline = min(exchange.deadline ?? .max, now &+ limits.deadlines.lookup)
            if deadline <= now { return fail(exchange, .deadlineExceeded) }
            exchange.rounds += 1
            exchange.enter(.waiting, at: now)
            look(up: lookup, for: exchange, of: connection, deadline: deadline)
            return false
        }
    }

    private func fail(_ exchange: Exchange, _ fault: Fault) -> Bool {
        service.fail(exchange, fault, at: time)
        return true
    }

    private func look<C: Connection>(up lookup: Lookup, for exchange: Exchange, of connection: C, deadline: Int64) {
        counters.lookups.add()
        connection.pendingLookups += 1
        let (id, round) = (exchange.id, exchange.rounds)
        let connection = NIOLoopBound<any Connection>(connection, eventLoop: eventLoop)
        let expiry = lookup.endsInTime ? nil : expire(id, round: round, of: connection, at: deadline)
        let (arrivals, eventLoop) = (self.arrivals, self.eventLoop)
        let this = NIOLoopBound(self, eventLoop: eventLoop)
        resolver.resolve(lookup, at: time) { fault in
            let arrival = Arrival(connection: connection, id: id, round: round, fault: fault, expiry: expiry)
            if arrivals.put(arrival) { eventLoop.execute { this.value.takeArrivals() } }
        }
    }

    private func expire(
        _ id: Int32, round: Int, of connection: NIOLoopBound<any Connection>, at deadline: Int64
    ) -> Scheduled<Void> {
        eventLoop.scheduleTask(deadline: .uptimeNanoseconds(UInt64(deadline))) {
            connection.value.resume(id, round: round, fault: .deadlineExceeded)
        }
    }

    private func takeArrivals() {
        for arrival in arrivals.take() {
            // Otherwise each lookup would be kept in memory until its deadline.
            arrival.expiry?.cancel()
            let connection = arrival.connection.value
            connection.pendingLookups -= 1
            connection.resume(arrival.id, round: arrival.round, fault: arrival.fault)
        }
    }
}
