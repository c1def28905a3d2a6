// The metrics of Redis. Without Redis the families are there, and empty.

import Redis
import Telemetry

extension Metric {
    /// What is counted of Redis.
    static let redis: [Metric] = [
        redis("sessiongate_redis_up", .gauge, "Whether Redis answers every event loop.") {
            [Sample([:], $0.nonces.problem == nil ? 1 : 0)]
        },
        redis("sessiongate_redis_outages_total", .counter, "How often Redis went away.") {
            [Sample([:], $0.nonces.outages)]
        },
        redis(
            "sessiongate_redis_claims_total", .counter,
            "Claims of nonces, by what Redis said; without_redis: what when_down says."
        ) { farm in
            let counters: [(String, (ClaimCounters) -> Counter)] = [
                ("fresh", \.fresh), ("retried", \.retried), ("used", \.used), ("full", \.full),
                ("without_redis", \.withoutRedis),
            ]
            return counters.map { name, counter in Sample(["outcome": name], farm.nonces.sum(counter)) }
        },
        Metric(
            "sessiongate_redis_claim_duration_seconds", histograms: "How long claims of nonces waited for Redis."
        ) { sources in sources.farm.map { [Histogram([:], $0.nonces.waits)] } ?? [] },
        redis(
            "sessiongate_redis_failures_total", .counter,
            "Why connections were lost: no answer in time, an error that Redis answered with, or any other."
        ) {
            [
                Sample(["kind": "timeout"], $0.nonces.sum(\.timeouts)),
                Sample(["kind": "error"], $0.nonces.sum(\.errors)),
                Sample(["kind": "connection"], $0.nonces.sum(\.failures)),
            ]
        },
        redis(
            "sessiongate_redis_handover_total", .counter,
            "Nonces that were claimed while Redis was away, by whether Redis had them when it came back."
        ) {
            [
                Sample(["result": "written"], $0.nonces.sum(\.written)),
                Sample(["result": "known"], $0.nonces.sum(\.known)),
            ]
        },
        redis("sessiongate_redis_handover_pending", .gauge, "Nonces that Redis lacks.") {
            [Sample([:], $0.nonces.handoverCount)]
        },
        redis(
            "sessiongate_redis_invalidations_total", .counter,
            "What was forgotten because of Redis: messages of all instances, and losses of the connection."
        ) {
            [
                Sample(["cause": "message"], $0.heardCounts.messages),
                Sample(["cause": "loss"], $0.heardCounts.losses),
            ]
        },
    ]

    private static func redis(
        _ name: String, _ kind: Kind, _ help: String, samples: @escaping @Sendable (RedisFarm) -> [Sample]
    ) -> Metric {
        Metric(name, kind, help) { sources in sources.farm.map(samples) ?? [] }
    }
}
