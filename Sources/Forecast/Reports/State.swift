// What one instance counted, in a form that others can be added to: JSON with every counted key, not for people.
//
//     {"state": 1, "from", "to", "whole", "policies", "consumers": [key…], "cookies": {"level", "set", "kept", "clients": [[hash, bits]…]},
//      "groups": [{"level", "threshold", "complete", "requests", "limited": […], "windows": […], "active": [consumer…],
//                  "over": [[consumer…]…], "keys": [[key, consumer, requests, total, [peak…], [[limit, requests, windows]…]]…]}…]}

import Bytes

extension ForecastTotals {
    /// The version of the form.
    static let stateVersion: Int64 = 1

    /// The state of all groups.
    package var state: [UInt8] {
        var output: [UInt8] = []
        output.append("{\"state\":\(Self.stateVersion),\"from\":\(from),\"to\":\(to),\"whole\":\(isWhole),")
        output.append("\"policies\":")
        JSON.object(policies.map { JSON.Member($0.name, $0.json) }).write(into: &output)
        output.append(",\"consumers\":")
        JSON.array((0..<consumers.count).map { .string(consumers.text($0)) }).write(into: &output)
        output.append(",\"cookies\":")
        clients.json.write(into: &output)
        output.append(",\"groups\":[")
        var isFirst = true
        forEachGroup { group in
            if !isFirst { output.append(",") }
            isFirst = false
            group.writeState(into: &output)
        }
        output.append("]}\n")
        return output
    }
}

extension GroupTotals {
    fileprivate func writeState(into output: inout [UInt8]) {
        let head: JSON = [
            "level": .integer(Int64(sampling.level)), "threshold": .amount(sampling.threshold),
            "complete": .bool(sum.isComplete), "requests": .amount(sum.requests),
            "limited": .array(sum.limited.map { .amount($0) }),
            "windows": .array(sum.windows.map { .integer(Int64($0)) }),
            "active": sum.consumers.json, "over": .array(sum.limitedConsumers.map(\.json)),
        ]
        var text = head.compact
        text.removeLast()
        output += text
        output.append(",\"keys\":[")
        for place in 0..<sum.records.count {
            if place > 0 { output.append(",") }
            keyState(place).write(into: &output)
        }
        output.append("]}")
    }

    private func keyState(_ place: Int) -> JSON {
        var over: [JSON] = []
        sum.forEachCell(of: sum.records[place]) { limit, requests, windows in
            over.append([.integer(Int64(limit)), .amount(requests), .integer(Int64(windows))])
        }
        return [
            .string(key(place)), .integer(Int64(consumers[place])), .amount(requests(place)), .amount(totals[place]),
            .array(group.units.indices.map { .amount(peak(place, $0)) }), .array(over),
        ]
    }
}

extension NumberSet {
    fileprivate var json: JSON { .array(numbers.map { .integer(Int64($0)) }) }
}

extension ForecastPolicy {
    /// As the configuration writes it.
    package var json: JSON {
        let classes = classes.map { name in
            let units = LimitUnit.allCases.compactMap { unit in
                limits[name]?[unit].map { JSON.Member(unit.rawValue, .integer(Int64($0))) }
            }
            return JSON.Member(name, .object(units))
        }
        return ["limits": .object(classes)]
    }
}

extension [UInt8] {
    fileprivate mutating func append(_ text: String) { append(contentsOf: text.utf8) }
}
