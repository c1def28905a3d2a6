// From Envoy's configuration to a filter, or to all that is wrong, in Envoy's log. Envoy goes on with the configuration that it had.

import Bytes
import CEnvoy
import Foundation
import Logging
import Service

/// Makes filters and routes of their configuration.
enum FilterLoader {
    private static let engines = Engines { EnvoyLog($0) }

    /// The filter that `text` configures; nil when it can't be used.
    static func load(_ text: Bytes) -> Filter? {
        let options: FilterOptions
        do throws(OptionErrors) {
            options = try FilterOptions(text)
        } catch {
            return refuse(error.problems)
        }
        let environment = ProcessInfo.processInfo.environment
        do throws(ConfigurationErrors) {
            if Envoy.callbacks.is_validation_mode() {
                try Engines.validate(file: options.file, environment: environment)
                return Filter(options, engine: nil)
            }
            return Filter(options, engine: try engines.engine(file: options.file, environment: environment))
        } catch {
            return refuse(error.problems.map(\.description))
        }
    }

    /// The route that `text` configures; nil when it can't be used.
    static func loadRoute(_ text: Bytes) -> RouteConfiguration? {
        do throws(OptionErrors) {
            return try RouteConfiguration(text)
        } catch {
            return refuse(error.problems)
        }
    }

    private static func refuse<Value>(_ problems: [String]) -> Value? {
        for problem in problems { EnvoyLog.write("sessiongate: \(problem)", .error) }
        return nil
    }
}
