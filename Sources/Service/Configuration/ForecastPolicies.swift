// Policies of forecasts: names, classes, units, numbers.

import Bytes
import Forecast

extension Codec where Value == [ForecastPolicy] {
    /// Policies by name, in the order in which they are written.
    static var forecastPolicies: Codec {
        let expectation = "names, each with {limits: {CLASS: {SECOND|MINUTE|HOUR|DAY: …}, \"*\": {…}}}"
        return Codec(
            expectation: expectation,
            decode: { source, mismatches in
                let count = mismatches.count
                let entries = source.namedEntries(expected: expectation, most: 16, part: nil, &mismatches)
                let policies = entries.compactMap { name, entry in entry.value.policy(named: name, &mismatches) }
                return mismatches.count == count ? policies : nil
            },
            encode: { policies in .object(policies.map { JSON.Member($0.name, $0.json) }) })
    }
}

extension SourceValue {
    fileprivate func policy(named name: String, _ mismatches: inout [Mismatch]) -> ForecastPolicy? {
        guard let fields = table(["limits"], required: ["limits"], name, &mismatches),
            let limits = fields["limits"]
        else { return nil }
        var policy = ForecastPolicy(name: name, limits: [:])
        let part = "\(name).limits"
        let expected = "classes, each with {SECOND|MINUTE|HOUR|DAY: …}; \"*\" for all others"
        for (name, entry) in limits.namedEntries(expected: expected, most: 64, part: part, &mismatches) {
            policy.limits[name] = entry.value.limits("\(part).\(name)", &mismatches)
        }
        return policy
    }

    private func limits(_ part: String, _ mismatches: inout [Mismatch]) -> [LimitUnit: Int] {
        let names = LimitUnit.allCases.map(\.rawValue)
        guard let fields = table(names, required: [], part, &mismatches) else { return [:] }
        if fields.isEmpty {
            mismatches.append(
                Mismatch(problem: "no limit", expected: "{\(alternatives(names)): …}", place: place, part: part))
        }
        var limits: [LimitUnit: Int] = [:]
        for unit in LimitUnit.allCases {
            guard let value = fields[unit.rawValue] else { continue }
            limits[unit] = Codec<Int>.limit.decode(value, part: "\(part).\(unit.rawValue)", &mismatches)
        }
        return limits
    }

    /// The values of a table by name; mismatches name `part`, also where this is no table.
    private func table(
        _ names: [String], required: [String], _ part: String, _ mismatches: inout [Mismatch]
    ) -> [String: SourceValue]? {
        var found: [Mismatch] = []
        let fields = givenFields(names, required: required, of: part, &found)
        for index in found.indices where found[index].part == nil { found[index].part = part }
        mismatches += found
        return fields
    }

    /// The entries of a table, each with a name that is given once.
    fileprivate func namedEntries(
        expected: String, most: Int, part: String?, _ mismatches: inout [Mismatch]
    ) -> [(String, Entry)] {
        guard let entries = entries(expected: expected, &mismatches) else { return [] }
        if entries.isEmpty, part != nil {
            mismatches.append(Mismatch(problem: "got nothing", expected: expected, place: place, part: part))
        } else if entries.count > most {
            let problem = "got \(entries.count) entries"
            mismatches.append(Mismatch(problem: problem, expected: "at most \(most)", place: place, part: part))
        }
        return entries.map { entry in
            let (name, isRepeated) = withoutMark(entry.name)
            let path = part.map { "\($0).\(name)" } ?? name
            if isRepeated {
                let problem = "given more than once"
                mismatches.append(
                    Mismatch(problem: problem, expected: "each name once", place: entry.place, part: path))
            }
            let source = SourceValue(.text(name), at: entry.place)
            _ = Codec<String>.word("a name").decode(source, part: path, &mismatches)
            return (name, entry)
        }
    }
}

extension Codec where Value == Int {
    /// What Envoy's rate limit service takes as `requests_per_unit`; 0 limits every request.
    fileprivate static var limit: Codec { integer(0...4_294_967_295) }
}
