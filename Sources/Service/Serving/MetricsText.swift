// Prometheus' text exposition format, version 0.0.4.

/// A page of metrics being written.
struct MetricsText {
    /// Whether a number only grows.
    enum Kind: String {
        case counter, gauge
    }

    private(set) var text = ""
    private var family = ""

    /// Begins a family: the samples that follow are its.
    mutating func begin(_ name: String, _ kind: Kind, _ help: String) {
        family = name
        text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n"
    }

    /// A sample of the family. Label values are our own words: they need no escaping.
    mutating func sample(_ labels: KeyValuePairs<String, String> = [:], _ value: some CustomStringConvertible) {
        text += family
        if !labels.isEmpty { text += "{" + labels.map { "\($0.key)=\"\($0.value)\"" }.joined(separator: ",") + "}" }
        text += " \(value)\n"
    }

    /// A family of one sample.
    mutating func single(_ name: String, _ kind: Kind, _ help: String, _ value: some CustomStringConvertible) {
        begin(name, kind, help)
        sample([:], value)
    }
}
