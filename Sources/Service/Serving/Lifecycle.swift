// The services that a server consists of, for swift-service-lifecycle. A ServiceGroup starts them in order and ends them in
// reverse order, each when the one after it has ended:
//
//     workers, probe of the store ─ watch of the event loops ─ TLS files ─ configuration, SIGHUP ─ listeners
//
// SIGTERM or SIGINT: the listeners drain first, and the workers end last. A second signal ends the process at once.

import Dispatch
import Glibc
import Logging
import ServiceLifecycle
import Storage
import Telemetry
import Transport
import UnixSignals

/// The listeners: bound when it starts, drained when it is told to stop.
struct ListenerService: ServiceLifecycle.Service {
    let serving: Serving
    let announce: @Sendable (Server.Addresses) -> Void

    func run() async throws {
        announce(try await serving.bind())
        serving.manager.ready(serving.status)
        try? await gracefulShutdown()
        serving.manager.stopping()
        Self.secondSignalEndsTheProcess()
        await serving.drain()
    }

    /// From now on SIGTERM and SIGINT end the process.
    private static func secondSignalEndsTheProcess() {
        signal(SIGTERM, SIG_DFL)
        signal(SIGINT, SIG_DFL)
    }
}

/// The workers of the store. Every second it looks whether the store can be read: what a probe of /readyz learns is no older.
struct StoreService: ServiceLifecycle.Service {
    let workers: StoreWorkers
    let outages: OutageLog

    func run() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                await untilShutdown(every: .seconds(1)) {
                    outages.look(workers.storeProblem)
                    workers.probeStore()
                }
            }
            group.addTask { await untilShutdown(every: .milliseconds(250)) { workers.relieve(at: SystemClock.now()) } }
        }
        await workers.shutdown()
    }
}

/// Looks every half second whether the event loops run, until the listeners have drained. The service manager is told that all is
/// well as long as none is blocked, so that it restarts a process that answers nothing.
struct WatchService: ServiceLifecycle.Service {
    let watch: LoopWatch
    let manager: ServiceManager
    let logger: Logger

    func run() async {
        let period = min(manager.watchdogMicroseconds.map { $0 / 2 } ?? 500_000, 500_000)
        await untilShutdown(every: .microseconds(period), look)
    }

    private func look() {
        for finding in watch.look(now: Int64(clamping: DispatchTime.now().uptimeNanoseconds)) {
            switch finding {
            case .blocked(let loop, let milliseconds):
                logger.critical(
                    "an event loop is blocked: its connections get no answers",
                    metadata: ["loop": "\(loop)", "milliseconds": "\(milliseconds)"])
            case .runs(let loop, let milliseconds):
                logger.notice(
                    "the event loop runs again", metadata: ["loop": "\(loop)", "milliseconds": "\(milliseconds)"])
            }
        }
        if !watch.isBlocked { manager.isWell() }
    }
}

/// Reads certificate and key again when their files are new.
struct TLSFileService: ServiceLifecycle.Service {
    let tls: TLSFiles

    func run() async {
        await untilShutdown(every: .seconds(5)) { tls.reload(always: false) }
    }
}

/// Reads the configuration again on SIGHUP, and when one of its files has changed; on SIGHUP certificate and key of TLS too, and the
/// decision log is opened anew.
struct ReloadService: ServiceLifecycle.Service {
    let tls: TLSFiles?
    let decisions: DecisionLog?
    let reloader: Reloader
    let logger: Logger
    let serving: Serving

    func run() async {
        // One task for both: reloads never overlap.
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await untilShutdown(every: .seconds(1)) { reloader.look() } }
            if let decisions { group.addTask { await untilShutdown(every: .seconds(1)) { decisions.look() } } }
            group.addTask {
                for await _ in await UnixSignalsSequence(trapping: .sighup).cancelOnGracefulShutdown() {
                    serving.manager.reloading()
                    tls?.reload(always: true)
                    reopenDecisions()
                    reloader.reload()
                    serving.manager.ready(serving.status)
                }
            }
        }
    }
}

extension ReloadService {
    private func reopenDecisions() {
        guard let decisions else { return }
        do throws(DecisionLogError) {
            try decisions.reopen()
            logger.notice("decision log opened anew", metadata: ["file": "\(decisions.settings.file ?? "-")"])
        } catch {
            logger.error("decision log not opened anew: the old file stays in use", metadata: ["error": "\(error)"])
        }
    }
}

/// Calls `body` now and then every `period`, until the service is told to stop.
func untilShutdown(every period: Duration, _ body: @escaping @Sendable () -> Void) async {
    await cancelWhenGracefulShutdown {
        repeat { body() } while (try? await Task.sleep(for: period)) != nil
    }
}

extension Server.Addresses {
    /// The data listeners, with commas between them.
    public var dataText: String { data.map(\.text).joined(separator: ",") }
    /// The admin listener, or `none`.
    public var adminText: String { admin?.text ?? "none" }
}
