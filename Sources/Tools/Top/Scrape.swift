// The numbers of one page of /metrics, as its text has them.

/// What /metrics showed at one moment.
struct Scrape: Sendable {
    /// Values by family and labels, as they are written: `sessiongate_checks_total{outcome="refused",type="none"}`.
    private var values: [String: Double] = [:]

    /// Reads a page in Prometheus' text format. Lines that are no samples are passed over.
    init(_ text: String) {
        for line in text.split(separator: "\n") where !line.hasPrefix("#") {
            guard let space = line.lastIndex(of: " "), let value = Double(line[line.index(after: space)...]) else {
                continue
            }
            values[String(line[..<space])] = value
        }
    }

    /// The value of a family without labels; 0 when there is none.
    subscript(_ name: String) -> Double { values[name] ?? 0 }

    /// The values of a family by one of its labels, added up over the others.
    func values(of family: String, by label: String) -> [String: Double] {
        var sums: [String: Double] = [:]
        for (sample, value) in values where sample.hasPrefix(family + "{") {
            guard let start = sample.firstRange(of: "\(label)=\"")?.upperBound,
                let end = sample[start...].firstIndex(of: "\"")
            else { continue }
            sums[String(sample[start..<end]), default: 0] += value
        }
        return sums
    }

    /// The duration within which `share` of what a histogram has counted since `before` took place, in seconds: the upper bound of
    /// its bucket. Nil when nothing was counted, or it took longer than the longest bucket.
    func quantile(_ share: Double, of family: String, since before: Scrape) -> Double? {
        let now = values(of: family + "_bucket", by: "le"), old = before.values(of: family + "_bucket", by: "le")
        let counts = now.map { bound, count in (Double(bound) ?? .infinity, count - (old[bound] ?? 0)) }
            .sorted { $0.0 < $1.0 }
        guard let total = counts.last?.1, total > 0 else { return nil }
        return counts.first { $0.1 >= share * total }.flatMap { $0.0.isFinite ? $0.0 : nil }
    }
}
