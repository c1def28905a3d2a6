// A replay of a configuration.

import Service
import Sessions
import Transport

extension Replay {
    /// A replay with the policy and the database of a configuration.
    public convenience init(
        _ loaded: LoadedConfiguration, clock: Clock, timeOfDay: @escaping () -> Timestamp = SystemClock.now
    ) throws(ConfigurationErrors) {
        try self.init(
            policy: loaded.makePolicy(), directory: loaded.openDirectory(), clock: clock, timeOfDay: timeOfDay)
    }
}
