// What a forecast can't count.

import Bytes
import Forecast

extension Reading {
    /// Warns of classes in policies that no request ever has.
    mutating func warnOfForecasts() {
        let allowed = configuration.settings.classes.allowed
        let named = Set(configuration.forecast.flatMap(\.limits.keys)).subtracting([ForecastPolicy.otherClasses])
        let unknown = named.subtracting(allowed).sorted()
        guard !unknown.isEmpty else { return }
        warn(
            "forecast.policies", "no request has the class \(alternatives(unknown.map(quoted)))",
            expected: "classes of classes.allowed, or \"*\"")
    }
}
