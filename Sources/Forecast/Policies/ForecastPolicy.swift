// A rate limit policy that is tried out: what the limits would be, class by class.

/// Limits that a forecast counts against. Nothing is decided by them.
package struct ForecastPolicy: Sendable, Equatable {
    /// Its name in reports.
    package var name: String
    /// Most requests of one key in a unit of time, by class. ``otherClasses`` holds for the classes that are not named.
    package var limits: [String: [LimitUnit: Int]]

    /// The name that stands for all classes that a policy does not name, and for requests without a class.
    package static let otherClasses = "*"

    /// A policy.
    package init(name: String, limits: [String: [LimitUnit: Int]]) {
        self.name = name
        self.limits = limits
    }

    /// The classes that it names, in the order of reports: by name, ``otherClasses`` last.
    package var classes: [String] {
        limits.keys.sorted { left, right in
            (left == Self.otherClasses ? 1 : 0, left) < (right == Self.otherClasses ? 1 : 0, right)
        }
    }
}
