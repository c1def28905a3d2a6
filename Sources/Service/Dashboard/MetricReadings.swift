// The numbers of /metrics, by name: the dashboard shows what there is, and knows no other module's counters.

/// The samples of all families at one moment.
struct MetricReadings {
    /// A sample.
    struct Sample {
        /// Its labels.
        let labels: [String: String]
        /// Its value.
        let value: Double
    }

    private let families: [String: [Sample]]

    /// What `sources` say now.
    init(_ sources: MetricSources) {
        var families: [String: [Sample]] = [:]
        for metric in Metric.all {
            for sample in metric.samples(sources) {
                let labels = Dictionary(sample.labels.map { ($0.name, $0.value) }) { first, _ in first }
                let name = metric.name + "\(sample.suffix)"
                families[name, default: []].append(Sample(labels: labels, value: Double(sample.value) ?? 0))
            }
        }
        self.families = families
    }

    /// All samples of a family; empty when there is none.
    func samples(_ name: String) -> [Sample] { families[name] ?? [] }

    /// Whether there is such a family with a sample.
    func has(_ name: String) -> Bool { families[name] != nil }

    /// The sum of the samples that have all of `labels`.
    func sum(_ name: String, _ labels: KeyValuePairs<String, String> = [:]) -> Double {
        samples(name).filter { sample in labels.allSatisfy { sample.labels[$0.key] == $0.value } }
            .reduce(0) { $0 + $1.value }
    }

    /// The labels' values of a family, in the order of the page.
    func values(of label: String, in name: String) -> [String] {
        samples(name).reduce(into: []) { found, sample in
            if let value = sample.labels[label], !found.contains(value) { found.append(value) }
        }
    }

    /// The duration in seconds that a share of a histogram does not exceed, as Prometheus estimates it.
    /// - Parameter buckets: Samples with the label `le`, cumulative; those of several histograms are added up.
    /// - Parameter total: How many durations there are.
    static func quantile(_ share: Double, of buckets: [Sample], _ total: Double) -> Double {
        let counts = buckets.reduce(into: [Double: Double]()) { counts, sample in
            counts[Double(sample.labels["le"] ?? "") ?? .infinity, default: 0] += sample.value
        }
        var below = (bound: 0.0, count: 0.0)
        for (bound, count) in counts.sorted(by: { $0.key < $1.key }) {
            // Beyond the last bound nothing is known but that it is beyond.
            if bound == .infinity { break }
            if count >= total * share {
                let inside = count > below.count ? (total * share - below.count) / (count - below.count) : 1
                return below.bound + (bound - below.bound) * inside
            }
            below = (bound, count)
        }
        return below.bound
    }
}
