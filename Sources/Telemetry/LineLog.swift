// The log: one line an event, for people or as JSON.

import Logging

/// The log's front, for swift-log.
public struct LineLog: LogHandler {
    /// The lowest level that is logged. Setting it sets that of all copies.
    public var logLevel: Logger.Level {
        get { level.current }
        nonmutating set { level.current = newValue }
    }
    /// Values that go with every line.
    public var metadata: Logger.Metadata = [:]
    /// Never set: no context is carried beside a call.
    public var metadataProvider: Logger.MetadataProvider?
    private let level: LogLevel
    private let format: LogSettings.Format
    private let write: @Sendable ([UInt8]) -> Void

    /// A log that passes whole lines to `write`, from any thread. `write` must not block: event loops call it.
    /// - Parameter level: From which weight on; nil: as `settings` say, for good.
    public init(_ settings: LogSettings, level: LogLevel? = nil, write: @escaping @Sendable ([UInt8]) -> Void) {
        self.level = level ?? LogLevel(settings.level)
        format = settings.format
        self.write = write
    }

    /// A value that goes with every line.
    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    /// Passes one line on.
    public func log(event: LogEvent) {
        let values = metadata.merging(event.metadata ?? [:]) { _, new in new }.sorted { $0.key < $1.key }
        let message = "\(event.message)" + (event.error.map { ": \($0)" } ?? "")
        write(LogLine(event.level, message, values.map { ($0.key, "\($0.value)") }).bytes(format))
    }
}

extension LogSettings.Level {
    /// As swift-log calls it.
    package var loggerLevel: Logger.Level {
        switch self {
        case .debug: .debug
        case .info: .info
        case .warning: .warning
        case .error: .error
        }
    }
}
