// What is wrong with a configuration, said so that it can be mended without reading anything else:
//
//     sessiongate.yaml:12: oauth1.timestamp_window: got "soon"; expected a duration such as 30s, 5m or 4h, from 1s to 1d
//     SESSIONGATE_SERVER_EVENT_LOOPS: server.event_loops: got "many"; expected auto, or a whole number from 1 to 1024
//
// All problems are found before any is reported. Secrets are never part of one.

import Bytes

/// Where a value was written.
public enum Place: Sendable, Equatable, CustomStringConvertible {
    /// A line of a file, counted from 1.
    case file(String, line: Int)
    /// An environment variable.
    case variable(String)

    /// `file:line`, or the variable's name.
    public var description: String {
        switch self {
        case .file(let file, let line): "\(file):\(line)"
        case .variable(let name): name
        }
    }
}

/// One thing that is wrong with a configuration.
public struct ConfigurationProblem: Sendable, Equatable, CustomStringConvertible {
    /// Where it was written.
    public var place: Place
    /// The key's path, empty when the file as a whole is meant.
    public var key: String
    /// What is wrong.
    public var problem: String
    /// What would be right.
    public var expected: String?

    /// A problem.
    public init(place: Place, key: String, problem: String, expected: String? = nil) {
        self.place = place
        self.key = key
        self.problem = problem
        self.expected = expected
    }

    /// `place: key: problem; expected …`.
    public var description: String {
        let subject = key.isEmpty ? "\(place)" : "\(place): \(key)"
        return "\(subject): \(problem)" + (expected.map { "; expected \($0)" } ?? "")
    }
}

/// All that is wrong with a configuration; never empty.
public struct ConfigurationErrors: Error, Sendable, CustomStringConvertible {
    /// The problems, in the order of the file, then of the environment.
    public let problems: [ConfigurationProblem]

    /// One problem a line.
    public var description: String { problems.map(\.description).joined(separator: "\n") }
}

/// A value that does not fit its key; the key and the place are added by who asked.
struct Mismatch: Sendable {
    var problem: String
    /// Replaces the key's own expectation.
    var expected: String?
    /// A place within the value.
    var place: Place?
    /// The part of the value that is meant, appended to the key's path.
    var part: String?
}

/// `text` as it is quoted in messages: bounded, on one line.
package func quoted(_ text: String) -> String {
    // A key that was put where its file's name belongs is a secret all the same.
    if text.contains("-----BEGIN") { return "a PEM block (not shown)" }
    let shown = String(String.UnicodeScalarView(text.unicodeScalars.prefix(60)))
    return "\"" + printable(shown) + (text.unicodeScalars.count > 60 ? "…" : "") + "\""
}
