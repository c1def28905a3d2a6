// The dashboard's second half: how fast, what from memory, and what may end or be missing. A family of metrics that there is not
// leaves its rows out.

import Bytes

extension Dashboard {
    /// How long checks, lookups and signatures take.
    var latency: String {
        var rows: [[String]] = []
        func add(_ title: String, _ name: String, _ label: String?) {
            for value in label.map({ readings.values(of: $0, in: name + "_count") }) ?? [""] {
                guard let row = latencyRow(title, name, label, value) else { continue }
                rows.append(row)
            }
        }
        add("check", "sessiongate_check_duration_seconds", "outcome")
        add("lookup", "sessiongate_store_lookup_duration_seconds", "store")
        add("signature", "sessiongate_mint_duration_seconds", nil)
        add("nonces in Redis", "sessiongate_redis_claim_duration_seconds", nil)
        add("event loops late", "sessiongate_event_loop_lag_seconds", nil)
        guard !rows.isEmpty else { return section("latency", "Latency", "<p>Nothing measured yet.</p>\n") }
        return section(
            "latency", "Latency",
            table("Durations since the start", ["", "#median", "#95 %", "#99 %", "#99.9 %", "#count"], rows))
    }

    private func latencyRow(_ title: String, _ name: String, _ label: String?, _ value: String) -> [String]? {
        let own = readings.samples(name + "_bucket").filter { label == nil || $0.labels[label ?? ""] == value }
        let count = readings.samples(name + "_count").filter { label == nil || $0.labels[label ?? ""] == value }
            .reduce(0) { $0 + $1.value }
        guard count > 0 else { return nil }
        let quantiles = [0.5, 0.95, 0.99, 0.999].map { share in
            number(duration(MetricReadings.quantile(share, of: own, count)), of: name)
        }
        return [escaped(value.isEmpty ? title : "\(title): \(value)")] + quantiles + [number(count, of: name)]
    }

    /// What is answered from memory.
    var caches: String {
        let checks = readings.sum("sessiongate_checks_total") + readings.sum("sessiongate_faults_total")
        let name = "sessiongate_lookups_total"
        let lookups = readings.samples(name).map { sample in
            let known = max(0, checks - sample.value)
            return [
                escaped(sample.labels["kind"] ?? ""), meter(known, of: checks, "authenticated"),
                number(share(known, of: checks), of: name), number(sample.value, of: name),
            ]
        }
        let entries = readings.samples("sessiongate_memory_entries").map { sample -> [String] in
            let kind = sample.labels["kind"] ?? ""
            let capacity = readings.sum("sessiongate_memory_capacity_entries", ["kind": kind])
            return [
                escaped(kind), meter(sample.value, of: capacity, "anonymous"),
                number(sample.value, of: "sessiongate_memory_entries"),
                capacity > 0 ? number(capacity, of: "sessiongate_memory_capacity_entries") : "–",
            ]
        }
        return section(
            "caches", "Memory",
            table("Checks that needed no lookup of", ["kind", "", "#from memory", "#looked up"], lookups)
                + table("Entries", ["kind", "", "#entries", "#at most"], entries))
    }

    /// Stores and workers: what was read, and whether it can be.
    var stores: String {
        let name = "sessiongate_store_lookups_total"
        let work = readings.values(of: "kind", in: name).map { kind in
            [
                escaped(kind == "cookies" ? "cookies signed" : kind),
                number(readings.sum(name, ["kind": kind, "result": "resolved"]), of: name),
                number(readings.sum(name, ["kind": kind, "result": "failed"]), of: name),
                number(readings.sum(name, ["kind": kind, "result": "refused"]), of: name),
                number(readings.sum("sessiongate_store_pending", ["kind": kind]), of: "sessiongate_store_pending"),
            ]
        }
        return section(
            "stores", "Stores",
            lastReads + servers + redis
                + table("Work since the start", ["", "#done", "#failed", "#refused", "#waiting"], work))
    }

    private var lastReads: String {
        let name = "sessiongate_store_last_read_timestamp_seconds"
        let lines = readings.samples(name).map { sample -> String in
            let state = storeProblem.map { "<b class=bad>\(escaped($0))</b>" } ?? "<b class=good>reachable</b>"
            let read =
                sample.value > 0
                ? "read \(number(age(now - Int64(sample.value)), of: name)) ago" : "never read"
            return "<li>\(escaped(sample.labels["store"] ?? "store")): \(state), \(read)</li>"
        }
        return lines.isEmpty ? "" : "<ul class=facts>\(lines.joined())</ul>\n"
    }

    /// Servers of MariaDB, where there are some.
    private var servers: String {
        let name = "sessiongate_database_server_asked"
        let lines = readings.samples(name).map { sample -> String in
            let server = sample.labels["server"] ?? ""
            let state = sample.value > 0 ? "<b class=good>asked</b>" : "<b class=bad>not asked</b>"
            let lag = readings.samples("sessiongate_database_server_lag_seconds").first {
                $0.labels["server"] == server
            }
            .map { ", \(number(duration($0.value), of: "sessiongate_database_server_lag_seconds")) behind" }
            return "<li>\(number(server, of: name)): \(state)\(lag ?? "")</li>"
        }
        return lines.isEmpty ? "" : "<ul class=facts>\(lines.joined())</ul>\n"
    }

    /// Redis, where there is one.
    private var redis: String {
        guard let up = readings.samples("sessiongate_redis_up").first else { return "" }
        let state = up.value > 0 ? "<b class=good>reachable</b>" : "<b class=bad>not reachable</b>"
        let claims = number(readings.sum("sessiongate_redis_claims_total"), of: "sessiongate_redis_claims_total")
        let failures = number(readings.sum("sessiongate_redis_failures_total"), of: "sessiongate_redis_failures_total")
        return "<ul class=facts><li>\(number("Redis", of: "sessiongate_redis_up")): \(state), "
            + "\(claims) nonces claimed, \(failures) connections lost</li></ul>\n"
    }

    /// Keys, with the day when something is to be done about them; certificates with their end.
    var keys: String {
        var rows = readings.samples("sessiongate_key_info").map { sample in
            let kid = sample.labels["kid"] ?? ""
            let name = "sessiongate_key_due_timestamp_seconds"
            let due = readings.samples(name).first { $0.labels["kid"] == kid }
            return [
                escaped(sample.labels["use"] ?? ""), escaped(sample.labels["state"] ?? ""),
                "<code>\(escaped(kid))</code>", due.map { moment(Int64($0.value), name) } ?? "–",
            ]
        }
        let name = "sessiongate_certificate_expiry_timestamp_seconds"
        for sample in readings.samples(name) {
            rows.append(["certificate", "in force", "", "ends \(moment(Int64(sample.value), name))"])
        }
        guard !rows.isEmpty else { return section("keys", "Keys", "<p>No keys are configured.</p>\n") }
        return section("keys", "Keys and certificates", table("In use", ["use", "state", "id", "due"], rows))
    }

    /// A moment that something is to be done at: near ones stand out.
    private func moment(_ time: Int64, _ metric: String) -> String {
        let left = time - now
        let kind = left < 0 ? "bad" : left < 14 * 86_400 ? "warn" : "good"
        let text = left < 0 ? "\(age(-left)) ago" : "in \(age(left))"
        return "<b class=\(kind)>\(number(text, of: metric))</b>, \(Self.time(time))"
    }
}
