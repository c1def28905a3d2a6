// What of a configuration can't change while it is in force.

import Bytes

extension LoadedConfiguration {
    /// The values that memory, workers and the log are made by.
    var lasting: JSON {
        let sections = [
            "store.", "workers.", "cache.capacity", "cache.memory", "oauth1.nonce", "oauth1.timestamp_window",
            "nonces.", "users.",
            "mediawiki.", "wikis.", "log.", "server.lookup_timeout",
        ]
        let keys = ConfigurationSection.all.flatMap(\.keys).filter { key in
            sections.contains { key.path.hasPrefix($0) }
        }
        return .object(keys.map { JSON.Member($0.path, $0.value(configuration)) })
    }
}
