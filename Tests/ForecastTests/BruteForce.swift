// The same report, counted the plain way: every window of every key in a dictionary.

import Bytes
import Forecast

/// A request of made-up traffic.
struct Sent {
    var key: String, className: String, consumer: String
    var cookie = Observation.Cookie.none
    var second: Int64
    var weight = 1.0
}

/// A window of a key.
private struct Window: Hashable {
    var key: String, number: Int64
}

/// The rows that `policies` give for `traffic`, without the top keys.
func bruteForce(_ traffic: [Sent], _ policies: [ForecastPolicy]) -> [ForecastRow] {
    let isSampled = traffic.contains { $0.weight > 1 }
    return policies.flatMap { policy in
        policy.classes.flatMap { name in
            LimitUnit.allCases.compactMap { unit in
                policy.limits[name]?[unit].map { limit in
                    let own = traffic.filter { request in
                        name == (policy.limits[request.className] == nil ? "*" : request.className)
                    }
                    var row = bruteForce(own, policy.name, name, unit, limit)
                    (row.isExact, row.error) = (!isSampled, isSampled ? ForecastError(isSampled: true) : nil)
                    return row
                }
            }
        }
    }
}

private func bruteForce(
    _ traffic: [Sent], _ policy: String, _ name: String, _ unit: LimitUnit, _ limit: Int
) -> ForecastRow {
    let seconds: Int64 = [.second: 1, .minute: 60, .hour: 3600, .day: 86_400][unit] ?? 0
    var counts: [Window: Double] = [:]
    var limitedConsumers: Set<String> = []
    for request in traffic {
        let window = Window(key: request.key, number: request.second / seconds)
        counts[window, default: 0] += request.weight
        if counts[window] ?? 0 > Double(limit), !request.consumer.isEmpty { limitedConsumers.insert(request.consumer) }
    }
    var peaks: [String: Double] = [:]
    for (window, count) in counts { peaks[window.key] = max(peaks[window.key] ?? 0, count) }
    var row = ForecastRow(policy: policy, className: name, unit: unit, limit: limit)
    row.keys = Double(peaks.count)
    row.consumers = Double(Set(traffic.map(\.consumer).filter { !$0.isEmpty }).count)
    row.requests = traffic.reduce(0) { $0 + $1.weight }
    row.limitedKeys = Double(peaks.values.filter { $0 > Double(limit) }.count)
    row.limitedConsumers = Double(limitedConsumers.count)
    row.limitedRequests = counts.values.reduce(0) { $0 + max(0, $1 - Double(limit)) }
    row.limitedWindows = Double(counts.values.filter { $0 > Double(limit) }.count)
    row.limit99 = smallestLimit(peaks, sparing: 990)
    row.limit999 = smallestLimit(peaks, sparing: 999)
    return row
}

/// The smallest limit at which so many thousandths of the keys are never over it: tried one peak after the other.
private func smallestLimit(_ peaks: [String: Double], sparing thousandths: Int) -> Double {
    Set(peaks.values).sorted().first { limit in
        peaks.values.filter { $0 <= limit }.count * 1000 >= peaks.count * thousandths
    } ?? 0
}

/// Requests and requests over a limit of one key, counted the plain way.
func bruteForce(_ key: String, _ traffic: [Sent], _ unit: Int64, _ limit: Int) -> (Double, Double, Double) {
    var counts: [Int64: Double] = [:]
    for request in traffic where request.key == key { counts[request.second / unit, default: 0] += request.weight }
    return (
        counts.values.reduce(0, +), counts.values.max() ?? 0,
        counts.values.reduce(0) { $0 + max(0, $1 - Double(limit)) }
    )
}

extension ForecastRow {
    /// Without what the plain count does not have.
    var plain: ForecastRow {
        var row = self
        row.top = []
        return row
    }
}

extension ForecastEngine {
    func count(_ request: Sent) {
        Array(request.key.utf8).withBytes { key in
            Array(request.className.utf8).withBytes { name in
                Array(request.consumer.utf8).withBytes { consumer in
                    count(
                        Observation(
                            key: key, className: name, consumer: consumer, cookie: request.cookie,
                            second: request.second, weight: request.weight))
                }
            }
        }
    }
}

/// Traffic of many clients, of which few make most requests.
func traffic(
    _ count: Int, keys: Int, from start: Int64, seconds: Int64, seed: UInt64, weights: [Double] = [1]
) -> [Sent] {
    var random = SplitMix(seed: seed)
    let classes = ["anon", "authed-user", "approved-bot", ""]
    let sent = (0..<count).map { _ -> Sent in
        // The square of a uniform number: the first keys are the busiest.
        let draw = Double.random(in: 0..<1, using: &random)
        let key = Int(draw * draw * draw * Double(keys))
        // A busy user has several consumers; a class belongs to its key, but for some that are promoted.
        let consumer = key % 3 == 0 ? "" : "consumer\(key % 50 + Int.random(in: 0..<2, using: &random))"
        let isPromoted = key % 97 == 5 && Bool.random(using: &random)
        return Sent(
            key: "jwt-sub:mw:local:wiki:\(key)", className: isPromoted ? "established-user" : classes[key % 4],
            consumer: consumer, second: start + Int64.random(in: 0..<seconds, using: &random),
            weight: weights.randomElement(using: &random) ?? 1)
    }
    return sent.sorted { $0.second < $1.second }
}

/// Two policies that treat the classes differently.
let policies = [
    ForecastPolicy(
        name: "strict",
        limits: [
            "anon": [.second: 1, .minute: 3], "authed-user": [.minute: 5, .hour: 40],
            "*": [.second: 2, .minute: 4, .hour: 20, .day: 60],
        ]),
    ForecastPolicy(name: "mild", limits: ["approved-bot": [.hour: 100], "anon": [.minute: 8], "*": [.minute: 9]]),
    ForecastPolicy(name: "bots only", limits: ["approved-bot": [.minute: 2]]),
]
