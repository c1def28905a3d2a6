// The admin pages of an engine: a server's, and what its data listeners would publish.

import Sessions
import Transport

/// Admin pages where there is no data listener.
struct EnginePages: AdminPages {
    let site: AdminSite
    let policy: CurrentPolicy

    func metrics(_ statistics: ServerStatistics) -> [UInt8] { site.metrics(statistics) }

    func configuration() -> [UInt8] { site.configuration() }

    func problem() -> String? { site.problem() }

    func publishedKeys() -> [UInt8]? { policy.value.keys.jwks }
}
