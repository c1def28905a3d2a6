// The pages of the admin listener.

import Logging
import Sessions
import Storage
import Telemetry
import Transport

/// Makes the admin listener's pages.
struct AdminSite: AdminPages {
    let memory: Memory
    let workers: StoreWorkers
    let directory: CurrentDirectory
    let log: LineWriter
    let loaded: CurrentConfiguration
    let reloads: ReloadCounters
    let logger: Logger

    func metrics(_ statistics: ServerStatistics) -> [UInt8] {
        MetricSources(
            server: statistics, memory: memory, workers: workers, servers: directory.servers, log: log,
            reloads: reloads
        ).page
    }

    func configuration() -> [UInt8] { loaded.value.listing.pretty + [UInt8(ascii: "\n")] }

    func problem() -> String? { workers.storeProblem.map { "store: \($0)" } }

    func invalidate() {
        memory.invalidate()
        logger.info("memory invalidated")
    }
}
