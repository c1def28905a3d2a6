// A changed configuration is taken into use while the server runs: all of it, or nothing. What can't change in a running process
// keeps its value, and the log names it.
//
//     SIGHUP, or a file has changed ─ read and check all ─ open the store, when it is another ─ adopt the policy
//                                           └─ one thing is wrong: report all that is, keep everything

import Logging
import Sessions
import Storage
import Synchronization
import Telemetry
import Transport

/// The configuration in force, for all that shows it.
final class CurrentConfiguration: Sendable {
    private let loaded: Mutex<LoadedConfiguration>

    init(_ loaded: LoadedConfiguration) { self.loaded = Mutex(loaded) }

    /// The configuration in force.
    var value: LoadedConfiguration {
        get { loaded.withLock { $0 } }
        set { loaded.withLock { $0 = newValue } }
    }
}

/// What became of reloads. Written by one reload at a time.
final class ReloadCounters: Sendable {
    /// Configurations that were taken into use.
    let succeeded = Counter()
    /// Configurations that could not be used.
    let failed = Counter()
}

/// Reads the configuration again.
final class Reloader: Sendable {
    private struct Watch {
        /// The files, as they were when they were last read.
        var sources: [SourceFile]
        /// What they looked like at the last look, when they had changed.
        var changed: [FileIdentity?]?
    }

    private let serving: Serving
    private let watch: Mutex<Watch>

    /// A reloader of the configuration that `serving` was started with.
    init(_ serving: Serving) {
        self.serving = serving
        watch = Mutex(Watch(sources: serving.loaded.value.sources))
    }

    /// Reads the configuration again when one of its files has changed. A file that is still being written is left until two looks
    /// find it the same.
    func look() {
        let isDue = watch.withLock { watch in
            let identities = watch.sources.map { FileIdentity($0.path) }
            guard identities != watch.sources.map(\.identity) else {
                watch.changed = nil
                return false
            }
            defer { watch.changed = identities }
            return watch.changed == identities
        }
        if isDue { reload() }
    }

    /// Reads the configuration again, and takes it into use when it is right and another.
    func reload() {
        // Held to the end: SIGHUP and a look that come together are served one after the other.
        watch.withLock { watch in
            let running = serving.loaded.value
            let (result, sources) = LoadedConfiguration.read(running.file, running.environment)
            watch = Watch(sources: sources)
            switch result {
            case .failure(let errors): serving.report(errors)
            case .success(let loaded): serving.adopt(loaded, insteadOf: running)
            }
        }
    }
}

extension Serving {
    /// Takes `new` into use, or reports why not.
    fileprivate func adopt(_ new: LoadedConfiguration, insteadOf running: LoadedConfiguration) {
        let isSame = new.sources.elementsEqual(running.sources) { $0.hasContents(of: $1) }
        guard !isSame else { return logger.notice("configuration and keys are unchanged") }
        var new = new
        let fixed = new.keepFixedValues(of: running)
        do throws(ConfigurationErrors) {
            // The store first: rows of the old one must not count under the new policy.
            if new.configuration.store != running.configuration.store
                || new.configuration.mariadb != running.configuration.mariadb
            {
                directory.value = try new.openDirectory(logger: logger, outages)
            }
        } catch { return report(error) }
        for warning in new.warnings where !running.warnings.contains(warning) { logger.warning("\(warning)") }
        server.adopt(new.makePolicy())
        if new.configuration.log.level != running.configuration.log.level { logLevel.set(new.configuration.log.level) }
        forecast.adopt(new.configuration.forecast)
        loaded.value = new
        reloads.succeeded.add()
        logger.notice("configuration and keys read anew")
        if !fixed.isEmpty {
            logger.warning(
                "a restart is needed for some keys; they keep their values",
                metadata: ["keys": "\(fixed.joined(separator: ","))"])
        }
    }

    fileprivate func report(_ errors: ConfigurationErrors) {
        reloads.failed.add()
        logger.error(
            "the configuration can't be used; the one in force stays",
            metadata: ["problems": "\(errors.problems.count)"])
        for problem in errors.problems { logger.error("\(problem)") }
    }
}
