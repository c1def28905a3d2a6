// All metrics. A new one is a row here, and a counter where the thing happens. Nothing here names a user, a consumer or a
// credential.

import Provenance
import Sessions

extension Metric {
    /// Every family of /metrics, in the page's order.
    static let all: [Metric] = service + checks + store + redis + connections + process

    private static let service: [Metric] = [
        Metric("sessiongate_build_info", .gauge, "The version that runs, its commit and the commit's day.") { _ in
            [
                Sample(
                    ["version": Version.current, "commit": Version.commit ?? "", "date": Version.date ?? ""], 1)
            ]
        },
        Metric("sessiongate_ready", .gauge, "Whether requests are welcome, as /readyz says.") {
            $0.server.isReady && $0.workers.storeProblem == nil ? 1 : 0
        },
        Metric("sessiongate_event_loops", .gauge, "Threads that answer checks.") { $0.server.transport.count },
        Metric("sessiongate_configuration_reloads_total", .counter, "Changed configurations, by what became of them.") {
            [
                Sample(["result": "adopted"], $0.reloads.succeeded.current),
                Sample(["result": "rejected"], $0.reloads.failed.current),
            ]
        },
        Metric(
            "sessiongate_log_lines_dropped_total", .counter,
            "Log lines dropped because standard error could not be written fast enough."
        ) { $0.log?.droppedLines ?? 0 },
    ]

    private static let checks: [Metric] = [
        Metric("sessiongate_checks_total", .counter, "Checks answered, by outcome and session type.") { sources in
            SessionType.allCases.enumerated().filter { $1 != .none }.map { index, type in
                Sample(
                    ["outcome": "authenticated", "type": type.rawValue],
                    sources.checks { $0.authenticated[index].current })
            } + [
                Sample(["outcome": "anonymous", "type": "none"], sources.checks(\.anonymous.current)),
                Sample(
                    ["outcome": "refused", "type": "none"],
                    Reason.allCases.indices.reduce(UInt64(0)) { sum, index in
                        sum &+ sources.checks { $0.refused[index].current }
                    }),
            ]
        },
        Metric("sessiongate_refusals_total", .counter, "Refusals by reason, those of observe mode included.") {
            sources in
            Reason.allCases.enumerated().map { index, reason in
                Sample(["reason": reason.rawValue], sources.checks { $0.refused[index].current })
            }
        },
        Metric("sessiongate_refusals_observed_total", .counter, "Refusals that observe mode let through.") {
            $0.checks(\.observed.current)
        },
        Metric("sessiongate_faults_total", .counter, "Checks without a decision, by cause.") { sources in
            Fault.allCases.enumerated().map { index, fault in
                Sample(["fault": fault.rawValue], sources.checks { $0.failed[index].current })
            }
        },
        Metric("sessiongate_cookies_total", .counter, "Session cookies, by what was done with them.") {
            [
                Sample(["action": "set"], $0.checks(\.cookiesSet.current)),
                Sample(["action": "keep"], $0.checks(\.cookiesKept.current)),
            ]
        },
        Metric("sessiongate_lookups_total", .counter, "Checks that had to wait for what was not in memory.") {
            sources in
            Lookup.kinds.enumerated().map { index, kind in
                Sample(["kind": kind], sources.checks { $0.waited[index].current })
            }
        },
        Metric("sessiongate_retries_total", .counter, "Checks that were the proxy's retry of an answered one.") {
            $0.checks(\.retries.current)
        },
        Metric("sessiongate_memory_entries", .gauge, "Entries kept in memory, by kind.") {
            $0.memory.counts.map { name, count in Sample(["kind": "\(name)"], count) }
        },
        Metric(
            "sessiongate_memory_bytes", .gauge, "Bytes of the caches, which cache.memory bounds; without nonces."
        ) { $0.memory.byteCount },
    ]

    private static let store: [Metric] = [
        Metric(
            "sessiongate_store_lookups_total", .counter,
            "Lookups by workers. One that several checks wait for counts once."
        ) {
            $0.lookups.flatMap { kind, statistics in
                [
                    Sample(["kind": kind, "result": "resolved"], statistics.resolved),
                    Sample(["kind": kind, "result": "failed"], statistics.failed),
                    Sample(["kind": kind, "result": "refused"], statistics.refused),
                ]
            }
        },
        Metric(
            "sessiongate_store_stale_total", .counter,
            "Lookups answered with expired rows, since the store could not be read."
        ) { $0.workers.staleLookups },
        Metric("sessiongate_store_away", .gauge, "Whether the store is left alone, since it failed or does not answer.")
        {
            $0.workers.isStoreAway ? 1 : 0
        },
        Metric(
            "sessiongate_database_server_asked", .gauge,
            "Whether a database server is asked: it answers, and is not further behind than store.mariadb.max_lag."
        ) { $0.databaseServers { $0.isAsked ? 1 : 0 } },
        Metric(
            "sessiongate_database_server_lag_seconds", .gauge,
            "How far a replica is behind its primary, where the account may know."
        ) { $0.databaseServers(\.lag) },
        Metric("sessiongate_database_queries_total", .counter, "Queries of lookups to a database server.") {
            $0.databaseServers(\.queries)
        },
        Metric("sessiongate_database_failures_total", .counter, "Queries of lookups that a server did not answer.") {
            $0.databaseServers(\.failures)
        },
        Metric("sessiongate_store_pending", .gauge, "Lookups under way.") {
            $0.lookups.map { kind, statistics in Sample(["kind": kind], statistics.pending) }
        },
    ]

    private static let connections: [Metric] = [
        Metric("sessiongate_requests_total", .counter, "Requests answered on the data listeners, by protocol.") {
            [
                Sample(["protocol": "h2"], $0.connections(\.http2Requests.current)),
                Sample(["protocol": "http1"], $0.connections(\.http1Requests.current)),
            ]
        },
        Metric("sessiongate_connections", .gauge, "Open connections.") {
            let (opened, closed) = ($0.connections(\.connections.current), $0.connections(\.closed.current))
            return opened &- min(opened, closed)
        },
        Metric("sessiongate_connections_total", .counter, "Connections accepted.") {
            $0.connections(\.connections.current)
        },
        Metric("sessiongate_connections_refused_total", .counter, "Connections beyond the limit.") {
            $0.connections(\.refused.current)
        },
        Metric("sessiongate_tls_handshakes_failed_total", .counter, "TLS handshakes that failed.") {
            $0.connections(\.failedHandshakes.current)
        },
        Metric("sessiongate_connections_expired_total", .counter, "Connections closed for a deadline.") {
            $0.connections(\.expired.current)
        },
        Metric("sessiongate_connections_broken_total", .counter, "Connections ended for an error of HTTP/2.") {
            $0.connections(\.broken.current)
        },
        Metric(
            "sessiongate_connections_reset_floods_total", .counter,
            "Connections ended since their peer reset too many streams."
        ) {
            $0.connections(\.resetFloods.current)
        },
    ]

    private static let process: [Metric] = [
        Metric("process_start_time_seconds", .gauge, "When the process began, since 1970.") { $0.process.startTime },
        Metric("process_cpu_seconds_total", .counter, "Processor time used.") { $0.process.cpuSeconds },
        Metric("process_resident_memory_bytes", .gauge, "Memory in use.") { $0.process.residentBytes },
        Metric("process_virtual_memory_bytes", .gauge, "Memory mapped.") { $0.process.virtualBytes },
        Metric("process_threads", .gauge, "Threads.") { $0.process.threads },
        Metric("process_open_fds", .gauge, "Open file descriptors.") { $0.process.openFiles },
        Metric("process_max_fds", .gauge, "File descriptors that may be open.") { $0.process.maxFiles },
    ]
}
