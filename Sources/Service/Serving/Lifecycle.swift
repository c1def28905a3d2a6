// The services that a server consists of, for swift-service-lifecycle. A ServiceGroup starts them in order and ends them in
// reverse order, each when the one after it has ended:
//
//     workers, probe of the store ─ TLS files ─ configuration, SIGHUP ─ listeners
//
// SIGTERM or SIGINT: the listeners drain first, and the workers end last. A second signal ends the process at once.

import Foundation
import Logging
import ServiceLifecycle
import Storage
import Transport
import UnixSignals

/// The listeners: bound when it starts, drained when it is told to stop.
struct ListenerService: ServiceLifecycle.Service {
    let serving: Serving
    let announce: @Sendable (Server.Addresses) -> Void

    func run() async throws {
        announce(try await serving.bind())
        try? await gracefulShutdown()
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

    func run() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await untilShutdown(every: .seconds(1)) { workers.probeStore() } }
            group.addTask { await untilShutdown(every: .milliseconds(250)) { workers.relieve(at: SystemClock.now()) } }
        }
        await workers.shutdown()
    }
}

/// Reads certificate and key again when their files are new.
struct TLSFileService: ServiceLifecycle.Service {
    let tls: TLSFiles

    func run() async {
        await untilShutdown(every: .seconds(5)) { tls.reload(always: false) }
    }
}

/// Reads the configuration again on SIGHUP, and when one of its files has changed; on SIGHUP certificate and key of TLS too.
struct ReloadService: ServiceLifecycle.Service {
    let tls: TLSFiles?
    let reloader: Reloader

    func run() async {
        // One task for both: reloads never overlap.
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await untilShutdown(every: .seconds(1)) { reloader.look() } }
            group.addTask {
                for await _ in await UnixSignalsSequence(trapping: .sighup).cancelOnGracefulShutdown() {
                    tls?.reload(always: true)
                    reloader.reload()
                }
            }
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
