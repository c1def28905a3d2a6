// /v1/forecast: whom the configured policies would have hit.

import Bytes
import Forecast
import Telemetry
import Transport

/// What a request to /v1/forecast asks for.
private struct ForecastQuery {
    enum Format { case json, csv, table, state }

    var span = ForecastSpan.hour
    var format = Format.json
    var policy: String?
    var top: Int?
}

extension ForecastFeed {
    /// The page that `query` asks for.
    func page(_ query: AdminQuery) -> AdminPage {
        switch parse(query) {
        case .failure(let problem): AdminPage(error: problem.text, status: problem.status)
        case .success(let wanted): page(wanted)
        }
    }

    private struct Problem: Error {
        let status: Int
        let text: String
    }

    private func parse(_ query: AdminQuery) -> Result<ForecastQuery, Problem> {
        var wanted = ForecastQuery()
        let policies = policies
        guard !policies.isEmpty else {
            return .failure(Problem(status: 404, text: "forecast.policies: there are none"))
        }
        if let name = query["span"] {
            guard let span = ForecastSpan(rawValue: name) else {
                let known = alternatives(ForecastSpan.allCases.map(\.rawValue))
                return .failure(Problem(status: 400, text: "span: expected \(known)"))
            }
            wanted.span = span
        }
        if let name = query["policy"], !name.isEmpty {
            guard policies.contains(where: { $0.name == name }) else {
                let known = alternatives(policies.map(\.name))
                return .failure(Problem(status: 404, text: "policy: expected \(known)"))
            }
            wanted.policy = name
        }
        if let text = query["top"], !text.isEmpty {
            guard let top = Int(text), (0...1000).contains(top) else {
                return .failure(Problem(status: 400, text: "top: expected a whole number from 0 to 1000"))
            }
            wanted.top = top
        }
        switch query["format"] {
        case nil: wanted.format = Self.prefersCSV(query.accept) ? .csv : .json
        case "json": wanted.format = .json
        case "csv": wanted.format = .csv
        case "table": wanted.format = .table
        default: return .failure(Problem(status: 400, text: "format: expected json, csv or table"))
        }
        if query["state"] == "1" { wanted.format = .state }
        return .success(wanted)
    }

    /// Whether an Accept field names CSV, and JSON not before it.
    private static func prefersCSV(_ accept: String) -> Bool {
        let types = accept.lowercased().split(separator: ",").map { range in
            range.prefix { $0 != ";" }.filter { $0 != " " }
        }
        return types.first { $0 == "text/csv" || $0 == "application/json" } == "text/csv"
    }

    private func page(_ wanted: ForecastQuery) -> AdminPage {
        if wanted.format == .state { return AdminPage(state(wanted.span) ?? [], "application/json") }
        // The policies may have been taken away in between.
        guard let report = report(wanted.span, policy: wanted.policy, top: wanted.top ?? 20) else {
            return AdminPage(error: "forecast.policies: there are none", status: 404)
        }
        switch wanted.format {
        case .csv: return AdminPage(report.csv, "text/csv; charset=utf-8; header=present")
        case .table: return AdminPage(Array(report.table(top: wanted.top ?? 3).utf8), "text/plain; charset=utf-8")
        case .json, .state: return AdminPage(json: report.json)
        }
    }
}
