// One engine for each configuration file, however many filters name it. A proxy that is configured anew makes new filters before the old
// ones are gone: they get the same engine, with what it remembers.

import Logging
import Synchronization
import Telemetry

/// The engines of a process.
package final class Engines: Sendable {
    private struct WeakEngine {
        weak var engine: Engine?
    }

    private let engines = Mutex<[String: WeakEngine]>([:])
    private let log: @Sendable (LogSettings) -> any LogHandler

    /// None yet.
    /// - Parameter log: Makes the log's front of an engine.
    package init(log: @escaping @Sendable (LogSettings) -> any LogHandler) { self.log = log }

    /// Reads and checks `file` and opens its database, and leaves no trace.
    /// - Throws: What is wrong with them.
    package static func validate(file: String, environment: [String: String]) throws(ConfigurationErrors) {
        _ = try LoadedConfiguration(file: file, environment: environment).openDirectory()
    }

    /// The engine that decides by `file`, which is read anew. Where that can't be used, an engine that is there goes on as it was.
    /// - Throws: What is wrong with the configuration, its keys, its database and its admin listener.
    package func engine(
        file: String, environment: [String: String]
    ) throws(ConfigurationErrors) -> Engine {
        let loaded = try LoadedConfiguration(file: file, environment: environment)
        let known = engines.withLock { $0[file]?.engine }
        if let known, known.isInForce(loaded) { return known }
        if let known, known.isCompatible(with: loaded) {
            try known.adopt(loaded)
            return known
        }
        // The new one listens where the old one did.
        known?.closeAdmin()
        let made: Engine
        do {
            made = try Engine(loaded, log: log)
        } catch {
            known?.reopenAdmin()
            throw error
        }
        engines.withLock { engines in
            engines = engines.filter { $0.value.engine != nil }
            engines[file] = WeakEngine(engine: made)
        }
        return made
    }
}
