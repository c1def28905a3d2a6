// What an operator decides about the log.

/// What is logged, and how.
public struct LogSettings: Sendable {
    /// From which weight on.
    public enum Level: String, Sendable, CaseIterable {
        /// Everything.
        case debug
        /// What happens.
        case info
        /// What should be looked at.
        case warning
        /// What went wrong.
        case error
    }
    /// How a line looks.
    public enum Format: String, Sendable {
        /// For people.
        case text
        /// One JSON object a line.
        case json
    }
    /// From which weight on.
    public var level: Level = .info
    /// How a line looks.
    public var format: Format = .text

    /// Text, from `info` on.
    public init() {}
}
