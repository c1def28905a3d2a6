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
    private let outage: DecisionOutage

    /// Opens the file that `settings` name, which must name one.
    /// - Parameter logger: Is told when lines can't be written, and how many were lost (``look()``).
    /// - Throws: When it can't be opened.
    public init(_ settings: DecisionSettings, version: String, logger: Logger) throws(DecisionLogError) {
        self.settings = settings
        self.version = version
        instance = settings.instance ?? Self.hostName
        let output = try DecisionOutput(settings.file ?? "-")
        self.output = output
        writer = LineWriter(capacity: settings.queueBytes) { output.write($0) }
        outage = DecisionOutage(settings.file ?? "-", logger)
    }

    /// Looks whether the file that `settings` name could be opened, and makes nothing.
    /// - Throws: When it can't be.
    package static func check(_ settings: DecisionSettings) throws(DecisionLogError) {
        if let file = settings.file { try DecisionOutput.check(file) }
    }

    /// Looks whether lines are lost, and says so in the log. Called every second.
    package func look() {
        // In this order: the writer notes why a write failed before it counts the lines.
        let lost = writer.droppedLines
        let problem = output.problem ?? (writer.isFull ? DecisionOutage.fullQueue : nil)
        outage.look(problem, lost: lost, at: OutageLog.now)
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
    public func flush(seconds: Double = 1) -> Bool {
        defer { look() }
        return writer.flush(seconds: seconds)
    }

    private static var hostName: String {
        var name = [CChar](repeating: 0, count: 256)
        // The last byte stays zero, whatever the name's length.
        let isKnown = gethostname(&name, name.count - 1) == 0
        let bytes = name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        let text = String(decoding: bytes, as: UTF8.self)
        return isKnown && !text.isEmpty ? text : "unknown"
    }
}
