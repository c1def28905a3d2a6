// The pages of the admin listener.

import Bytes
import EnvoyProtocol
import Logging
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
    /// The level of the log; nil where another program decides about it.
    let logLevel: LogLevel?
    let records: DecisionRecords
    let loaded: CurrentConfiguration
    let reloads: ReloadCounters
    let forecast: ForecastFeed
    let logger: Logger
    let live = LiveStatistics()
    let history = TrafficHistory(since: SystemClock.now().seconds)

    init(
        _ core: Core, log: LineWriter?, level: LogLevel?, _ records: DecisionRecords, _ loaded: CurrentConfiguration,
        _ reloads: ReloadCounters, logger: Logger
    ) {
        (memory, workers, directory) = (core.memory, core.workers, core.directory)
        (farm, forecast) = (core.farm, core.forecast)
        self.log = log
        logLevel = level
        self.records = records
        self.loaded = loaded
        self.reloads = reloads
        self.logger = logger
    }

    func metrics(_ statistics: ServerStatistics, _ format: MetricFormat) -> [UInt8] {
        sources(statistics).page(format)
    }

    private func sources(_ statistics: ServerStatistics) -> MetricSources {
        MetricSources(
            server: statistics, memory: memory, workers: workers, servers: directory.servers, farm: farm, log: log,
            reloads: reloads, records: records, loaded: loaded.value, forecast: forecast)
    }

    func configuration() -> [UInt8] { loaded.value.listing.pretty + [UInt8(ascii: "\n")] }

    func problem() -> String? { workers.storeProblem.map { "store: \($0)" } }

    func page(_ path: String, _ query: AdminQuery) -> AdminPage? {
        switch path {
        case "/v1/refusals": refusals(query)
        case "/v1/consumers": consumers
        case "/v1/forecast": forecast.page(query)
        case "/v1/metric": metric(query["name"] ?? "")
        case "/": dashboard(query)
        default: Dashboard.asset(path)
        }
    }
}

// MARK: - The dashboard

extension AdminSite {
    private func dashboard(_ query: AdminQuery) -> AdminPage {
        let sources = sources(live.current)
        let readings = MetricReadings(sources)
        let now = SystemClock.now().seconds
        return Dashboard(
            readings: readings, sources: sources,
            minutes: history.minutes(until: TrafficHistory.counts(readings), at: now),
            storeProblem: workers.storeProblem, now: now, query: query
        ).page
    }

    /// Adds this moment to the history that the dashboard shows.
    func noteTraffic() {
        let readings = MetricReadings(sources(live.current))
        history.note(TrafficHistory.counts(readings), at: SystemClock.now().seconds)
    }

    /// One family of /metrics: what a number on the dashboard is made of.
    private func metric(_ name: String) -> AdminPage {
        guard let metric = Metric.all.first(where: { $0.name == name }) else {
            return AdminPage(error: "name: there is no such metric", status: 404)
        }
        let text = metric.text(sources(live.current), .prometheus)
        return AdminPage(Array(text.utf8), "text/plain; charset=utf-8")
    }
}

// MARK: - The log

extension AdminSite {
    var actions: Set<String> { logLevel == nil ? [] : ["/log/level"] }

    func action(_ path: String, _ query: AdminQuery) -> AdminPage? {
        guard path == "/log/level", let logLevel else { return nil }
        return setLevel(of: logLevel, query["level"])
    }

    /// `POST /log/level?level=debug`, until the next start or until `log.level` is changed.
    private func setLevel(of logLevel: LogLevel, _ name: String?) -> AdminPage {
        guard let level = name.flatMap({ LogSettings.Level(rawValue: $0) }) else {
            let names = LogSettings.Level.allCases.map(\.rawValue)
            return AdminPage(error: "expected ?level= with \(alternatives(names))", status: 400)
        }
        logLevel.set(level)
        logger.notice("log level set", metadata: ["level": "\(level.rawValue)"])
        return AdminPage(json: ["level": .string(level.rawValue)])
    }
}

// MARK: - Refusals

extension AdminSite {
    /// How many counts and refused requests a page shows.
    private static var shown: Int { 100 }

    /// Refusals by consumer and the latest ones; with `request_id` the one that is meant, with its request.
    private func refusals(_ query: AdminQuery) -> AdminPage {
        guard let id = query["request_id"] else { return AdminPage(json: overview) }
        guard let kept = records.kept else {
            return AdminPage(error: "decisions.keep_refused is 0: no refused request is kept", status: 404)
        }
        guard let refusal = kept.find(id) else {
            return AdminPage(
                error: "no refused request with this id among the last \(kept.capacity) (decisions.keep_refused)",
                status: 404)
        }
        let request = CheckRequestJSON.json(of: refusal.message) ?? .null
        return AdminPage(json: .object(refusal.members + [JSON.Member("request", request)]))
    }

    private var overview: JSON {
        let counts = records.refusedConsumers.top(Self.shown).map { count in
            JSON.object(
                count.consumerMembers + [
                    .init("reason", .string(Reason.allCases[count.kind].rawValue)),
                    .init("count", .number("\(count.count)")),
                    .init("error", .number("\(count.error)")),
                ])
        }
        let latest = (records.kept?.latest(Self.shown) ?? []).map { JSON.object($0.members) }
        return [
            "kept": .integer(Int64(records.kept?.capacity ?? 0)), "by_consumer": .array(counts),
            "latest": .array(latest),
        ]
    }

    /// Requests by consumer, where the operator wants them.
    private var consumers: AdminPage {
        guard let tally = records.consumers else {
            return AdminPage(error: "metrics.top_consumers is 0: requests are not counted by consumer", status: 404)
        }
        let counts = tally.top(loaded.value.configuration.topConsumers).map { count in
            JSON.object(
                count.consumerMembers + [
                    .init("count", .number("\(count.count)")), .init("error", .number("\(count.error)")),
                ])
        }
        return AdminPage(json: ["consumers": .array(counts)])
    }
}

extension ConsumerTally.Count {
    /// The consumer, when it is known.
    fileprivate var consumerMembers: [JSON.Member] {
        consumerKey.isEmpty ? [] : [.init("consumer_key", .string(consumerKey)), .init("name", .string(name))]
    }
}

extension KeptRefusal {
    fileprivate var members: [JSON.Member] {
        var moment: [UInt8] = []
        CivilTime.appendRFC3339(milliseconds: time, into: &moment)
        var members: [JSON.Member] = [
            .init("time", .string(String(decoding: moment, as: UTF8.self))), .init("request_id", .string(requestID)),
            .init("reason", .string(reason)), .init("mode", .string(mode)),
        ]
        if !consumerKey.isEmpty { members.append(.init("consumer_key", .string(consumerKey))) }
        return members
    }
}
