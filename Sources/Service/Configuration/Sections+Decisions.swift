// The table of all keys, continued: the record of decisions.

import Bytes
import Telemetry

extension ConfigurationSection {
    static let decisions = ConfigurationSection(
        "decisions",
        "The decision log: a JSON line for each decision that is sampled (proto-json/decision.schema.json). Never a secret, "
            + "signature, token, nonce or cookie.",
        [
            ConfigurationKey(
                "decisions.file", optional: \.decisions.file,
                .text("a file name, or \"-\" for standard output") { $0 >= 0x20 },
                "Where the lines go: a file, which SIGHUP opens anew, a named pipe, or \"-\" (in quotes: YAML takes a bare dash "
                    + "for a list) or stdout for standard output. Without a value no decision is written.",
                example: "/var/log/sessiongate/decisions.jsonl"),
            ConfigurationKey(
                "decisions.sample.authenticated", \.decisions.sample.authenticated, .fraction,
                "The part of authenticated requests that is written. All instances pick the same requests, by a hash of "
                    + "x-request-id."),
            ConfigurationKey(
                "decisions.sample.anonymous", \.decisions.sample.anonymous, .fraction,
                "The part of anonymous requests that is written."),
            ConfigurationKey(
                "decisions.sample.refused", \.decisions.sample.refused, .fraction,
                "The part of refused requests that is written, those of observe mode included."),
            ConfigurationKey(
                "decisions.sample.failed", \.decisions.sample.failed, .fraction,
                "The part of the checks without a decision that is written."),
            ConfigurationKey(
                "decisions.queue", \.decisions.queueBytes, .size(64 << 10...1 << 30),
                "Lines that may wait until they are written. Further ones are dropped and counted."),
            ConfigurationKey(
                "decisions.keep_refused", \.decisions.keepRefused, .integer(0...10_000),
                "So many of the last refused requests are kept in memory for `explain --request-id` and /v1/refusals, with "
                    + "signatures and secrets masked. They take up to 100 KiB each."),
            ConfigurationKey(
                "decisions.user_names", \.decisions.userNames, .boolean,
                "Write the names of users too. Their ids are always written."),
            ConfigurationKey(
                "decisions.client_addresses", \.decisions.clientAddresses, .boolean,
                "Write the client's address of requests without a rate limit key, which limits count by address. It is "
                    + "never written beside a user."),
            ConfigurationKey(
                "decisions.instance", optional: \.decisions.instance, .word("a name"),
                "What this instance is called in its lines. Without a value, the machine's name.", example: "edge-1"),
        ]
    ).fixedAtStart
}

extension ConfigurationSection {
    static let metrics = ConfigurationSection(
        "metrics",
        "What /metrics shows beside what it always shows.",
        [
            ConfigurationKey(
                "metrics.top_consumers", \.topConsumers, .integer(0...1000),
                "Show the requests of so many consumers, those with the most, by their keys: sessiongate_consumer_requests. "
                    + "Each consumer is a time series. 0: none.")
        ]
    ).fixedAtStart
}

extension Codec where Value == Double {
    /// A part of all, from 0 to 1.
    static var fraction: Codec {
        scalar(
            "a number from 0 to 1, such as 0.01",
            { text in Double(text).flatMap { (0...1).contains($0) ? $0 : nil } }, format: Self.shown
        ).shown { .number(Self.shown($0)) }
    }

    /// `1`, not `1.0`.
    private static func shown(_ value: Double) -> String { value == 0 || value == 1 ? "\(Int(value))" : "\(value)" }
}
