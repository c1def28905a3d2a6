// `sessiongate top`: what a server does now, on one screen. The rates are those between two looks at its pages.

import Bytes

/// One screen.
public struct TopScreen: Sendable {
    /// Its lines.
    public let lines: [String]

    /// The screen between two looks, `seconds` apart.
    /// - Parameters:
    ///   - metrics: The pages of /metrics at the first and at the second look.
    ///   - refusals: The pages of /v1/refusals.
    ///   - address: The server, as it is called here.
    public init(
        _ metrics: (String, String), refusals: ([UInt8], [UInt8]), seconds: Double, address: String, rows: Int = 12
    ) {
        let (before, now) = (Scrape(metrics.0), Scrape(metrics.1))
        let rate = Rate(before: before, now: now, seconds: max(seconds, 0.001))
        var lines = Self.head(now, address)
        lines += ["", "checks/s      " + rate.texts("sessiongate_checks_total", by: "outcome")]
        lines.append("sessions/s    " + rate.texts("sessiongate_checks_total", by: "type", without: ["none"]))
        lines.append("faults/s      " + rate.texts("sessiongate_faults_total", by: "fault"))
        lines.append("rejected/s    " + rate.texts("sessiongate_rejected_requests_total", by: "problem"))
        lines.append("cookies/s     " + rate.texts("sessiongate_cookies_total", by: "action"))
        lines.append("lookups/s     " + rate.texts("sessiongate_lookups_total", by: "kind"))
        lines.append("latency       " + rate.latencies("sessiongate_check_duration_seconds"))
        lines.append("")
        lines += Self.refusals(before: refusals.0, now: refusals.1, seconds: rate.seconds, rows: rows)
        // What answers may be another program than it should be: no line may be a command of the terminal.
        self.lines = lines.map(printable)
    }

    private static func head(_ now: Scrape, _ address: String) -> [String] {
        let mode = now.values(of: "sessiongate_mode", by: "mode").first { $0.value == 1 }?.key ?? "?"
        let version = now.values(of: "sessiongate_build_info", by: "version").first?.key ?? "?"
        let ready = now["sessiongate_ready"] == 1 ? "ready" : "NOT READY"
        let memory = now["process_resident_memory_bytes"] / 1_048_576
        return [
            "sessiongate \(version) at \(address): \(ready), mode \(mode)",
            "connections \(whole(now["sessiongate_open_connections"])), memory \(whole(memory)) MiB, "
                + "caches \(whole(now["sessiongate_memory_bytes"] / 1_048_576)) of "
                + "\(whole(now["sessiongate_memory_capacity_bytes"] / 1_048_576)) MiB",
        ]
    }

    /// Refusals by consumer and reason, those with the highest rate first.
    private static func refusals(before: [UInt8], now: [UInt8], seconds: Double, rows: Int) -> [String] {
        let old = Dictionary(counts(before).map { ($0.key, $0.count) }) { first, _ in first }
        let all = counts(now).map { ($0, max(0, $0.count - (old[$0.key] ?? 0)) / seconds) }
            .sorted { ($0.1, $0.0.count) > ($1.1, $1.0.count) }
        let title = "\(padded("refusals/s", 12))\(padded("total", 10))\(padded("reason", 28))consumer"
        guard !all.isEmpty else { return [title, "none"] }
        return [title]
            + all.prefix(rows).map { count, rate in
                padded(decimal(rate), 12) + padded(whole(count.count), 10) + padded(count.reason, 28) + count.consumer
            }
    }

    private struct Count {
        let reason: String
        let consumer: String
        let count: Double
        var key: String { reason + " " + consumer }
    }

    private static func counts(_ page: [UInt8]) -> [Count] {
        ((try? JSON(parsing: page))?["by_consumer"]?.elements ?? []).compactMap { entry in
            guard let reason = entry["reason"]?.stringValue, let count = entry["count"]?.doubleValue else { return nil }
            let key = entry["consumer_key"]?.stringValue
            let name = entry["name"]?.stringValue ?? ""
            return Count(reason: reason, consumer: key.map { "\($0) \(name)" } ?? "not registered", count: count)
        }
    }

    fileprivate static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(1, width - text.count))
    }

    fileprivate static func whole(_ value: Double) -> String {
        Int64(exactly: value.rounded(.towardZero)).map { "\($0)" } ?? "\(value)"
    }

    fileprivate static func decimal(_ value: Double) -> String {
        (0..<100).contains(value) ? "\(Int64(value)).\(Int64(value * 10) % 10)" : whole(value)
    }
}

/// Rates between two looks.
private struct Rate {
    let before: Scrape
    let now: Scrape
    let seconds: Double

    func texts(_ family: String, by label: String, without: Set<String> = []) -> String {
        let old = before.values(of: family, by: label)
        let rates = now.values(of: family, by: label).filter { !without.contains($0.key) }
            .map { ($0.key, max(0, $0.value - (old[$0.key] ?? 0)) / seconds) }
            .filter { $0.1 > 0 }.sorted { ($1.1, $0.0) < ($0.1, $1.0) }
        let sum = rates.reduce(0) { $0 + $1.1 }
        guard sum > 0 else { return "0" }
        let parts = rates.map { "\($0.0) \(TopScreen.decimal($0.1))" }
        return ([TopScreen.decimal(sum)] + (rates.count > 1 || parts.count == 1 ? [parts.joined(separator: ", ")] : []))
            .joined(separator: ": ")
    }

    func latencies(_ family: String) -> String {
        [(0.5, "50 %"), (0.99, "99 %"), (0.999, "99.9 %")].map { share, name in
            let found = now.quantile(share, of: family, since: before)
            return "\(name) " + (found.map { "\u{2264} \(Self.duration($0))" } ?? "-")
        }.joined(separator: ", ")
    }

    private static func duration(_ seconds: Double) -> String {
        seconds >= 1
            ? "\(seconds) s"
            : seconds >= 0.001 ? "\(seconds * 1000) ms" : "\(TopScreen.whole((seconds * 1_000_000).rounded())) µs"
    }
}
