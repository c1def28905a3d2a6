// The pages of the admin listener.

import Redis
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
    let farm: RedisFarm?
    let loaded: CurrentConfiguration
    let reloads: ReloadCounters

    func metrics(_ statistics: ServerStatistics) -> [UInt8] {
        MetricSources(
            server: statistics, memory: memory, workers: workers, servers: directory.servers, farm: farm, log: log,
            reloads: reloads
        ).page
    }

    func configuration() -> [UInt8] { loaded.value.listing.pretty + [UInt8(ascii: "\n")] }

    func problem() -> String? { workers.storeProblem.map { "store: \($0)" } }
}
