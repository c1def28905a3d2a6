// The report for a terminal.

import Bytes

extension ForecastReport {
    /// A table of all rows, the hardest hit keys below, and the cookies.
    /// - Parameter top: How many keys are named for each row with requests over the limit.
    package func table(top: Int = 3) -> String {
        var lines = ["\(Self.text(from)) to \(Self.text(to))", ""]
        lines += Self.aligned([Self.titles] + rows.map(\.cells))
        let inexact = rows.filter { !$0.isExact }
        if let error = inexact.compactMap(\.error).max(by: { $0.keys < $1.keys }) {
            lines += ["", "~ not exact: " + error.text]
        } else if !inexact.isEmpty {
            lines += ["", "~ not exact: requests were lost before they could be counted"]
        }
        for row in rows where row.limitedRequests > 0 && top > 0 { lines += row.topLines(top) }
        lines += ["", cookies.text]
        return lines.joined(separator: "\n") + "\n"
    }

    private static let titles = [
        "policy", "class", "unit", "limit", "keys", "limited", "%", "consumers", "limited", "requests", "limited", "%",
        "windows", "99 %", "99.9 %",
    ]

    private static func text(_ milliseconds: Int64) -> String {
        JSON.time(milliseconds / 1000 * 1000).stringValue.map { "\($0.prefix(19))Z" } ?? ""
    }

    /// Columns of equal width; the first three are words, the others numbers.
    private static func aligned(_ rows: [[String]]) -> [String] {
        let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            let cells = zip(row, widths).enumerated().map { column, cell in
                let space = String(repeating: " ", count: cell.1 - cell.0.count)
                return column < 3 ? cell.0 + space : space + cell.0
            }
            return cells.joined(separator: "  ")
        }
    }
}

extension ForecastRow {
    fileprivate var cells: [String] {
        let mark = isExact ? "" : "~"
        return [
            printable(policy), printable(className), unit.rawValue, "\(limit)", mark + rounded(keys),
            mark + rounded(limitedKeys),
            percent(limitedKeys, of: keys), rounded(consumers), rounded(limitedConsumers), rounded(requests),
            mark + rounded(limitedRequests), percent(limitedRequests, of: requests), mark + rounded(limitedWindows),
            mark + rounded(limit99, up: true), mark + rounded(limit999, up: true),
        ]
    }

    fileprivate func topLines(_ count: Int) -> [String] {
        let hit = top.filter { $0.limitedRequests > 0 }.prefix(count)
        guard !hit.isEmpty else { return [] }
        return ["", "\(printable(policy)), \(printable(className)), \(limit) per \(unit.rawValue): hit hardest"]
            + hit.map { key in
                let consumer = key.consumer.map { " (\(printable($0)))" } ?? ""
                return
                    "  \(printable(key.key))\(consumer): \(rounded(key.limitedRequests)) of \(rounded(key.requests)) "
                    + "requests, at most \(rounded(key.peak)) in a window"
            }
    }
}

extension ForecastError {
    /// What it says, in words.
    package var text: String {
        var parts: [String] = []
        if keys > 0 {
            parts.append(
                "numbers of keys within \(tenths(keys * 300)) %, shares of keys within \(tenths(share * 100)) %")
        }
        if isShared {
            parts.append(
                "instances share keys: peaks and numbers of limited keys are upper bounds, requests and windows over a "
                    + "limit lower bounds")
        }
        if isSampled {
            parts.append(
                "some lines stand for several requests (sample_weight above 1): sums are estimates, and windows of SECOND and "
                    + "MINUTE are fuller than they were, each such line counting as a burst")
        }
        if parts.isEmpty { parts.append("not every request or consumer could be counted") }
        return parts.joined(separator: "; ")
    }
}

extension CookieReport {
    /// One line.
    package var text: String {
        let share = share.map { ", \(tenths($0 * 100)) %" } ?? ""
        return "session cookie: \(rounded(clients)) OAuth clients, \(rounded(returning)) of them with two requests or "
            + "more; \(rounded(keeping)) keep it\(share)"
    }
}

/// A whole number, rounded to the nearest or up.
func rounded(_ value: Double, up: Bool = false) -> String {
    amountText(up ? value.rounded(.up) : (value + 0.5).rounded(.down))
}

/// A percentage with one digit behind the point; `-` of nothing.
func percent(_ part: Double, of whole: Double) -> String { whole > 0 ? tenths(part / whole * 100) : "-" }

/// A number with one digit behind the point.
func tenths(_ value: Double) -> String {
    guard value.magnitude < 1e15 else { return amountText(value) }
    let tenths = Int64(value * 10 + 0.5)
    return "\(tenths / 10).\(tenths % 10)"
}
