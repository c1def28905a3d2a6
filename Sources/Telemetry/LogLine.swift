// How one event looks in the log.
//
//     2026-03-01T12:00:00.000Z info    ready admin=127.0.0.1:9002 data=127.0.0.1:9001
//     {"time":"2026-03-01T12:00:00.000Z","level":"info","message":"ready","admin":"127.0.0.1:9002",…}
//
// Lines are bounded, whatever a value holds: a reader of logs must not be flooded by one of them.

import Bytes
import Glibc
import Logging

/// One event of the log.
package struct LogLine {
    /// The longest message, in bytes.
    static let maxMessage = 4096
    /// The longest value, in bytes.
    static let maxValue = 1024

    /// When it happened: `2026-03-01T12:00:00.000Z`.
    var time = Self.now()
    let level: Logger.Level
    let message: String
    /// Names and values, in the order in which they are written.
    let values: [(name: String, value: String)]

    /// An event of now.
    package init(_ level: Logger.Level, _ message: String, _ values: [(name: String, value: String)] = []) {
        self.level = level
        self.message = shortened(message, to: Self.maxMessage)
        self.values = values.map { ($0.name, shortened($0.value, to: Self.maxValue)) }
    }

    /// The line's bytes, with the line feed.
    func bytes(_ format: LogSettings.Format) -> [UInt8] {
        switch format {
        case .text: text
        case .json: json
        }
    }

    private var text: [UInt8] {
        let padding = String(repeating: " ", count: max(0, 7 - level.rawValue.count))
        return Array("\(time) \(level)\(padding) \(undated)\n".utf8)
    }

    /// Message and values alone, for a log that adds the rest.
    package var undated: String {
        Self.oneLine(message) + values.map { " \($0.name)=\(Self.word($0.value))" }.joined()
    }

    private var json: [UInt8] {
        var members: [JSON.Member] = [
            .init("time", .string(time)), .init("level", .string(level.rawValue)), .init("message", .string(message)),
        ]
        members += values.map { JSON.Member($0.name, .string($0.value)) }
        return JSON.object(members).compact + [UInt8(ascii: "\n")]
    }

    private static func now() -> String {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        var text: [UInt8] = []
        CivilTime.appendRFC3339(
            milliseconds: Int64(now.tv_sec) * 1000 + Int64(now.tv_nsec) / 1_000_000, into: &text)
        return String(decoding: text, as: UTF8.self)
    }

    /// A value as one word: in quotes where a reader would see the end of it, a further field or a quote in it. Scalars decide, not
    /// characters: a space that an accent stands on is a space.
    private static func word(_ text: String) -> String {
        let needsQuotes = text.unicodeScalars.contains { scalar in
            scalar.value <= 0x20 || scalar.value == 0x7f || scalar == "\"" || scalar == "="
                || scalar.properties.isWhitespace
        }
        return needsQuotes || text.isEmpty ? printable("\(JSON.string(text))") : oneLine(text)
    }

    private static func oneLine(_ text: String) -> String {
        printable(
            String(String.UnicodeScalarView(text.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7f ? " " : $0 }))
        )
    }
}

/// `text`, or its first `limit` bytes and an ellipsis. A character is never cut in two.
func shortened(_ text: String, to limit: Int) -> String {
    guard text.utf8.count > limit else { return text }
    var end = text.utf8.index(text.utf8.startIndex, offsetBy: limit)
    while end.samePosition(in: text.unicodeScalars) == nil { end = text.utf8.index(before: end) }
    return text[..<end] + "…"
}
