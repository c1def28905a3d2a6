// Prometheus' text exposition format, version 0.0.4.

/// One family of /metrics: what it is, and where its numbers come from.
struct Metric: Sendable {
    /// Whether a number only grows.
    enum Kind: String, Sendable {
        case counter, gauge
    }

    /// One number. Label values are our own words and need no escaping.
    struct Sample {
        let labels: KeyValuePairs<String, String>
        let value: String

        init(_ labels: KeyValuePairs<String, String> = [:], _ value: some CustomStringConvertible) {
            self.labels = labels
            self.value = value.description
        }

        fileprivate var labelText: String {
            labels.isEmpty ? "" : "{" + labels.map { "\($0.key)=\"\($0.value)\"" }.joined(separator: ",") + "}"
        }
    }

    let name: String
    let kind: Kind
    let help: String
    private let samples: @Sendable (MetricSources) -> [Sample]

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

    /// The family as it is now; nothing where there is nothing to count.
    func text(_ sources: MetricSources) -> String {
        let samples = samples(sources)
        guard !samples.isEmpty else { return "" }
        return samples.reduce(into: "# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n") { text, sample in
            text += "\(name)\(sample.labelText) \(sample.value)\n"
        }
    }
}
