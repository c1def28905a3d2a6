// Sessiongate without listeners for checks: what decides inside another program, Envoy. That program's threads ask, each with
// endpoints of its own; memory, workers and admin pages are shared by all of them.
//
//     Envoy's workers ─ Endpoints ─┬─ Memory
//                                  └─ StoreWorkers ─ database          admin listener ─ pages

import Bytes
import Foundation
import Logging
import NIOCore
import NIOPosix
import Provenance
import Redis
import Sessions
import Storage
import Synchronization
import Telemetry
import Transport

/// Decides inside another program, by one configuration file.
package final class Engine: Sendable {
    /// Which policy is in force: another number is another policy. Read before each request.
    package let policyNumber = Atomic<Int>(0)
    /// What the program that asks has made for its threads.
    package let threads = MemoSlot()
    /// Milliseconds that a lookup may take.
    private let lookupDeadline: Int64

    private let current: CurrentPolicy
    private let memory: Memory
    private let workers: StoreWorkers
    private let farm: RedisFarm?
    private let resolver: Lookups
    private let logger: Logger
    private let pages: EnginePages
    private let forecast: ForecastFeed
    private let counters = ThreadCounters()
    private let loaded: CurrentConfiguration
    private let records: DecisionRecords
    private let outages: OutageLog
    private let reloads = ReloadCounters()
    private let state = Mutex(State())
    private let timers: MultiThreadedEventLoopGroup

    private struct State {
        var admin: Server?
        var probe: RepeatedTask?
        var traffic: RepeatedTask?
    }

    /// Opens the database and binds the admin listener.
    /// - Parameter log: Makes the log's front.
    /// - Throws: What is wrong with the configuration, its keys and its database.
    package init(
        _ loaded: LoadedConfiguration, log: (LogSettings) -> any LogHandler
    ) throws(ConfigurationErrors) {
        let logger = Logger(label: "sessiongate") { _ in log(loaded.configuration.log) }
        let outages = OutageLog(loaded.configuration.storeName, logger)
        self.outages = outages
        let core = try Core(loaded, logger: logger, outages)
        records = try loaded.openRecords(logger: logger)
        self.logger = logger
        (current, memory, workers) = (core.policy, core.memory, core.workers)
        (farm, resolver, forecast) = (core.farm, core.resolver, core.forecast)
        timers = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        lookupDeadline = loaded.configuration.server.lookupDeadline
        self.loaded = CurrentConfiguration(loaded)
        let site = AdminSite(core, log: nil, level: nil, records, self.loaded, reloads, logger: logger)
        outages.countFailedChecks { [counters] in counters.all().reduce(0) { $0 &+ $1.failures(.storeUnavailable) } }
        pages = EnginePages(site: site, policy: core.policy)
        do {
            try openAdmin(loaded)
        } catch {
            stop()
            throw error
        }
        probeStore()
        let forgetting = core.forgetting
        farm?.start([timers.next()]) { forgetting.forget($0) }
        report(loaded)
    }

    deinit { stop() }

    /// Puts another configuration in force that differs in what ``isCompatible(with:)`` allows. What it has learnt stays valid as far as
    /// the policy allows, and nonces stay remembered.
    /// - Throws: When its admin listener can't be bound; the policy is not changed then.
    package func adopt(_ loaded: LoadedConfiguration) throws(ConfigurationErrors) {
        if loaded.configuration.server.admin != self.loaded.value.configuration.server.admin { try openAdmin(loaded) }
        self.loaded.value = loaded
        current.value = loaded.makePolicy()
        forecast.adopt(loaded.configuration.forecast)
        policyNumber.add(1, ordering: .releasing)
        reloads.succeeded.add()
        report(loaded)
    }

    /// Whether what decides by the present configuration can go on with `loaded`: the same database, and memory of the same size.
    package func isCompatible(with loaded: LoadedConfiguration) -> Bool {
        self.loaded.value.lasting == loaded.lasting
    }

    /// Whether `loaded` is what is in force already: the same text, and the same contents of all files that it names.
    package func isInForce(_ loaded: LoadedConfiguration) -> Bool {
        let running = self.loaded.value
        return loaded.environment == running.environment
            && loaded.sources.elementsEqual(running.sources) { $0.hasContents(of: $1) }
    }

    /// Endpoints for one thread, under the policy in force; and that policy's number.
    package func makeEndpoints() -> (endpoints: Endpoints, number: Int) {
        let number = policyNumber.load(ordering: .acquiring)
        let endpoints = Endpoints(
            policy: current.value, memory: memory, readiness: Readiness(), maxMessageBytes: 0,
            resolver: resolver, logger: logger, records: records, forecast: forecast.makeQueue())
        counters.add(endpoints.counters)
        return (endpoints, number)
    }

    /// Puts the policy in force into `endpoints`, and returns its number.
    package func update(_ endpoints: Endpoints) -> Int {
        let number = policyNumber.load(ordering: .acquiring)
        endpoints.policy = current.value
        return number
    }

    /// Has `lookup` resolved, and calls `completion` once, on any thread: with a fault when it failed or took too long.
    package func resolve(_ lookup: Lookup, completion: @escaping @Sendable (Fault?) -> Void) {
        let answer = Once()
        let expiry = timers.next().scheduleTask(in: .milliseconds(lookupDeadline)) {
            if answer.take() { completion(.deadlineExceeded) }
        }
        let finish: @Sendable (Fault?) -> Void = { fault in
            guard answer.take() else { return }
            expiry.cancel()
            completion(fault)
        }
        guard case .nonce = lookup else { return resolver.resolve(lookup, at: SystemClock.now(), completion: finish) }
        // The link to Redis is this thread's.
        timers.next().execute { [resolver] in resolver.resolve(lookup, at: SystemClock.now(), completion: finish) }
    }
}

// MARK: - The admin listener and the store's state

extension Engine {
    /// Binds the admin listener that `loaded` names, in place of the one that is bound.
    private func openAdmin(_ loaded: LoadedConfiguration) throws(ConfigurationErrors) {
        closeAdmin()
        guard let address = loaded.configuration.server.admin else { return }
        var configuration = loaded.configuration.server
        configuration.dataListeners = []
        configuration.eventLoops = 1
        let server = Server(
            configuration: configuration, policy: current, memory: memory, resolver: resolver, admin: pages,
            logger: logger, otherChecks: counters.all)
        let problem = blocking { () async -> String? in
            do {
                _ = try await server.start()
                return nil
            } catch { return (error as? ListenError)?.reason ?? "\(error)" }
        }
        if let problem {
            let key = "server.admin"
            throw ConfigurationErrors(problems: [
                ConfigurationProblem(
                    place: loaded.places[key] ?? .file(loaded.file, line: 1), key: key,
                    problem: "can't listen on \(address.text): \(problem)",
                    expected: "an address that is free; another process, or another file in this Envoy, may have it")
            ])
        }
        state.withLock { $0.admin = server }
        pages.site.live.follow { [weak server] in server?.statistics ?? .none }
    }

    /// Closes the admin listener, so that another engine can have its address.
    func closeAdmin() {
        let admin = state.withLock { state in
            defer { state.admin = nil }
            return state.admin
        }
        if let admin { blocking { await admin.drain() } }
    }

    /// Binds the admin listener again, where no other engine took its place.
    func reopenAdmin() { try? openAdmin(loaded.value) }

    /// Every second from now on, as long as the engine is there.
    private func probeStore() {
        let site = pages.site
        let traffic = timers.next().scheduleRepeatedTask(
            initialDelay: .milliseconds(TrafficHistory.wait(at: SystemClock.now().milliseconds)),
            delay: .seconds(TrafficHistory.interval)
        ) { _ in site.noteTraffic() }
        // The engine itself must not be held on this thread, which its end waits for.
        let (workers, outages, decisions) = (workers, outages, records.log)
        let probe = timers.next().scheduleRepeatedTask(initialDelay: .zero, delay: .seconds(1)) { _ in
            outages.look(workers.storeProblem)
            workers.probeStore()
            decisions?.look()
        }
        state.withLock { ($0.probe, $0.traffic) = (probe, traffic) }
    }

    private func report(_ loaded: LoadedConfiguration) {
        for warning in loaded.warnings { logger.warning("\(warning)") }
        let unused = loaded.places.keys.filter(Self.isUnused).sorted()
        if !unused.isEmpty {
            logger.info(
                "these keys mean nothing inside Envoy, which listens itself",
                metadata: ["keys": "\(unused.joined(separator: ", "))"])
        }
        logger.info(
            "deciding inside Envoy",
            metadata: [
                "version": "\(Version.current)", "config": "\(loaded.file)",
                "admin": "\(loaded.configuration.server.admin?.text ?? "none")",
            ])
    }

    private static func isUnused(_ key: String) -> Bool {
        let used = ["server.admin", "server.lookup_timeout"]
        let sections = ["server.", "tls.", "http.", "oauth1.nonce_file"]
        return !used.contains(key) && sections.contains { key.hasPrefix($0) }
    }

    /// Ends the threads. On Envoy's main thread, where the process may end next, they are waited for; its workers wait for nothing.
    private func stop() {
        let (admin, probe, traffic) = state.withLock { ($0.admin, $0.probe, $0.traffic) }
        let (workers, timers, farm) = (workers, timers, farm)
        let end = Task.detached {
            probe?.cancel()
            traffic?.cancel()
            await admin?.drain()
            await workers.shutdown()
            await farm?.detach()
            await farm?.stop()
            try? await timers.shutdownGracefully()
        }
        if Thread.isMainThread { blocking { await end.value } }
    }
}

/// The counters of all threads that decide.
private final class ThreadCounters: Sendable {
    private let counters = Mutex<[CheckCounters]>([])

    func add(_ more: CheckCounters) { counters.withLock { $0.append(more) } }

    @Sendable
    func all() -> [CheckCounters] { counters.withLock { $0 } }
}
