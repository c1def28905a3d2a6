// The server: event loops, listeners, and their end.

import Sessions
import Telemetry
import Logging
import NIOCore
import NIOPosix
import Synchronization

/// Serves checks on the data listeners, and operators on the admin listener.
public final class Server: Sendable {
    /// Where a server listens: ports that the system chose are named.
    public struct Addresses: Sendable, Equatable {
        /// The data listeners, in the configuration's order.
        public var data: [ListenerAddress] = []
        /// The admin listener.
        public var admin: ListenerAddress?
    }

    private let configuration: ServerConfiguration
    private let policy: CurrentPolicy
    private let memory: Memory
    private let resolver: any Sessions.Resolver
    private let admin: (any AdminPages)?
    private let tls: TLSCredentials?
    private let records: DecisionRecords
    private let forecast: ForecastFeed?
    private let logger: Logger
    private let wallClock: @Sendable () -> Timestamp
    private let otherChecks: @Sendable () -> [CheckCounters]
    private let readiness: Readiness
    private let passed: PassedSockets
    /// Whether the event loops still run, from the end of ``start()`` to that of ``drain()``.
    public let watch = LoopWatch()
    private let running = Mutex<Running?>(nil)

    /// A server that is not started yet.
    /// - Parameter tls: For the listeners that speak TLS, which can't be started without it.
    /// - Parameter passed: Sockets for listeners of the configuration; all of them must be used.
    /// - Parameter records: Where decisions are recorded.
    /// - Parameter forecast: Gets the requests that it is to count.
    /// - Parameter wallClock: The time for decisions; the system's by default.
    /// - Parameter otherChecks: Counters of checks that other threads make, for the admin listener.
    public init(
        configuration: ServerConfiguration, policy: CurrentPolicy, memory: Memory, resolver: any Sessions.Resolver,
        admin: (any AdminPages)?,
        tls: TLSCredentials? = nil, passed: PassedSockets = .none, records: DecisionRecords = DecisionRecords(),
        logger: Logger, forecast: ForecastFeed? = nil, wallClock: @escaping @Sendable () -> Timestamp = SystemClock.now,
        otherChecks: @escaping @Sendable () -> [CheckCounters] = { [] }
    ) {
        self.configuration = configuration
        self.policy = policy
        self.memory = memory
        self.resolver = resolver
        self.admin = admin
        self.tls = tls
        self.passed = passed
        self.records = records
        self.logger = logger
        self.forecast = forecast
        self.wallClock = wallClock
        self.otherChecks = otherChecks
        readiness = Readiness { admin?.problem() }
    }

    /// Whether requests are accepted: between the end of ``start()`` and the beginning of ``drain()``.
    public var isReady: Bool { readiness.isReady }

    /// What was counted so far.
    public var statistics: ServerStatistics {
        let loops = running.withLock { $0?.loops ?? [] }
        return ServerStatistics(
            checks: loops.map(\.checks) + otherChecks(), transport: loops.map(\.transport), isReady: isReady,
            certificateEnd: tls?.certificateEnd)
    }
}

/// What exists while a server runs.
private struct Running {
    struct Loop {
        let eventLoop: any EventLoop
        let state: NIOLoopBound<EventLoopState<Endpoints>>
        let checks: CheckCounters
        let transport: TransportCounters
    }

    let workers: MultiThreadedEventLoopGroup
    let front: MultiThreadedEventLoopGroup
    let operators: MultiThreadedEventLoopGroup
    let loops: [Loop]
    var listeners: [BoundListener] = []
    var admin: BoundListener?
}

// MARK: - Start

extension Server {
    /// Binds all listeners.
    /// - Parameter begin: Gets the event loops that answer checks, before there is a listener.
    /// - Returns: Where they are bound.
    /// - Throws: When one of them can't be bound; nothing is left running then.
    public func start(_ begin: ([any EventLoop]) -> Void = { _ in }) async throws -> Addresses {
        let count = configuration.eventLoops > 0 ? configuration.eventLoops : System.coreCount
        let workers = MultiThreadedEventLoopGroup(numberOfThreads: count)
        // A thread that accepts, and one for the admin pages, some of which take a while: neither delays checks or each other.
        let front = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let operators = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        var running = Running(
            workers: workers, front: front, operators: operators, loops: try await makeLoops(workers, count))
        var addresses = Addresses()
        begin(running.loops.map(\.eventLoop))
        do {
            for listener in configuration.dataListeners {
                let bound = try await bind(listener, running)
                running.listeners.append(bound)
                addresses.data.append(bound.address)
            }
            if let address = configuration.admin, let admin {
                running.admin = try await bindAdmin(address, admin, operators)
                addresses.admin = running.admin?.address
            }
            try requireUseOfPassed(running)
        } catch {
            await shutDown(running)
            throw error
        }
        for (index, loop) in running.loops.enumerated() { watch.add("\(index)", loop.eventLoop) }
        watch.add("accept", front.next())
        watch.add("admin", operators.next())
        self.running.withLock { [running] in $0 = running }
        readiness.isReady = true
        return addresses
    }

    /// A passed socket that no listener uses would take connections that are never accepted.
    private func requireUseOfPassed(_ running: Running) throws(ListenError) {
        let used = (running.listeners + [running.admin].compactMap { $0 }).flatMap(\.addresses)
        guard let address = passed.unused(Set(used)).first else { return }
        throw ListenError(
            address: address, reason: "a socket for it was passed (LISTEN_FDS), but no listener has this address")
    }

    private func makeLoops(_ group: MultiThreadedEventLoopGroup, _ count: Int) async throws -> [Running.Loop] {
        var loops: [Running.Loop] = []
        let limits = dataLimits(loops: count)
        for eventLoop in group.makeIterator() {
            let loop = try await eventLoop.submit { [self] in
                let service = Endpoints(
                    policy: policy.value, memory: memory, readiness: readiness,
                    maxMessageBytes: configuration.maxMessageBytes,
                    trustedPeers: configuration.trustedPeers, resolver: resolver, logger: logger, records: records,
                    forecast: forecast?.makeQueue())
                let state = EventLoopState(
                    eventLoop: eventLoop, service: service, resolver: resolver, limits: limits, logger: logger,
                    wallClock: wallClock)
                return Running.Loop(
                    eventLoop: eventLoop, state: NIOLoopBound(state, eventLoop: eventLoop),
                    checks: service.counters, transport: state.counters)
            }.get()
            LagMeter.start(eventLoop, loop.transport.lag)
            loops.append(loop)
        }
        return loops
    }

    /// The limits of data connections: no more of them than there are descriptors for.
    private func dataLimits(loops: Int) -> ConnectionLimits {
        var limits = configuration.limits(loops: loops)
        let possible = DescriptorLimit.maxConnections(
            descriptors: DescriptorLimit.raise(), admin: Self.maxAdminConnections)
        if possible < configuration.maxConnections {
            logger.warning(
                "fewer connections than limits.max_connections: the process may not have enough files open (ulimit -n)",
                metadata: ["connections": "\(possible)"])
            limits.maxConnectionsPerLoop = max(1, possible / loops)
        }
        return limits
    }

    private static var maxAdminConnections: Int { 64 }

    private func bind(_ listener: Listener, _ running: Running) async throws -> BoundListener {
        let states = Dictionary(
            uniqueKeysWithValues: running.loops.map { (ObjectIdentifier($0.eventLoop), $0.state) })
        let tls = listener.isTLS ? self.tls : nil
        if listener.isTLS, tls == nil { throw ListenError(address: listener.address, reason: "no certificate for TLS") }
        let bootstrap = ServerBootstrap.listener(
            accepting: running.front, serving: running.workers, isTCP: listener.address.isTCP,
            isShared: configuration.sharesListeners, logger: logger
        )
        .childChannelInitializer { channel in
            channel.eventLoop.makeCompletedFuture {
                guard let state = states[ObjectIdentifier(channel.eventLoop)] else {
                    throw ChannelError.ioOnClosedChannel
                }
                let operations = channel.pipeline.syncOperations
                if let tls { try operations.addHandler(tls.makeHandler(line: state.value.handshakes)) }
                try operations.addHandler(ProtocolDetector(loop: state.value, isTLS: tls != nil))
            }
        }
        return try await bootstrap.bind(listener, passed, isShared: configuration.sharesListeners)
    }

    private func bindAdmin(
        _ address: ListenerAddress, _ pages: any AdminPages, _ group: MultiThreadedEventLoopGroup
    ) async throws -> BoundListener {
        let eventLoop = group.next()
        let tls = configuration.isAdminTLS ? self.tls : nil
        if configuration.isAdminTLS, tls == nil {
            throw ListenError(address: address, reason: "no certificate for TLS")
        }
        let limits = configuration.adminLimits(maxConnections: Self.maxAdminConnections)
        let state = try await eventLoop.submit { [self, limits] in
            let service = AdminService(
                pages: pages, statistics: { [weak self] in self?.statistics ?? .none }, readiness: readiness,
                guardian: AdminGuard(
                    listener: address, isToken: configuration.isAdminToken, isTLS: configuration.isAdminTLS,
                    demandsCertificate: configuration.isAdminTLS && configuration.tls.clientCertificates == .required))
            let state = EventLoopState(
                eventLoop: eventLoop, service: service, resolver: resolver, limits: limits, logger: logger,
                wallClock: wallClock)
            return NIOLoopBound(state, eventLoop: eventLoop)
        }.get()
        let bootstrap = ServerBootstrap.listener(
            accepting: group, serving: group, isTCP: address.isTCP,
            isShared: configuration.sharesListeners, logger: logger
        )
        .childChannelInitializer { channel in
            channel.eventLoop.makeCompletedFuture {
                let operations = channel.pipeline.syncOperations
                if let tls { try operations.addHandler(tls.makeHandler()) }
                try operations.addHandler(ProtocolDetector(loop: state.value, isTLS: tls != nil))
            }
        }
        // A Unix socket is for the process's own user.
        var listener = Listener(address)
        listener.mode = 0o600
        return try await bootstrap.bind(listener, passed, isShared: configuration.sharesListeners)
    }
}

// MARK: - Another policy

extension Server {
    /// Puts `policy` in force: for lookups at once, for each event loop with its next request.
    public func adopt(_ policy: Policy) {
        self.policy.value = policy
        for loop in running.withLock({ $0?.loops ?? [] }) {
            loop.eventLoop.execute { loop.state.value.service.policy = policy }
        }
    }
}

// MARK: - End

extension Server {
    /// Says that the server is not ready, and waits until proxies have noticed. Then stops accepting, answers what is under way, closes all connections, and ends the threads. The admin listener stays until
    /// the end, and says that the server is not ready. Returns within the drain deadline.
    /// - Parameter end: Called when nothing is under way any more, while the event loops still run.
    public func drain(_ end: () async -> Void = {}) async {
        readiness.isReady = false
        guard let running = running.withLock({ $0 }) else { return }
        if configuration.drainDelay > 0 { try? await Task.sleep(for: .milliseconds(configuration.drainDelay)) }
        for listener in running.listeners { await listener.close() }
        await withTaskGroup(of: Void.self) { group in
            for loop in running.loops { group.addTask { await Self.drain(loop, self.configuration.drainDeadline) } }
        }
        await end()
        // The counters can still be read afterwards.
        await shutDown(running)
    }

    private static func drain(_ loop: Running.Loop, _ deadline: Int64) async {
        let emptied = loop.eventLoop.flatSubmit {
            let state = loop.state.value
            let emptied = state.drain()
            loop.eventLoop.scheduleTask(in: .milliseconds(deadline)) { loop.state.value.abort() }
            return emptied
        }
        try? await emptied.get()
    }

    private func shutDown(_ running: Running) async {
        watch.forget()
        for listener in running.listeners { await listener.close() }
        await running.admin?.close()
        try? await running.workers.shutdownGracefully()
        try? await running.front.shutdownGracefully()
        try? await running.operators.shutdownGracefully()
    }
}

extension ServerStatistics {
    /// Those of no server.
    public static let none = ServerStatistics(checks: [], transport: [], isReady: false)
}
