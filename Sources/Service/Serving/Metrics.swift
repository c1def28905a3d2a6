// What the service tells about itself under /metrics. Sums are made when they are asked for: on the requests' way there is no
// shared counter. Nothing here names a user, a consumer or a credential.

import Sessions
import Storage
import Telemetry
import Transport

extension MetricsText {
    /// The whole page.
    static func page(_ statistics: ServerStatistics, memory: Memory, workers: StoreWorkers) -> [UInt8] {
        var page = MetricsText()
        page.begin("sessiongate_build_info", .gauge, "The version that runs.")
        page.sample(["version": Version.current], 1)
        let isReady = statistics.isReady && workers.storeProblem == nil
        page.single("sessiongate_ready", .gauge, "Whether requests are welcome, as /readyz says.", isReady ? 1 : 0)
        page.writeChecks(statistics.checks)
        page.writeMemory(memory)
        page.writeStore(workers)
        page.writeTransport(statistics.transport)
        page.writeProcess(ProcessStatistics.current)
        return Array(page.text.utf8)
    }

    private mutating func writeChecks(_ loops: [CheckCounters]) {
        func sum(_ cell: (CheckCounters) -> Counter) -> UInt64 { loops.reduce(0) { $0 &+ cell($1).current } }
        begin("sessiongate_checks_total", .counter, "Checks answered, by outcome and session type.")
        for (index, type) in SessionType.allCases.enumerated() where type != .none {
            sample(["outcome": "authenticated", "type": type.rawValue], sum { $0.authenticated[index] })
        }
        sample(["outcome": "anonymous", "type": "none"], sum(\.anonymous))
        let refused = Reason.allCases.indices.reduce(UInt64(0)) { total, index in total &+ sum { $0.refused[index] } }
        sample(["outcome": "refused", "type": "none"], refused)
        begin("sessiongate_refusals_total", .counter, "Refusals by reason, those of observe mode included.")
        for (index, reason) in Reason.allCases.enumerated() {
            sample(["reason": reason.rawValue], sum { $0.refused[index] })
        }
        single(
            "sessiongate_refusals_observed_total", .counter, "Refusals that observe mode let through.", sum(\.observed))
        begin("sessiongate_faults_total", .counter, "Checks without a verdict, by what stood in the way.")
        for (index, fault) in Fault.allCases.enumerated() {
            sample(["fault": fault.rawValue], sum { $0.failed[index] })
        }
        begin("sessiongate_cookies_total", .counter, "Session cookies, by what was done with them.")
        sample(["action": "set"], sum(\.cookiesSet))
        sample(["action": "keep"], sum(\.cookiesKept))
        begin("sessiongate_lookups_total", .counter, "Times a check had to wait for what was not in memory.")
        for (index, kind) in Lookup.kinds.enumerated() {
            sample(["kind": kind], sum { $0.waited[index] })
        }
        single(
            "sessiongate_retries_total", .counter, "Checks that were the proxy's retry of an answered one.",
            sum(\.retries))
    }

    private mutating func writeMemory(_ memory: Memory) {
        begin("sessiongate_memory_entries", .gauge, "What is kept in memory, by kind.")
        for (name, count) in memory.counts { sample(["kind": "\(name)"], count) }
        single(
            "sessiongate_memory_bytes", .gauge, "Bytes of the caches, which cache.memory bounds; without nonces.",
            memory.byteCount)
    }

    private mutating func writeStore(_ workers: StoreWorkers) {
        let kinds = [
            ("rows", workers.rowStatistics), ("cookies", workers.cookieStatistics),
            ("verdicts", workers.verdictStatistics),
        ]
        begin(
            "sessiongate_store_lookups_total", .counter,
            "Lookups by workers, each once however many checks waited for it.")
        for (kind, statistics) in kinds {
            sample(["kind": kind, "result": "resolved"], statistics.resolved)
            sample(["kind": kind, "result": "failed"], statistics.failed)
            sample(["kind": kind, "result": "refused"], statistics.refused)
        }
        begin("sessiongate_store_pending", .gauge, "Lookups on their way.")
        for (kind, statistics) in kinds { sample(["kind": kind], statistics.pending) }
    }

    private mutating func writeTransport(_ loops: [TransportCounters]) {
        func sum(_ counter: (TransportCounters) -> Counter) -> UInt64 { loops.reduce(0) { $0 &+ counter($1).current } }
        single("sessiongate_event_loops", .gauge, "Threads that answer checks.", loops.count)
        begin("sessiongate_requests_total", .counter, "Requests answered on the data listeners, by protocol.")
        sample(["protocol": "h2"], sum(\.http2Requests))
        sample(["protocol": "http1"], sum(\.http1Requests))
        let (opened, closed) = (sum(\.connections), sum(\.closed))
        single("sessiongate_connections", .gauge, "Connections that are open.", opened &- min(opened, closed))
        single("sessiongate_connections_total", .counter, "Connections accepted.", opened)
        single("sessiongate_connections_refused_total", .counter, "Connections beyond the limit.", sum(\.refused))
        single(
            "sessiongate_tls_handshakes_failed_total", .counter, "TLS handshakes that failed.", sum(\.failedHandshakes))
        single("sessiongate_connections_expired_total", .counter, "Connections closed for a deadline.", sum(\.expired))
    }

    private mutating func writeProcess(_ process: ProcessStatistics) {
        single("process_start_time_seconds", .gauge, "When the process began, since 1970.", process.startTime)
        single("process_cpu_seconds_total", .counter, "Processor time used.", process.cpuSeconds)
        single("process_resident_memory_bytes", .gauge, "Memory in use.", process.residentBytes)
        single("process_virtual_memory_bytes", .gauge, "Memory mapped.", process.virtualBytes)
        single("process_threads", .gauge, "Threads.", process.threads)
        single("process_open_fds", .gauge, "File descriptors open.", process.openFiles)
        single("process_max_fds", .gauge, "File descriptors that may be open.", process.maxFiles)
    }
}
