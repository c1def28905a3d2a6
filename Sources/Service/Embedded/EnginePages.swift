// The admin pages of an engine: a server's, and what its data listeners would publish.

import Sessions
import Transport

/// Admin pages where there is no data listener.
struct EnginePages: AdminPages {
    let site: AdminSite
    let policy: CurrentPolicy

    func metrics(_ statistics: ServerStatistics, _ format: MetricFormat) -> [UInt8] {
        site.metrics(statistics, format)
    }

    func configuration() -> [UInt8] { site.configuration() }

    func problem() -> String? { site.problem() }

    func page(_ path: String, _ query: AdminQuery) -> AdminPage? { site.page(path, query) }

    var actions: Set<String> { site.actions }

    func action(_ path: String, _ query: AdminQuery) -> AdminPage? { site.action(path, query) }

    func publishedKeys() -> [UInt8]? { policy.value.keys.jwks }
}
