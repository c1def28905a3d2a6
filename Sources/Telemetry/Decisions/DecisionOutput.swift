// Where the lines of the decision log go: a file, a named pipe or standard output. The writer's thread alone writes.

import Glibc
import Synchronization

/// Why the decision log can't be written.
public struct DecisionLogError: Error, CustomStringConvertible, Sendable {
    /// In a few words, without the file's name.
    public let description: String

    init(errno code: Int32) { description = String(cString: strerror(code)) }
}

/// An open file that can be opened anew while it is written, as log rotation asks for.
final class DecisionOutput: Sendable {
    private struct State {
        var descriptor: Int32
        /// The file that replaces it, from the next write on.
        var next: Int32?
    }

    /// Nil for standard output.
    private let path: String?
    private let state: Mutex<State>
    /// Whether what was written last ends within a line. Used by the writer's thread only.
    private let isWithinLine = Atomic<Bool>(false)
    /// What the last write failed with; 0 when it did not fail.
    private let failure = Atomic<Int32>(0)

    /// Why the last lines could not be written; nil when they were.
    var problem: String? {
        let code = failure.load(ordering: .relaxed)
        return code == 0 ? nil : DecisionLogError(errno: code).description
    }

    /// Opens `file`.
    init(_ file: String) throws(DecisionLogError) {
        path = DecisionSettings.isStandardOutput(file) ? nil : file
        state = Mutex(State(descriptor: try path.map(Self.open) ?? STDOUT_FILENO))
    }

    /// Looks whether `file` could be opened, and makes nothing.
    static func check(_ file: String) throws(DecisionLogError) {
        if DecisionSettings.isStandardOutput(file) { return }
        let descriptor = Glibc.open(file, O_WRONLY | O_APPEND | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        if descriptor >= 0 { close(descriptor) }
        // A named pipe without a reader (ENXIO) is opened in another way.
        if descriptor >= 0 || errno == ENXIO && isPipe(file) { return }
        guard errno == ENOENT else { throw DecisionLogError(errno: errno) }
        let directory = file.lastIndex(of: "/").map { String(file[...$0]) } ?? "."
        guard access(directory, W_OK | X_OK) == 0 else { throw DecisionLogError(errno: errno) }
    }

    deinit {
        guard path != nil else { return }
        state.withLock { state in
            close(state.descriptor)
            if let next = state.next { close(next) }
        }
    }

    /// Opens the file of this name anew: after a rotation it is another one. If it can't be opened, the old one stays.
    func reopen() throws(DecisionLogError) {
        guard let path else { return }
        let opened = try Self.open(path)
        let replaced = state.withLock { state in
            defer { state.next = opened }
            return state.next
        }
        if let replaced { close(replaced) }
    }

    /// Writes whole lines. Returns how many bytes were written.
    func write(_ lines: [UInt8]) -> Int {
        let descriptor = state.withLock { state in
            if let next = state.next {
                close(state.descriptor)
                (state.descriptor, state.next) = (next, nil)
                isWithinLine.store(false, ordering: .relaxed)
            }
            return state.descriptor
        }
        // A full disk may have cut a line: the next one must not be glued to it.
        if isWithinLine.load(ordering: .relaxed), write([0x0A], to: descriptor) < 1 { return 0 }
        let written = write(lines, to: descriptor)
        if written > 0 { isWithinLine.store(lines[written - 1] != 0x0A, ordering: .relaxed) }
        return written
    }

    /// Writes bytes, and notes why they could not all be written.
    private func write(_ bytes: [UInt8], to descriptor: Int32) -> Int {
        let written = writeAll(bytes, to: descriptor)
        failure.store(written < bytes.count ? errno : 0, ordering: .relaxed)
        return written
    }

    private static func open(_ path: String) throws(DecisionLogError) -> Int32 {
        // A pipe is opened for reading too: so its opening need not wait for a reader, and one that comes and goes is no error.
        // O_NONBLOCK is for what else waits to be opened.
        let access = isPipe(path) ? O_RDWR : O_WRONLY | O_APPEND | O_CREAT
        let descriptor = Glibc.open(path, access | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0o640)
        guard descriptor >= 0 else { throw DecisionLogError(errno: errno) }
        return descriptor
    }

    private static func isPipe(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFIFO
    }
}
