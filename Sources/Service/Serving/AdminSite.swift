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
    let farm: RedisFarm?
    /// Where lines of the log wait to be written; nil where another program writes them.
    let log: LineWriter?
    let loaded: CurrentConfiguration
    let reloads: ReloadCounters

    init(
        _ core: Core, log: LineWriter?, _ loaded: CurrentConfiguration, _ reloads: ReloadCounters
    ) {
        (memory, workers, directory) = (core.memory, core.workers, core.directory)
        farm = core.farm
        self.log = log
        self.loaded = loaded
        self.reloads = reloads
    }

    func metrics(_ statistics: ServerStatistics) -> [UInt8] {
        MetricSources(
            server: statistics, memory: memory, workers: workers, servers: directory.servers, farm: farm, log: log,
            reloads: reloads
        ).page
    }

    func configuration() -> [UInt8] { loaded.value.listing.pretty + [UInt8(ascii: "\n")] }

    func problem() -> String? { workers.storeProblem.map { "store: \($0)" } }
}
