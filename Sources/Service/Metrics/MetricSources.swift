// Where the numbers of /metrics come from. Sums are made when they are asked for: the request path shares no counter between
// threads.

import Redis
import Sessions
import Storage
import Telemetry
import Transport

/// What is read for one page of metrics.
struct MetricSources {
    let server: ServerStatistics
    let memory: Memory
    let workers: StoreWorkers
    let servers: [DatabaseServerStatus]
    /// Redis; nil where there is none.
    let farm: RedisFarm?
    /// Nil where another program writes the log.
    let log: LineWriter?
    let reloads: ReloadCounters
    let records: DecisionRecords
    let loaded: LoadedConfiguration
    let forecast: ForecastFeed
    let process = ProcessStatistics.current

    /// The workers' statistics by what is looked up.
    var lookups: [(kind: String, statistics: StoreWorkers.Statistics)] {
        [
            ("rows", workers.rowStatistics), ("cookies", workers.cookieStatistics),
            ("forms", workers.formStatistics),
        ]
    }

    /// A number of each database server that has it. An address is a text that needs no escaping: the configuration's grammar has
    /// no quotes in it.
    func databaseServers(_ number: (DatabaseServerStatus) -> (some CustomStringConvertible)?) -> [Metric.Sample] {
        servers.compactMap { server in
            number(server).map {
                Metric.Sample(["server": server.address, "role": server.isPrimary ? "primary" : "replica"], $0)
            }
        }
    }

    /// A number of the checks, all event loops together.
    func checks(_ number: (CheckCounters) -> UInt64) -> UInt64 { server.checks.reduce(0) { $0 &+ number($1) } }

    /// Durations of the checks, all event loops together.
    func checkDurations(_ outcome: CheckOutcome) -> LatencySnapshot {
        server.checks.reduce(LatencySnapshot()) { $0 + $1.durations[outcome.index].snapshot }
    }

    /// A number of the connections, all event loops together.
    func connections(_ number: (TransportCounters) -> UInt64) -> UInt64 {
        server.transport.reduce(0) { $0 &+ number($1) }
    }

    /// The whole page.
    func page(_ format: MetricFormat) -> [UInt8] {
        let families = Metric.all.map { $0.text(self, format) }.joined()
        return Array((families + (format == .openMetrics ? "# EOF\n" : "")).utf8)
    }
}
