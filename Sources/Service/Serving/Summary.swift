// What the log says at the start: what is configured, in one line.

import Bytes
import Logging
import Provenance
import Sessions

extension LoadedConfiguration {
    /// The configuration in a few values.
    /// - Parameter certificateEnd: When the certificate of TLS ends, seconds since 1970; nil without one.
    func summary(certificateEnd: Int64?) -> Logger.Metadata {
        let settings = configuration.settings
        var values: Logger.Metadata = [
            "version": "\(Version.text)", "mode": "\(settings.mode.rawValue)", "configuration": "\(hash)",
            "store": "\(storeText)", "wikis": "\(wikiText)", "keys": "\(keyText)",
            "event_loops": "\(configuration.server.eventLoops == 0 ? "auto" : "\(configuration.server.eventLoops)")",
            "decisions": "\(configuration.decisions.file ?? "none")",
        ]
        if !configuration.mariadb.isConfigured, let file = configuration.store.usersFile {
            values["users"] = "sqlite:\(file)"
        }
        if let certificateEnd { values["certificate_end"] = "\(CivilTime(seconds: certificateEnd).rfc3339Text)" }
        return values
    }

    private var storeText: String {
        configuration.mariadb.isConfigured ? "mariadb" : "sqlite:\(configuration.store.file)"
    }

    /// The ids of the first wikis, and how many there are.
    private var wikiText: String {
        let ids = configuration.store.wikis
        let first = ids.prefix(5).joined(separator: ",")
        return ids.count > 5 ? "\(first) and \(ids.count - 5) more" : first
    }

    /// Each key by use, state and id, with the time when something is due about it.
    private var keyText: String {
        keyList.map { key in
            "\(key.use):\(key.state):\(key.id)" + (key.due.map { ":\(CivilTime(seconds: $0).rfc3339Text)" } ?? "")
        }.joined(separator: ",")
    }
}
