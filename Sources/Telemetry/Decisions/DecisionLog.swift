// The decision log: one JSON line for each decision that is sampled. Event loops make the lines, and a thread of its own writes
// them, so that a slow disk holds up no check. What does not fit in the queue is dropped and counted.

import Bytes
import Glibc
import Logging

/// The log of decisions, shared by all event loops.
public final class DecisionLog: Sendable {
    /// What the operator decided.
    package let settings: DecisionSettings
    /// What this instance is called.
    package let instance: String
    /// The version that decides.
    package let version: String
    private let output: DecisionOutput
    private let writer: LineWriter

    /// Opens the file that `settings` name, which must name one.
    /// - Parameter logger: Is told how many lines were dropped, when lines can be written again.
    /// - Throws: When it can't be opened.
    public init(_ settings: DecisionSettings, version: String, logger: Logger) throws(DecisionLogError) {
        self.settings = settings
        self.version = version
        instance = settings.instance ?? Self.hostName
        let output = try DecisionOutput(settings.file ?? "-")
        self.output = output
        writer = LineWriter(
            capacity: settings.queueBytes,
            notice: { count in
                logger.warning("decisions dropped", metadata: ["count": "\(count)"])
                return []
            }, write: { output.write($0) })
    }

    /// Opens the file anew, as after its rotation. Lines that wait go to the new one.
    /// - Throws: When it can't be opened; the old one stays in use then.
    public func reopen() throws(DecisionLogError) { try output.reopen() }

    /// How many lines were dropped so far.
    public var droppedLines: UInt64 { writer.droppedLines }

    /// Writes a line, soon. Returns at once.
    package func write(_ line: [UInt8]) { writer.write(line) }

    /// Waits until what is queued has been written, `seconds` at most. For the end of a process.
    @discardableResult
    public func flush(seconds: Double = 1) -> Bool { writer.flush(seconds: seconds) }

    private static var hostName: String {
        var name = [CChar](repeating: 0, count: 256)
        // The last byte stays zero, whatever the name's length.
        let isKnown = gethostname(&name, name.count - 1) == 0
        let bytes = name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        let text = String(decoding: bytes, as: UTF8.self)
        return isKnown && !text.isEmpty ? text : "unknown"
    }
}
