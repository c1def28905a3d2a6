// The dashboard's forecast: one policy over one span, chosen with a form that works without scripts.

import Bytes
import Forecast
import Telemetry

extension Dashboard {
    /// Whom the limits of the chosen policy would have hit.
    var forecast: String {
        let policies = sources.forecast.policies
        guard let first = policies.first else {
            return section(
                "forecast", "Forecast", wide: true,
                "<p>Whom would a rate limit hit? Name limits in <code>forecast.policies</code>, and this shows it.</p>\n"
            )
        }
        let policy = policies.first { $0.name == query["policy"] } ?? first
        let span = query["span"].flatMap { ForecastSpan(rawValue: $0) } ?? .hour
        let content =
            sources.forecast.report(span, policy: policy.name, top: 5).map { rows(of: $0, policy, span) } ?? ""
        return section("forecast", "Forecast", wide: true, form(policies, policy, span) + content)
    }

    private func form(_ policies: [ForecastPolicy], _ policy: ForecastPolicy, _ span: ForecastSpan) -> String {
        let names = policies.map { option($0.name, $0.name, isSelected: $0.name == policy.name) }
        let spans = [("hour", "last hour"), ("day", "last day"), ("start", "since the start")]
            .map { option($0, $1, isSelected: $0 == span.rawValue) }
        return
            "<form action=\"/#forecast\" method=get><label>policy <select name=policy>\(names.joined())</select></label> "
            + "<label>over the <select name=span>\(spans.joined())</select></label> <button>show</button></form>\n"
    }

    private func option(_ value: String, _ text: String, isSelected: Bool) -> String {
        "<option value=\"\(escaped(value))\"\(isSelected ? " selected" : "")>\(escaped(text))</option>"
    }

    private func rows(of report: ForecastReport, _ policy: ForecastPolicy, _ span: ForecastSpan) -> String {
        let address = "/v1/forecast?span=\(span.rawValue)&policy=" + Self.encoded(policy.name)
        func number(_ value: Double) -> String { link(grouped(value), to: address) }
        func part(_ value: Double, of whole: Double) -> String { link(share(value, of: whole), to: address) }
        let cells = report.rows.map { row -> [String] in
            let unit = row.unit.text
            return [
                "\(escaped(row.className)): \(grouped(Double(row.limit))) \(unit)\(row.isExact ? "" : " ~")",
                meter(row.limitedKeys, of: row.keys, "refused"), number(row.limitedKeys), number(row.keys),
                part(row.limitedKeys, of: row.keys), number(row.limitedConsumers), number(row.limitedRequests),
                part(row.limitedRequests, of: row.requests), number(row.limit99), number(row.limit999),
            ]
        }
        let columns = [
            "limit", "", "#keys limited", "#of", "#share", "#applications", "#requests", "#share", "#spares 99 %",
            "#99.9 %",
        ]
        let error = report.rows.compactMap(\.error).first.map { "<p>~ not exact: \(escaped($0.text)).</p>\n" } ?? ""
        return "<p>\(escaped(Self.time(report.from / 1000))) to \(escaped(Self.time(report.to / 1000)))</p>\n"
            + table("What \(policy.name) would limit", columns, cells) + error + hit(report.rows, address)
    }

    /// The keys that are hit hardest, row by row.
    private func hit(_ rows: [ForecastRow], _ address: String) -> String {
        rows.enumerated().map { index, row in
            let top = row.top.filter { $0.limitedRequests > 0 }
            guard !top.isEmpty else { return "" }
            let cells = top.map { key in
                [
                    "<code>\(escaped(printable(key.key)))</code>",
                    "<code>\(escaped(printable(key.consumer ?? "")))</code>",
                    link(grouped(key.limitedRequests), to: address), link(grouped(key.requests), to: address),
                    link(grouped(key.peak), to: address),
                ]
            }
            let title = "\(row.className), \(row.limit) \(row.unit.text)"
            return "<details id=top-\(index)><summary>Hit hardest: \(escaped(title))</summary>\n"
                + table(title, ["key", "application", "#over the limit", "#requests", "#most at once"], cells)
                + "</details>\n"
        }.joined()
    }

    private static func encoded(_ text: String) -> String {
        var bytes: [UInt8] = []
        Array(text.utf8).withBytes { Percent.encode($0, into: &bytes) }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension LimitUnit {
    /// As it follows a number of requests.
    fileprivate var text: String { self == .hour ? "an hour" : "a \(rawValue.lowercased())" }
}
