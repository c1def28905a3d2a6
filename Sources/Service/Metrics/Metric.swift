// What /metrics is made of: Prometheus' text format (version 0.0.4) and OpenMetrics (1.0), which differ in little.

import Telemetry
import Transport

/// One family of /metrics: what it is, and where its numbers come from.
struct Metric: Sendable {
    /// What a family's numbers are.
    enum Kind: String, Sendable {
        case counter, gauge, histogram
    }

    /// One number. Label values are our own words, or escaped.
    struct Sample {
        /// What the family's name is followed by: `_bucket`, `_sum` or `_count` of a histogram.
        let suffix: StaticString
        let labels: [(name: String, value: String)]
        let value: String

        init(_ labels: KeyValuePairs<String, String> = [:], _ value: some CustomStringConvertible) {
            self.init("", labels.map { ($0.key, $0.value) }, value.description)
        }

        fileprivate init(_ suffix: StaticString, _ labels: [(name: String, value: String)], _ value: String) {
            self.suffix = suffix
            self.labels = labels
            self.value = value
        }

        fileprivate var labelText: String {
            labels.isEmpty
                ? "" : "{" + labels.map { "\($0.name)=\"\(Self.escaped($0.value))\"" }.joined(separator: ",") + "}"
        }

        private static func escaped(_ text: String) -> String {
            guard text.contains(where: { "\\\"\n".contains($0) }) else { return text }
            return text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
        }
    }

    let name: String
    let kind: Kind
    let help: String
    /// Its numbers now.
    let samples: @Sendable (MetricSources) -> [Sample]

    /// A family of several numbers.
    init(_ name: String, _ kind: Kind, _ help: String, samples: @escaping @Sendable (MetricSources) -> [Sample]) {
        self.name = name
        self.kind = kind
        self.help = help
        self.samples = samples
    }

    /// A family of one number.
    init(
        _ name: String, _ kind: Kind, _ help: String,
        value: @escaping @Sendable (MetricSources) -> any CustomStringConvertible
    ) {
        self.init(name, kind, help, samples: { [Sample([:], value($0))] })
    }

    /// A family of histograms of seconds.
    init(
        _ name: String, histograms help: String,
        _ histograms: @escaping @Sendable (MetricSources) -> [Histogram]
    ) {
        self.init(name, .histogram, help) { sources in histograms(sources).flatMap(\.samples) }
    }

    /// One histogram of a family.
    struct Histogram {
        fileprivate let samples: [Sample]

        init(_ labels: KeyValuePairs<String, String>, _ snapshot: LatencySnapshot) {
            samples = Sample.histogram(labels, snapshot)
        }
    }

    /// The family as it is now; empty when it has no samples.
    func text(_ sources: MetricSources, _ format: MetricFormat) -> String {
        // OpenMetrics names a family of counters without the suffix that its samples have.
        let family = format == .openMetrics && kind == .counter ? String(name.dropLast("_total".count)) : name
        let samples = samples(sources)
        guard !samples.isEmpty else { return "" }
        return samples.reduce(into: "# HELP \(family) \(help)\n# TYPE \(family) \(kind.rawValue)\n") {
            text, sample in text += "\(name)\(sample.suffix)\(sample.labelText) \(sample.value)\n"
        }
    }
}

extension Metric.Sample {
    /// Upper bounds in seconds, as `le` has them.
    private static let bounds = LatencyHistogram.bounds.map { "\(Double($0) / 1e9)" } + ["+Inf"]

    /// The samples of one histogram: buckets are cumulative.
    fileprivate static func histogram(
        _ labels: KeyValuePairs<String, String>, _ snapshot: LatencySnapshot
    ) -> [Metric.Sample] {
        let labels = labels.map { (name: $0.key, value: $0.value) }
        var sum: UInt64 = 0
        let buckets = zip(bounds, snapshot.counts).map { bound, count in
            sum += count
            return Metric.Sample("_bucket", labels + [("le", bound)], "\(sum)")
        }
        return buckets + [
            Metric.Sample("_sum", labels, "\(Double(snapshot.nanoseconds) / 1e9)"),
            Metric.Sample("_count", labels, "\(sum)"),
        ]
    }
}
