// The dashboard's traffic: the last hour as a chart, and what checks came to.

import Bytes
import Sessions

extension Dashboard {
    /// Checks a minute over the last hour.
    var traffic: String {
        let bars = minutes.map { minute in
            BarChart.Bar(label: String(Self.time(minute.start).dropFirst(11).prefix(5)), values: minute.counts)
        }
        let total = bars.dropLast().last?.values.reduce(0, +) ?? 0
        let chart = BarChart(
            parts: TrafficHistory.outcomes, bars: bars,
            summary:
                "Checks a minute over the last hour by outcome; \(grouped(total)) in the last whole one. The table beside it has sums."
        )
        let legend = chart.legend { $0 == "failed" ? "sessiongate_faults_total" : "sessiongate_checks_total" }
        return section(
            "traffic", "Checks a minute", wide: true,
            "<figure>\(chart.html)<figcaption>\(legend)</figcaption></figure>\n")
    }

    /// Sums by outcome and type, with the share of each.
    var outcomes: String {
        let name = "sessiongate_checks_total"
        let faults = readings.sum("sessiongate_faults_total")
        let all = readings.sum(name) + faults
        var rows = readings.samples(name).filter { $0.value > 0 || $0.labels["outcome"] != "authenticated" }.map {
            sample in
            let outcome = sample.labels["outcome"] ?? ""
            let type = outcome == "authenticated" ? ": " + (sample.labels["type"] ?? "") : ""
            return [
                escaped(outcome + type), meter(sample.value, of: all, outcome), number(sample.value, of: name),
                number(share(sample.value, of: all), of: name),
            ]
        }
        let failed = "sessiongate_faults_total"
        rows.append([
            "failed", meter(faults, of: all, "failed"), number(faults, of: failed),
            number(share(faults, of: all), of: failed),
        ])
        return section(
            "outcomes", "Outcomes",
            table("Checks since the start", ["outcome", "", "#checks", "#share"], rows) + faultList + rejections)
    }

    private var faultList: String {
        let faults = readings.samples("sessiongate_faults_total").filter { $0.value > 0 }
        guard !faults.isEmpty else { return "" }
        let rows = faults.map { [escaped($0.labels["fault"] ?? ""), number($0.value, of: "sessiongate_faults_total")] }
        return table("Faults", ["fault", "#checks"], rows)
    }

    private var rejections: String {
        let name = "sessiongate_rejected_requests_total"
        let found = readings.samples(name).filter { $0.value > 0 }
        guard !found.isEmpty else { return "" }
        let rows = found.map {
            [escaped($0.labels["endpoint"] ?? ""), escaped($0.labels["problem"] ?? ""), number($0.value, of: name)]
        }
        return table("Requests that can't be decided", ["endpoint", "problem", "#requests"], rows)
    }

    /// Refusals by reason, and the consumers that have most of them.
    var refusals: String {
        let name = "sessiongate_refusals_total"
        let all = readings.sum(name)
        let found = readings.samples(name).filter { $0.value > 0 }.sorted { $0.value > $1.value }
        guard !found.isEmpty else { return section("refusals", "Refusals", "<p>None since the start.</p>\n") }
        let rows = found.map { sample in
            let reason = sample.labels["reason"] ?? ""
            let most = sources.records.refusedConsumers.top(50)
                .filter { Reason.allCases[$0.kind].rawValue == reason && !$0.consumerKey.isEmpty }.prefix(3)
                .map { "\(escaped($0.name)) (\(link(grouped(Double($0.count)), to: "/v1/refusals")))" }
            return [
                escaped(reason), meter(sample.value, of: all, "refused"), number(sample.value, of: name),
                most.joined(separator: ", "),
            ]
        }
        let observed = readings.sum("sessiongate_refusals_observed_total")
        let note =
            observed > 0
            ? "<p>Observe mode let \(number(observed, of: "sessiongate_refusals_observed_total")) of them through.</p>\n"
            : ""
        return section(
            "refusals", "Refusals",
            table("Refusals since the start", ["reason", "", "#checks", "consumers with most"], rows) + note)
    }

    /// From the cookie that a client gets to the one that it brings back.
    var cookies: String {
        let name = "sessiongate_cookies_total"
        let (set, kept) = (readings.sum(name, ["action": "set"]), readings.sum(name, ["action": "keep"]))
        let refreshed = readings.sum(name, ["action": "refresh"])
        let all = set + kept + refreshed
        let rows = [
            ("set for a client without one", set), ("returned and still good", kept),
            ("returned and refreshed", refreshed),
        ].map { [$0, meter($1, of: all, "cookie"), number($1, of: name), number(share($1, of: all), of: name)] }
        var note = ""
        if let report = sources.forecast.report(.start, top: 0)?.cookies, let kept = report.share {
            let page = "/v1/forecast?span=start"
            note =
                "<p>Of \(link(grouped(report.returning), to: page)) OAuth clients with two requests or more, "
                + "\(link(share(kept, of: 1), to: page)) bring the cookie back.</p>\n"
        }
        return section(
            "cookies", "Session cookie",
            table("Requests of OAuth clients", ["cookie", "", "#requests", "#share"], rows) + note)
    }
}
