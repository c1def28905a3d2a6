// What came of a load.

import Glibc
import Histogram
import Bytes

/// Counts and latencies of a load.
package struct LoadReport: Sendable {
    /// Requests that were answered, those that warmed too.
    package private(set) var answered = 0
    /// Answers that were not what they must be, and ends without an answer.
    package private(set) var wrong = 0
    /// The first of them, one sentence each.
    package private(set) var faults: [String] = []
    private var latencies = Histogram<UInt64>(highestTrackableValue: 3_600_000_000_000)
    private var begin: Int64 = 0
    private var last: Int64 = 0
    private var processorSeconds = 0.0
    private var tokenBytes: Int?

    private static let mostFaults = 5

    /// Nothing yet.
    package init() {}

    /// The measurement begins.
    package mutating func begin(at now: Int64) {
        begin = now
        last = now
        processorSeconds = Self.processorSecondsUsed()
    }

    /// An answer came at `now`; one that only warms has no latency.
    package mutating func add(latency: Int64?, at now: Int64) {
        answered += 1
        last = now
        if let latency { latencies.record(UInt64(clamping: min(latency, 3_600_000_000_000))) }
    }

    mutating func add(fault: String, of call: LoadCall) {
        wrong += 1
        let user = call.user > 0 ? " of user \(call.user)" : ""
        if faults.count < Self.mostFaults { faults.append("\(call.kind.rawValue)\(user): \(fault)") }
    }

    mutating func end(newTokens: [[UInt8]]) {
        processorSeconds = Self.processorSecondsUsed() - processorSeconds
        let bytes = newTokens.reduce(0) { $0 + $1.count - "Bearer ".utf8.count }
        if !newTokens.isEmpty { tokenBytes = bytes / newTokens.count }
    }

    private static func processorSecondsUsed() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}

extension LoadReport {
    /// Requests that were measured.
    package var requests: Int { Int(latencies.totalCount) }
    /// From the beginning to the last answer.
    package var seconds: Double { Double(last - begin) / 1e9 }
    /// Requests a second.
    package var rate: Double { seconds > 0 ? Double(requests) / seconds : 0 }

    /// The latency, in microseconds, that this part of all requests (in percent) did not exceed.
    package func latency(percentile: Double) -> Double { Double(latencies.valueAtPercentile(percentile)) / 1000 }

    private static let percentiles = [("p50", 50.0), ("p90", 90), ("p99", 99), ("p99.9", 99.9), ("max", 100)]

    /// For machines.
    package var json: JSON {
        var latency = Self.percentiles.map { JSON.Member($0.0, Self.number(self.latency(percentile: $0.1))) }
        latency.append(JSON.Member("mean", Self.number(latencies.mean / 1000)))
        var members = [
            JSON.Member("requests", .integer(Int64(requests))), JSON.Member("wrong", .integer(Int64(wrong))),
            JSON.Member("seconds", Self.number(seconds)), JSON.Member("rate", Self.number(rate)),
            JSON.Member("generator_cores", Self.number(processorSeconds / max(seconds, 1e-9))),
            JSON.Member("latency_us", .object(latency)),
        ]
        if let tokenBytes { members.append(JSON.Member("token_bytes", .integer(Int64(tokenBytes)))) }
        return .object(members)
    }

    private static func number(_ value: Double) -> JSON { .number("\((value * 1000).rounded() / 1000)") }

    /// For people.
    package var text: String {
        let parts = Self.percentiles.map { "\($0.0) \(Self.readable(latency(percentile: $0.1)))" }
        let busy = Int((100 * processorSeconds / max(seconds, 1e-9)).rounded())
        return """
            \(requests) requests in \(Self.rounded(seconds)) s: \(Self.rounded(rate)) a second, \(wrong) wrong
            latency: \(parts.joined(separator: ", "))
            the generator itself was busy for \(busy) % of the time
            """
    }

    private static func readable(_ microseconds: Double) -> String {
        microseconds < 1000 ? "\(rounded(microseconds)) µs" : "\(rounded(microseconds / 1000)) ms"
    }

    private static func rounded(_ value: Double) -> String { "\((value * 10).rounded() / 10)" }
}
