// From which weight on the log is written. Operators change it while the server runs.

import Logging
import Synchronization

/// The level of a log, shared by all loggers that write to it.
public final class LogLevel: Sendable {
    private let value: Atomic<Int>

    /// Begins with `level`.
    public init(_ level: LogSettings.Level) { value = Atomic(Self.rank(level.loggerLevel)) }

    /// The lowest level that is written.
    public var current: Logger.Level {
        get { Logger.Level.allCases[value.load(ordering: .relaxed)] }
        set { value.store(Self.rank(newValue), ordering: .relaxed) }
    }

    /// Sets the lowest level that is written.
    public func set(_ level: LogSettings.Level) { current = level.loggerLevel }

    private static func rank(_ level: Logger.Level) -> Int { Logger.Level.allCases.firstIndex(of: level) ?? 0 }
}
