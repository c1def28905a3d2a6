// The log: one line an event on standard error, for people or as JSON.
//
//     2026-03-01T12:00:00.000Z info    ready admin=127.0.0.1:9002 data=127.0.0.1:9001
//     {"time":"2026-03-01T12:00:00.000Z","level":"info","message":"ready","admin":"127.0.0.1:9002",…}

import Foundation
import Logging
import Bytes

/// Writes log lines.
public struct LineLog: LogHandler {
    /// From which weight on.
    public var logLevel: Logger.Level
    /// Values that go with every line.
    public var metadata: Logger.Metadata = [:]
    /// Asked by nobody here: no context is carried beside a call.
    public var metadataProvider: Logger.MetadataProvider?
    private let format: LogSettings.Format
    private let write: @Sendable ([UInt8]) -> Void

    /// A log; `write` gets whole lines, from any thread.
    public init(_ settings: LogSettings, write: @escaping @Sendable ([UInt8]) -> Void = Self.toStandardError) {
        logLevel = settings.level.loggerLevel
        format = settings.format
        self.write = write
    }

    /// A value that goes with every line.
    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    /// Writes one line.
    public func log(event: LogEvent) {
        let values = metadata.merging(event.metadata ?? [:]) { _, new in new }.sorted { $0.key < $1.key }
        let message = "\(event.message)" + (event.error.map { ": \($0)" } ?? "")
        let level = event.level.rawValue
        switch format {
        case .text:
            let padding = String(repeating: " ", count: max(0, 7 - level.count))
            let pairs = values.map { " \($0.key)=\(Self.word("\($0.value)"))" }.joined()
            write(Array("\(Self.time()) \(level)\(padding) \(Self.oneLine(message))\(pairs)\n".utf8))
        case .json:
            var members: [JSON.Member] = [
                .init("time", .string(Self.time())), .init("level", .string(level)), .init("message", .string(message)),
            ]
            members += values.map { JSON.Member($0.key, .string("\($0.value)")) }
            write(JSON.object(members).compact + [UInt8(ascii: "\n")])
        }
    }

    /// One call, so that lines of several threads stay whole.
    @Sendable
    public static func toStandardError(_ line: [UInt8]) {
        _ = line.withUnsafeBytes { Foundation.write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }

    private static func time() -> String {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        var text: [UInt8] = []
        CivilTime(seconds: Int64(now.tv_sec)).appendRFC3339(into: &text)
        text.append(UInt8(ascii: "."))
        CivilTime.appendDigits(Int64(now.tv_nsec) / 1_000_000, 3, into: &text)
        text.append(UInt8(ascii: "Z"))
        return String(decoding: text, as: UTF8.self)
    }

    private static func word(_ text: String) -> String {
        text.contains { $0 == " " || $0 == "\"" } || text.isEmpty ? "\(JSON.string(text))" : oneLine(text)
    }

    private static func oneLine(_ text: String) -> String {
        printable(
            String(String.UnicodeScalarView(text.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7f ? " " : $0 }))
        )
    }
}

extension LogSettings.Level {
    var loggerLevel: Logger.Level {
        switch self {
        case .debug: .debug
        case .info: .info
        case .warning: .warning
        case .error: .error
        }
    }
}
