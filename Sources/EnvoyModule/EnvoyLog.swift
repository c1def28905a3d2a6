// The log: lines of Envoy's own, which says when and how important.

import CEnvoy
import Logging
import Telemetry

/// The log's front, for swift-log.
struct EnvoyLog: LogHandler {
    var logLevel: Logger.Level
    var metadata: Logger.Metadata = [:]
    var metadataProvider: Logger.MetadataProvider?

    init(_ settings: LogSettings) { logLevel = settings.level.loggerLevel }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let values = metadata.merging(event.metadata ?? [:]) { _, new in new }.sorted { $0.key < $1.key }
        let message = "\(event.message)" + (event.error.map { ": \($0)" } ?? "")
        let line = LogLine(event.level, message, values.map { ($0.key, "\($0.value)") }).undated
        Self.write("sessiongate: " + line, event.level)
    }

    /// Writes one line.
    static func write(_ line: String, _ level: Logger.Level) {
        let level =
            switch level {
            case .trace, .debug: ENVOY_LOG_DEBUG
            case .info, .notice: ENVOY_LOG_INFO
            case .warning: ENVOY_LOG_WARNING
            case .error, .critical: ENVOY_LOG_ERROR
            }
        line.withEnvoyText { Envoy.callbacks.log(CInt(level.rawValue), $0) }
    }
}
