// Which requests are counted together. How many requests a key makes in a window does not depend on a limit, so policies that treat
// the same classes alike share one count, and each limit is compared with it.

/// Requests of some classes, with the limits of all policies that count exactly these together.
package struct ClassGroup: Sendable {
    /// Which classes are in a group.
    package enum Members: Hashable, Sendable {
        /// One class.
        case only(String)
        /// All classes but these, and requests without a class.
        case allBut(Set<String>)

        /// Whether requests of the class `name`, empty for none, are among them.
        package func contains(_ name: String) -> Bool {
            switch self {
            case .only(let own): own == name
            case .allBut(let others): !others.contains(name)
            }
        }
    }

    /// One limit of one policy.
    package struct Limit: Hashable, Sendable {
        /// The policy's name.
        package let policy: String
        /// The class as the policy names it.
        package let className: String
        /// The unit.
        package let unit: LimitUnit
        /// Most requests in a window.
        package let value: Int
    }

    /// The classes.
    package let members: Members
    /// The units that limits are for, the shortest first.
    package let units: [LimitUnit]
    /// The limits, those of a unit together, in the order of `units`.
    package let limits: [Limit]
    /// Where the limits of each unit are.
    package let ranges: [Range<Int>]
    /// The lowest limit of each unit: below it there is nothing to compare.
    package let lowest: [Double]

    private init(_ members: Members, _ all: [Limit]) {
        self.members = members
        units = LimitUnit.allCases.filter { unit in all.contains { $0.unit == unit } }
        var limits: [Limit] = []
        var ranges: [Range<Int>] = []
        for unit in units {
            let start = limits.count
            limits += all.filter { $0.unit == unit }
            ranges.append(start..<limits.count)
        }
        lowest = ranges.map { range in Double(limits[range].map(\.value).min() ?? 0) }
        (self.limits, self.ranges) = (limits, ranges)
    }

    /// The groups that `policies` need. A request is in one group for each way in which they treat its class.
    package static func all(of policies: [ForecastPolicy]) -> [ClassGroup] {
        var found: [(members: Members, limits: [Limit])] = []
        for policy in policies {
            let named = Set(policy.limits.keys).subtracting([ForecastPolicy.otherClasses])
            for name in policy.classes {
                let members: Members = name == ForecastPolicy.otherClasses ? .allBut(named) : .only(name)
                let limits = LimitUnit.allCases.compactMap { unit in
                    policy.limits[name]?[unit].map {
                        Limit(policy: policy.name, className: name, unit: unit, value: $0)
                    }
                }
                guard !limits.isEmpty else { continue }
                if let index = found.firstIndex(where: { $0.members == members }) {
                    found[index].limits += limits
                } else {
                    found.append((members, limits))
                }
            }
        }
        return found.map { ClassGroup($0.members, $0.limits) }
    }
}
