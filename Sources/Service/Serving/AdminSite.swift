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
    let log: LineWriter
    let listing: [UInt8]
    let logger: Logger

    func metrics(_ statistics: ServerStatistics) -> [UInt8] {
        MetricSources(server: statistics, memory: memory, workers: workers, log: log).page
    }

    func configuration() -> [UInt8] { listing }

    func problem() -> String? { workers.storeProblem.map { "store: \($0)" } }

    func invalidate() {
        memory.invalidate()
        logger.info("memory invalidated")
    }
}
