// The pages of the admin listener.

import Sessions
import Logging
import Storage
import Transport

/// Makes the admin listener's pages.
struct AdminSite: AdminPages {
    let memory: Memory
    let workers: StoreWorkers
    let listing: [UInt8]
    let logger: Logger

    func metrics(_ statistics: ServerStatistics) -> [UInt8] {
        MetricsText.page(statistics, memory: memory, workers: workers)
    }

    func configuration() -> [UInt8] { listing }

    func problem() -> String? { workers.storeProblem.map { "store: \($0)" } }

    func invalidate() {
        memory.invalidate()
        logger.info("memory invalidated")
    }
}
