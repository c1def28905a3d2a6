// The report in JSON, as proto-json/forecast.schema.json describes it, and in CSV.

import Bytes

extension ForecastReport {
    /// The JSON object.
    package var json: JSON {
        [
            "from": .time(from), "to": .time(to), "rows": .array(rows.map(\.json)), "cookies": cookies.json,
        ]
    }

    /// A line for each row, behind one with the names; the keys of `top` are left out (RFC 4180).
    package var csv: [UInt8] {
        var text: [UInt8] = []
        for (index, row) in rows.enumerated() {
            let members = row.json.members?.filter { $0.name != "top" && $0.name != "error" } ?? []
            if index == 0 { text.appendLine(members.map { .string($0.name) }) }
            text.appendLine(members.map(\.value))
        }
        if rows.isEmpty { text.append("policy,class,unit,limit\r\n") }
        return text
    }
}

extension ForecastRow {
    /// The row's object.
    package var json: JSON {
        var members: [JSON.Member] = [
            .init("policy", .string(policy)), .init("class", .string(className)), .init("unit", .string(unit.rawValue)),
            .init("limit", .integer(Int64(limit))), .init("keys", .amount(keys)),
            .init("consumers", .amount(consumers)),
            .init("requests", .amount(requests)), .init("limited_keys", .amount(limitedKeys)),
            .init("limited_consumers", .amount(limitedConsumers)),
            .init("limited_requests", .amount(limitedRequests)), .init("limited_windows", .amount(limitedWindows)),
            .init("limit_99", .amount(limit99)), .init("limit_999", .amount(limit999)), .init("exact", .bool(isExact)),
        ]
        if let error { members.append(.init("error", error.json)) }
        members.append(.init("top", .array(top.map(\.json))))
        return .object(members)
    }
}

extension ForecastError {
    fileprivate var json: JSON {
        [
            "keys": .amount(keys), "share": .amount(share), "shared_keys": .bool(isShared), "sampled": .bool(isSampled),
        ]
    }
}

extension ForecastKey {
    fileprivate var json: JSON {
        [
            "key": .string(key), "consumer": consumer.map { .string($0) } ?? .null, "requests": .amount(requests),
            "peak": .amount(peak), "limited_requests": .amount(limitedRequests),
        ]
    }
}

extension CookieReport {
    /// The object.
    package var json: JSON {
        [
            "clients": .amount(clients), "returning": .amount(returning), "keeping": .amount(keeping),
            "share": share.map { .amount($0) } ?? .null, "set": .amount(set), "kept": .amount(kept),
            "exact": .bool(isExact),
        ]
    }
}

extension JSON {
    /// A number that is whole where it can be.
    static func amount(_ value: Double) -> JSON { .number(amountText(value)) }

    /// A time as RFC 3339 writes it.
    static func time(_ milliseconds: Int64) -> JSON {
        var text: [UInt8] = []
        CivilTime.appendRFC3339(milliseconds: milliseconds, into: &text)
        return .string(String(decoding: text, as: UTF8.self))
    }
}

/// A number without a fraction where it has none.
package func amountText(_ value: Double) -> String { Int64(exactly: value).map { "\($0)" } ?? "\(value)" }

extension [UInt8] {
    fileprivate mutating func appendLine(_ values: [JSON]) {
        for (index, value) in values.enumerated() {
            if index > 0 { append(",") }
            guard case .string(let text) = value else {
                append(contentsOf: value.compact)
                continue
            }
            let isPlain = !text.utf8.contains { ",\"\r\n".utf8.contains($0) }
            append(
                contentsOf: (isPlain
                    ? text
                    : "\""
                        + text.split(separator: "\"", omittingEmptySubsequences: false)
                        .joined(separator: "\"\"") + "\"").utf8)
        }
        append("\r\n")
    }
}
