// What decides, however it is asked: the policy, memory, and the workers that fill it.

import Logging
import Redis
import Sessions
import Storage
import Telemetry
import Transport

/// The parts that a server and a filter inside Envoy have in common.
struct Core: Sendable {
    let policy: CurrentPolicy
    let memory: Memory
    let directory: CurrentDirectory
    let workers: StoreWorkers
    /// Redis; nil where there is none.
    let farm: RedisFarm?
    let forgetting: Forgetting
    /// Counts requests against the policies of forecasts.
    let forecast = ForecastFeed { SystemClock.now().seconds }

    /// Has lookups resolved.
    var resolver: Lookups { Lookups(workers: workers, farm: farm, forgetting: forgetting) }

    /// Opens the database.
    /// - Throws: What is wrong with it.
    init(_ loaded: LoadedConfiguration, logger: Logger, _ outages: OutageLog) throws(ConfigurationErrors) {
        policy = CurrentPolicy(loaded.makePolicy())
        farm = try loaded.openRedis(logger: logger)
        memory = Memory(loaded.configuration.settings, nonces: farm?.nonces) { name in
            logger.warning(
                "an access token names a rate limit class that is not in classes.allowed: it is left out",
                metadata: ["class": "\(quoted(name))"])
        }
        directory = CurrentDirectory(try loaded.openDirectory(toleratesOutage: true, logger: logger, outages))
        workers = StoreWorkers(
            policy: policy, memory: memory, directory: directory, limits: loaded.configuration.workers)
        forgetting = Forgetting(memory: memory, logger: logger)
        forecast.adopt(loaded.configuration.forecast)
    }
}
