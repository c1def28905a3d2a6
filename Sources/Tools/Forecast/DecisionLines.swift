// Files with one JSON object a line, read line by line: logs may be larger than memory.

import Foundation
import Service

/// Reads the lines of a file; `-` is standard input.
struct DecisionLines {
    /// Bytes of the longest line. A line of the decision log has a few thousand at most.
    private static let maxLine = 1 << 20

    private let path: String

    init(of path: String) { self.path = path }

    /// Calls `body` with each line, without its line feed; nil stands for one that is too long.
    /// - Throws: When the file can't be read.
    func forEach(_ body: (ArraySlice<UInt8>?) -> Void) throws(FileProblem) {
        let descriptor = path == "-" ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .system(path) }
        defer { if path != "-" { close(descriptor) } }
        var buffer: [UInt8] = []
        var isTooLong = false
        var chunk = [UInt8](repeating: 0, count: 1 << 18)
        while true {
            let count = read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw .system(path) }
            if count == 0 { break }
            buffer += chunk[..<count]
            Self.takeLines(of: &buffer, &isTooLong, body)
        }
        if isTooLong { body(nil) } else if !buffer.isEmpty { body(buffer[...]) }
    }

    /// Hands out the lines that have ended, and leaves the rest.
    private static func takeLines(
        of buffer: inout [UInt8], _ isTooLong: inout Bool, _ body: (ArraySlice<UInt8>?) -> Void
    ) {
        var start = 0
        while let end = buffer[start...].firstIndex(of: 0x0A) {
            body(isTooLong ? nil : buffer[start..<end])
            isTooLong = false
            start = end + 1
        }
        buffer.removeFirst(start)
        guard buffer.count > maxLine else { return }
        isTooLong = true
        buffer.removeAll(keepingCapacity: true)
    }
}
