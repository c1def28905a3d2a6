// `sessiongate serve`: the parts put together, started, and ended in good order.
//
//     start   keys and database are open already ─ listeners ─ ready
//     stop    SIGTERM or SIGINT ─ not ready ─ requests under way are answered ─ workers end
//
// A second signal ends the process at once.

import Telemetry
import Sessions
import CNative.Allocator
import Foundation
import Logging
import Storage
import Synchronization
import Transport
import Bytes

/// A server that runs until it is told to stop.
public final class Serving: Sendable {
    private let loaded: LoadedConfiguration
    private let logger: Logger
    private let workers: StoreWorkers
    private let server: Server
    private let tls: TLSCredentials?
    private let watch = Mutex<Task<Void, Never>?>(nil)

    /// Opens the database and puts everything together; nothing listens yet. `log` gets the lines of the log.
    public init(
        _ loaded: LoadedConfiguration, log: @escaping @Sendable ([UInt8]) -> Void = LineLog.toStandardError
    ) throws(ConfigurationErrors) {
        self.loaded = loaded
        let logger = Logger(label: "sessiongate", factory: { _ in LineLog(loaded.configuration.log, write: log) })
        self.logger = logger
        let policy = CurrentPolicy(loaded.makePolicy())
        let memory = Memory(loaded.configuration.settings)
        let directory = try loaded.openDirectory { error, count in
            logger.error("store: \(error)", metadata: ["errors": "\(count)"])
        }
        workers = StoreWorkers(
            policy: policy, memory: memory, directory: directory, limits: loaded.configuration.workers)
        let site = AdminSite(
            memory: memory, workers: workers, listing: loaded.listing.pretty + [UInt8(ascii: "\n")], logger: logger)
        tls = try loaded.openTLS(logger: logger)
        server = Server(
            configuration: loaded.configuration.server, policy: policy, memory: memory, resolver: workers, admin: site, tls: tls,
            logger: logger)
    }

    /// Serves until a signal comes. `announce` gets a line with the addresses when requests are welcome.
    public func run(announce: (String) -> Void) async throws {
        // A buffer for a large form is given back to the system when it is freed, not kept for the next of its size.
        mallopt(M_MMAP_THRESHOLD, 1 << 20)
        let signals = Signals.stopping()
        let addresses = try await start()
        announce("ready data=\(addresses.dataText) admin=\(addresses.adminText)")
        let watching = Task { await watchTLS() }
        defer { watching.cancel() }
        for await signal in signals {
            guard signal.stops else {
                reloadTLS(always: true)
                logger.notice("SIGHUP: keys and configuration are read at the start only; restart to have new ones")
                continue
            }
            logger.info("stopping", metadata: ["signal": "\(signal.rawValue)"])
            Signals.secondEndsTheProcess()
            break
        }
        await stop()
    }

    /// Looks every few seconds whether the files of TLS are new.
    private func watchTLS() async {
        while tls != nil, (try? await Task.sleep(for: .seconds(5))) != nil { reloadTLS(always: false) }
    }

    private func reloadTLS(always: Bool) {
        guard let tls else { return }
        do throws(TLSProblem) {
            if try tls.reload(always: always) { logger.notice("TLS certificate and key read anew") }
        } catch {
            logger.error("TLS files can't be used, the old ones stay", metadata: ["problem": "\(error.description)"])
        }
    }

    /// Looks every second whether the store can be read: what a probe of /readyz learns is no older.
    private static func watchStore(_ workers: StoreWorkers) async {
        repeat { workers.probeStore() } while (try? await Task.sleep(for: .seconds(1))) != nil
    }

    /// Binds all listeners.
    package func start() async throws -> Server.Addresses {
        for warning in loaded.warnings { logger.warning("\(warning)") }
        do {
            let addresses = try await server.start()
            watch.withLock { [workers] in $0 = Task { await Self.watchStore(workers) } }
            logger.info(
                "ready",
                metadata: [
                    "version": "\(Version.current)", "data": "\(addresses.dataText)", "admin": "\(addresses.adminText)",
                ])
            return addresses
        } catch {
            await workers.shutdown()
            guard let error = error as? ListenError else { throw error }
            throw StartError(
                description: "\(key(of: error.address)): can't listen on \(error.address.text): \(error.reason)")
        }
    }

    private func key(of address: ListenerAddress) -> String {
        loaded.configuration.server.admin == address ? "server.admin" : "server.listen"
    }

    /// Answers what is under way, and ends.
    package func stop() async {
        watch.withLock { $0?.cancel() }
        await server.drain()
        await workers.shutdown()
        logger.info("stopped")
    }
}

extension Server.Addresses {
    fileprivate var dataText: String { data.map(\.text).joined(separator: ",") }
    fileprivate var adminText: String { admin?.text ?? "none" }
}

/// Why a server did not start.
public struct StartError: Error, CustomStringConvertible, Sendable {
    /// One sentence.
    public let description: String
}
