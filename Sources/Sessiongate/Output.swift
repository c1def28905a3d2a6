// What commands read and print. A read or write that fails ends the command: half an answer must not look like a whole one.

import Bytes
import Foundation
import Telemetry

/// Writes `bytes` to standard output, or exits with EX_IOERR of sysexits.h.
func emit(bytes: [UInt8]) {
    if writeAll(bytes, to: STDOUT_FILENO) < bytes.count { exit(failing: "standard output") }
}

/// Writes `text` to standard output, or exits with EX_IOERR.
func emit(_ text: String) { emit(bytes: Array(text.utf8)) }

/// Writes lines that another process wrote, so that they can't control the terminal.
func emit(foreign text: String) {
    emit(
        text.split(separator: "\n", omittingEmptySubsequences: false).map { printable(String($0)) }.joined(
            separator: "\n"))
}

/// Writes `text` and a line feed to standard output, or exits with EX_IOERR.
func emitLine(_ text: String) { emit(text + "\n") }

/// The next bytes of standard input, or of another descriptor; nil at the end. Exits with EX_IOERR when it can't be read.
func standardInputChunk(_ descriptor: Int32 = STDIN_FILENO) -> [UInt8]? {
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while true {
        let count = read(descriptor, &chunk, chunk.count)
        if count >= 0 { return count == 0 ? nil : Array(chunk[..<count]) }
        if errno != EINTR { exit(failing: descriptor == STDIN_FILENO ? "standard input" : "the file") }
    }
}

/// Writes lines to standard error. They may quote input, so control characters are made visible.
func complain(_ lines: String) {
    let shown = lines.split(separator: "\n").map { printable(String($0)) + "\n" }.joined()
    _ = writeAll(Array(shown.utf8), to: STDERR_FILENO)
}

private func exit(failing stream: String) -> Never {
    complain("error: \(stream): \(String(cString: strerror(errno)))")
    exit(EX_IOERR)
}
