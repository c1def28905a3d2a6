// A replay of a configuration.

import Service
import Sessions
import Transport

extension Replay {
    /// A replay with the gate and the database of a configuration.
    public convenience init(
        _ loaded: LoadedConfiguration, clock: Clock, timeOfDay: @escaping () -> Timestamp = SystemClock.now
    ) throws(ConfigurationErrors) {
        try self.init(
            gate: loaded.makeGate(), directory: loaded.openDirectory(), clock: clock, timeOfDay: timeOfDay)
    }
}
