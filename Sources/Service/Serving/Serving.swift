// `sessiongate serve`: the parts put together, started, and ended in good order.
//
//     start   keys and database are open already ─ listeners ─ ready
//     stop    SIGTERM or SIGINT ─ not ready ─ requests under way are answered ─ workers end ─ the log is written

import Bytes
import CNative.Allocator
import Foundation
import Logging
import Provenance
import Redis
import ServiceLifecycle
import Sessions
import Storage
import Telemetry
import Transport

/// A server that runs until it is told to stop.
public final class Serving: Sendable {
    let loaded: CurrentConfiguration
    let logger: Logger
    let directory: CurrentDirectory
    let server: Server
    let reloads = ReloadCounters()
    let logLevel: LogLevel
    let outages: OutageLog
    let forecast: ForecastFeed
    private let site: AdminSite
    private let log: LineWriter
    private let workers: StoreWorkers
    private let farm: RedisFarm?
    private let forgetting: Forgetting
    private let tls: TLSFiles?
    private let memory: Memory
    private let nonceFile: NonceFile?
    let manager: ServiceManager
    private let records: DecisionRecords

    /// Opens the database and puts everything together; nothing listens yet.
    /// - Parameter log: Gets the lines of the log; standard error by default.
    /// - Parameter passed: Sockets that the process was started with, for listeners of the configuration.
    /// - Parameter manager: Is told when requests are welcome, and that the process is well.
    /// - Throws: What is wrong with the configuration, its keys and its database.
    public init(
        _ loaded: LoadedConfiguration, log: LineWriter? = nil, passed: PassedSockets = .none,
        manager: ServiceManager = .none
    ) throws(ConfigurationErrors) {
        let current = CurrentConfiguration(loaded)
        self.loaded = current
        self.manager = manager
        let settings = loaded.configuration.log
        let log = log ?? .standardError(settings)
        self.log = log
        let level = LogLevel(settings.level)
        logLevel = level
        let logger = Logger(label: "sessiongate", factory: { _ in LineLog(settings, level: level, write: log.write) })
        self.logger = logger
        let outages = OutageLog(loaded.configuration.storeName, logger)
        self.outages = outages
        nonceFile = loaded.configuration.nonceFile.map { NonceFile(path: $0, logger: logger) }
        nonceFile?.adoptSecret()
        let core = try Core(loaded, logger: logger, outages)
        (directory, memory, workers) = (core.directory, core.memory, core.workers)
        (farm, forgetting, forecast) = (core.farm, core.forgetting, core.forecast)
        let records = try loaded.openRecords(logger: logger)
        self.records = records
        site = AdminSite(core, log: log, level: level, records, current, reloads, logger: logger)
        let credentials = try loaded.openTLS(logger: logger)
        tls = credentials.map { TLSFiles(credentials: $0, logger: logger) }
        server = Server(
            configuration: loaded.configuration.server, policy: core.policy, memory: memory, resolver: core.resolver,
            admin: site, tls: credentials, passed: passed, records: records, logger: logger, forecast: forecast)
        site.live.follow { [weak server] in server?.statistics ?? .none }
        outages.countFailedChecks { [weak server] in
            (server?.statistics.checks ?? []).reduce(0) { $0 &+ $1.failures(.storeUnavailable) }
        }
    }

    /// Serves until SIGTERM or SIGINT, or until its task is told to shut down.
    /// - Parameter announce: Gets the addresses when requests are welcome. It must not block.
    /// - Throws: ``StartError`` when a listener can't be bound.
    public func run(announce: @escaping @Sendable (Server.Addresses) -> Void) async throws {
        // A buffer for a large form is given back to the system when it is freed, not kept for the next of its size.
        mallopt(M_MMAP_THRESHOLD, 1 << 20)
        // A peer that is gone is an error of its connection and does not end the process.
        signal(SIGPIPE, SIG_IGN)
        OpenFiles.raiseLimit()
        defer {
            records.log?.flush()
            log.flush()
        }
        var services: [any ServiceLifecycle.Service] = [
            StoreService(workers: workers, outages: outages), HeapService(),
            TrafficService(site: site),
        ]
        if let nonceFile, let nonces = farm?.nonces.local ?? memory.nonces as? NonceMemory {
            nonceFile.load(into: nonces)
            services.append(NonceFileService(file: nonceFile, nonces: nonces))
        }
        services.append(WatchService(watch: server.watch, manager: manager, logger: logger))
        if let tls { services.append(TLSFileService(tls: tls)) }
        services.append(
            ReloadService(
                tls: tls, decisions: records.log, reloader: Reloader(self), logger: logger, serving: self))
        services.append(ListenerService(serving: self, announce: announce))
        let group = ServiceGroup(services: services, gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        try await group.run()
        logger.info("stopped")
    }

    /// Binds all listeners.
    func bind() async throws -> Server.Addresses {
        for warning in loaded.value.warnings { logger.warning("\(warning)") }
        logger.info("starting", metadata: loaded.value.summary(certificateEnd: server.statistics.certificateEnd))
        do {
            let forgetting = forgetting
            let addresses = try await server.start { [farm] eventLoops in
                farm?.start(eventLoops) { forgetting.forget($0) }
            }
            logger.info(
                "ready",
                metadata: [
                    "version": "\(Version.current)", "commit": "\(Version.commit ?? "")",
                    "data": "\(addresses.dataText)", "admin": "\(addresses.adminText)",
                ])
            return addresses
        } catch let error as ListenError {
            throw StartError(
                description: "\(key(of: error.address)): can't listen on \(error.address.text): \(error.reason)")
        }
    }

    /// What `systemctl status` shows while requests are welcome.
    var status: String { "sessiongate \(Version.current), mode \(loaded.value.configuration.settings.mode.rawValue)" }

    private func key(of address: ListenerAddress) -> String {
        loaded.value.configuration.server.admin == address ? "server.admin" : "server.listen"
    }

    /// Answers what is under way, and closes the listeners.
    func drain() async {
        logger.info("stopping")
        await server.drain { [farm] in await farm?.detach() }
        await farm?.stop()
    }
}

/// Why a server did not start.
public struct StartError: Error, CustomStringConvertible, Sendable {
    /// One sentence.
    public let description: String
}
