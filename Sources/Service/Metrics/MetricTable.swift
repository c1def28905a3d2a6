// All metrics. A new one is a row here, and a counter where the thing happens. Nothing here names a user, a consumer or a
// credential.

import Forecast
import Provenance
import Sessions
import Telemetry

extension Metric {
    /// Every family of /metrics, in the page's order.
    static let all: [Metric] =
        service + configuration + checks + others + consumers + forecast + memory + store + redis + connections
        + process

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
            "sessiongate_event_loop_lag_seconds",
            histograms: "How late event loops come to what is due: what a request waits before it is read."
        ) { sources in [Histogram([:], sources.server.transport.reduce(LatencySnapshot()) { $0 + $1.lag.snapshot })] },
        Metric(
            "sessiongate_log_lines_dropped_total", .counter,
            "Log lines dropped because standard error could not be written, or not fast enough."
        ) { $0.log?.droppedLines ?? 0 },
        Metric(
            "sessiongate_decision_lines_dropped_total", .counter,
            "Lines of the decision log dropped because its file could not be written, or not fast enough."
        ) { $0.records.log?.droppedLines ?? 0 },
    ]

    private static let configuration: [Metric] = [
        Metric("sessiongate_mode", .gauge, "Whether refusals are carried out (mode): 1 for the mode in force.") {
            let mode = $0.loaded.configuration.settings.mode
            return [Mode.enforce, .observe].map { Sample(["mode": $0.rawValue], $0 == mode ? 1 : 0) }
        },
        Metric(
            "sessiongate_configuration_info", .gauge,
            "The configuration in force: the beginning of a hash of its values."
        ) { [Sample(["hash": $0.loaded.hash], 1)] },
        Metric(
            "sessiongate_key_info", .gauge, "The keys of access tokens and of the session cookie, by their ids."
        ) { sources in sources.loaded.keyList.map { Sample(["use": $0.use, "state": $0.state, "kid": $0.id], 1) } },
        Metric(
            "sessiongate_key_due_timestamp_seconds", .gauge,
            "When a published key may sign, or a retired one may be taken out, since 1970 (keys.publish_time)."
        ) { sources in
            sources.loaded.keyList.compactMap { key in
                key.due.map { Sample(["state": key.state, "kid": key.id], $0) }
            }
        },
        Metric(
            "sessiongate_certificate_expiry_timestamp_seconds", .gauge,
            "When the certificate of the TLS listeners ends, since 1970."
        ) { sources in
            (sources.server.certificateEnd).map { [Sample([:], $0)] } ?? []
        },
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
        Metric(
            "sessiongate_cookies_total", .counter,
            "Session cookies by action: set for clients without a valid one, refresh of one that was due, keep."
        ) {
            [
                Sample(["action": "set"], $0.checks(\.cookiesSet.current)),
                Sample(["action": "refresh"], $0.checks(\.cookiesRefreshed.current)),
                Sample(["action": "keep"], $0.checks(\.cookiesKept.current)),
            ]
        },
        Metric(
            "sessiongate_check_duration_seconds",
            histograms: "From the arrival of a check to its answer, by outcome; waits for lookups are part of it."
        ) { sources in CheckOutcome.allCases.map { Histogram(["outcome": $0.rawValue], sources.checkDurations($0)) } },
        Metric("sessiongate_lookups_total", .counter, "Checks that had to wait for what was not in memory.") {
            sources in
            Lookup.kinds.enumerated().map { index, kind in
                Sample(["kind": kind], sources.checks { $0.waited[index].current })
            }
        },
        Metric("sessiongate_retries_total", .counter, "Checks that were the proxy's retry of an answered one.") {
            $0.checks(\.retries.current)
        },
    ]

    private static let others: [Metric] = [
        Metric(
            "sessiongate_rejected_requests_total", .counter,
            "Requests on the data listeners answered without a decision through the caller's fault, by what they asked."
        ) { sources in
            Rejection.Endpoint.allCases.flatMap { endpoint in
                Rejection.Problem.allCases.map { problem in
                    Sample(
                        ["endpoint": endpoint.rawValue, "problem": problem.rawValue],
                        sources.checks { $0.rejected.count(endpoint, problem) })
                }
            }
        },
        Metric(
            "sessiongate_identity_requests_total", .counter,
            "Answers of /v1/identity by outcome, and by cause where there was none. They are not checks."
        ) { sources in
            CheckOutcome.allCases.filter { $0 != .failed }.map { outcome in
                Sample(
                    ["outcome": outcome.rawValue, "fault": "none"],
                    sources.checks { $0.identityAnswers[outcome.index].current })
            }
                + Fault.allCases.enumerated().map { index, fault in
                    Sample(
                        ["outcome": "failed", "fault": fault.rawValue],
                        sources.checks { $0.identityFaults[index].current })
                }
        },
    ]

    private static let consumers: [Metric] = [
        Metric(
            "sessiongate_consumer_requests", .gauge,
            "Authenticated requests of the consumers with the most (metrics.top_consumers), since the start."
        ) { sources in
            (sources.records.consumers?.top(sources.loaded.configuration.topConsumers) ?? []).map { count in
                Sample(["consumer": count.consumerKey], count.count)
            }
        }
    ]

    private static let forecast: [Metric] = [
        Metric(
            "sessiongate_forecast_requests_total", .counter,
            "Requests that a limit of a forecast's policy would have counted, by the class as the policy names it."
        ) { $0.forecast.sums.map { Sample($0.labels, amountText($0.requests)) } },
        Metric(
            "sessiongate_forecast_limited_requests_total", .counter,
            "Requests that would have been over the limit of a forecast's policy."
        ) { $0.forecast.sums.map { Sample($0.labels, amountText($0.limited)) } },
        Metric(
            "sessiongate_forecast_requests_lost_total", .counter,
            "Requests that came too fast to be counted against the policies of forecasts."
        ) { $0.forecast.lostCount },
        Metric("sessiongate_forecast_memory_bytes", .gauge, "Bytes of what forecasts have counted.") {
            $0.forecast.byteCount
        },
    ]

    private static let memory: [Metric] = [
        Metric("sessiongate_memory_entries", .gauge, "Entries kept in memory, by kind.") {
            $0.memory.counts.map { name, count in Sample(["kind": "\(name)"], count) }
        },
        Metric("sessiongate_memory_capacity_entries", .gauge, "Most entries that are kept in memory, by kind.") {
            $0.memory.capacities($0.loaded.configuration.settings).map { name, count in
                Sample(["kind": "\(name)"], count)
            }
        },
        Metric(
            "sessiongate_memory_bytes", .gauge, "Bytes of the caches, which cache.memory bounds; without nonces."
        ) { $0.memory.byteCount },
        Metric("sessiongate_memory_capacity_bytes", .gauge, "Most bytes of the caches: cache.memory.") {
            $0.loaded.configuration.settings.cache.memory
        },
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
        Metric("sessiongate_store_pending_limit", .gauge, "Most lookups that may be under way.") {
            let limits = $0.loaded.configuration.workers
            return [
                Sample(["kind": "rows"], limits.lookups), Sample(["kind": "cookies"], limits.lookups),
                Sample(["kind": "forms"], limits.forms),
            ]
        },
        Metric(
            "sessiongate_store_lookup_duration_seconds", histograms: "Reading the rows of one lookup, by store."
        ) { [Histogram(["store": $0.loaded.configuration.storeName], $0.workers.timings.rows.snapshot)] },
        Metric(
            "sessiongate_mint_duration_seconds", histograms: "Making and signing one session cookie."
        ) { [Histogram([:], $0.workers.timings.mints.snapshot)] },
        Metric(
            "sessiongate_store_last_read_timestamp_seconds", .gauge,
            "When rows could last be read, since 1970; 0 when they never could."
        ) { [Sample(["store": $0.loaded.configuration.storeName], $0.workers.timings.lastRead)] },
    ]

    private static let connections: [Metric] = [
        Metric("sessiongate_requests_total", .counter, "Requests answered on the data listeners, by protocol.") {
            [
                Sample(["protocol": "h2"], $0.connections(\.http2Requests.current)),
                Sample(["protocol": "http1"], $0.connections(\.http1Requests.current)),
            ]
        },
        Metric("sessiongate_open_connections", .gauge, "Open connections.") {
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

extension ForecastFeed.Sum {
    fileprivate var labels: KeyValuePairs<String, String> {
        ["policy": limit.policy, "class": limit.className, "unit": limit.unit.rawValue]
    }
}
