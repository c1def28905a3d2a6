// Lines go to a pipe or file, and no caller waits for it.
//
//     event loops ──write──▶ queue (bounded) ──▶ the writer's thread ──write(2)──▶ standard error
//                              └─ full: the line is dropped and counted
//
// A reader that stops, a full pipe or a full disk holds up the writer's own thread and nothing else. When lines can be written
// again, one of them says how many were dropped.

import Dispatch
import Foundation
import Synchronization

/// Writes lines to a file descriptor from a thread of its own.
public final class LineWriter: Sendable {
    private let queue: LineQueue

    /// Starts the thread.
    /// - Parameter descriptor: Where lines go. It stays the caller's and must stay open.
    /// - Parameter capacity: How many bytes may wait in the queue.
    /// - Parameter notice: The line that says how many lines were dropped. It is written when lines can be written again.
    public convenience init(
        descriptor: Int32, capacity: Int = 1 << 20, notice: @escaping @Sendable (UInt64) -> [UInt8] = { _ in [] }
    ) {
        self.init(capacity: capacity, notice: notice) { writeAll($0, to: descriptor) }
    }

    /// Starts the thread, which passes what is queued to `write`. That returns how many bytes it wrote.
    package init(
        capacity: Int = 1 << 20, notice: @escaping @Sendable (UInt64) -> [UInt8] = { _ in [] },
        write: @escaping @Sendable ([UInt8]) -> Int
    ) {
        let queue = LineQueue(capacity: capacity)
        self.queue = queue
        let thread = Thread { queue.run(write, notice: notice) }
        thread.name = "lines"
        thread.start()
    }

    deinit { queue.close() }

    /// A writer for the log on standard error.
    public static func standardError(_ settings: LogSettings) -> LineWriter {
        LineWriter(descriptor: STDERR_FILENO) { count in
            LogLine(.warning, "log lines dropped", [("count", "\(count)")]).bytes(settings.format)
        }
    }

    /// Queues a line, which ends in a line feed; drops and counts it when the queue is full. Returns at once.
    @Sendable
    public func write(_ line: [UInt8]) { queue.add(line) }

    /// How many lines were dropped so far, because the queue was full or could not be written.
    public var droppedLines: UInt64 { queue.totalDropped }

    /// Whether a line found the queue full, and none has left it since.
    var isFull: Bool { queue.isFull }

    /// Waits until what is queued has been written, `seconds` at most. Blocks its thread: for the end of a process.
    @discardableResult
    public func flush(seconds: Double = 1) -> Bool { queue.waitUntilEmpty(seconds) }
}

/// The queue between many threads and the writer's.
private final class LineQueue: Sendable {
    fileprivate struct State {
        var bytes: [UInt8] = []
        /// Lines that were dropped and that no notice has told of.
        var untold: UInt64 = 0
        var totalDropped: UInt64 = 0
        var isFull = false
        var isWriting = false
        var isClosed = false
        var waiting: [DispatchSemaphore] = []
    }

    private let capacity: Int
    private let state = Mutex(State())
    /// Signalled when the writer, which found the queue empty, has something to do.
    private let wake = DispatchSemaphore(value: 0)

    init(capacity: Int) { self.capacity = capacity }

    var totalDropped: UInt64 { state.withLock { $0.totalDropped } }

    var isFull: Bool { state.withLock { $0.isFull } }

    func add(_ line: [UInt8]) {
        let wakes = state.withLock { state in
            guard state.bytes.count + line.count <= capacity else {
                state.drop(1)
                state.isFull = true
                return false
            }
            state.bytes += line
            return state.beginWriting()
        }
        if wakes { wake.signal() }
    }

    func close() {
        let wakes = state.withLock { state in
            state.isClosed = true
            return state.beginWriting()
        }
        if wakes { wake.signal() }
    }

    func waitUntilEmpty(_ seconds: Double) -> Bool {
        let empty = DispatchSemaphore(value: 0)
        let mustWait = state.withLock { state in
            if state.isWriting { state.waiting.append(empty) }
            return state.isWriting
        }
        return !mustWait || empty.wait(timeout: .now() + seconds) == .success
    }

    /// The writer's thread. `write` returns how many bytes it wrote.
    func run(_ write: ([UInt8]) -> Int, notice: (UInt64) -> [UInt8]) {
        blockSignals()
        while let batch = next() {
            let written = write(batch.bytes)
            let lost = batch.bytes[written...].count { $0 == UInt8(ascii: "\n") }
            if lost > 0 { state.withLock { $0.drop(UInt64(lost)) } }
            tell(batch.untold, write, notice)
        }
    }

    /// Says how many lines were dropped before the batch that has just been written. What can't be said now is said later.
    private func tell(_ count: UInt64, _ write: ([UInt8]) -> Int, _ notice: (UInt64) -> [UInt8]) {
        guard count > 0 else { return }
        let line = notice(count)
        // Nothing is written for nothing: it would look like a write that went well.
        guard !line.isEmpty else { return }
        if write(line) < line.count { state.withLock { $0.untold += count } }
    }

    /// What is queued, when there is something; nil at the end.
    private func next() -> (bytes: [UInt8], untold: UInt64)? {
        while true {
            let (batch, isClosed) = state.withLock { $0.take() }
            if let batch { return batch }
            if isClosed { return nil }
            wake.wait()
        }
    }
}

extension LineQueue.State {
    mutating func drop(_ count: UInt64) {
        untold += count
        totalDropped += count
    }

    /// Whether the writer has to be woken.
    mutating func beginWriting() -> Bool {
        defer { isWriting = true }
        return !isWriting
    }

    mutating func take() -> (batch: (bytes: [UInt8], untold: UInt64)?, isClosed: Bool) {
        guard bytes.isEmpty else {
            defer { (bytes, untold, isFull) = ([], 0, false) }
            return ((bytes, untold), isClosed)
        }
        isWriting = false
        for semaphore in waiting { semaphore.signal() }
        waiting = []
        return (nil, isClosed)
    }
}
