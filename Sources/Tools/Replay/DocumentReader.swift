// JSON documents out of a stream: one a line, or a single one over several lines.
//
// Which of the two it is shows at the first line: when that is no whole document but the whole input is, there is only one.
// Otherwise lines are handed out as they come, so that a program at the other end of a pipe gets its answers at once.

import Bytes

/// A document, and the line that it begins at.
struct Document {
    let line: Int
    let text: [UInt8]
}

/// Cuts input into documents.
struct DocumentReader {
    private let nextChunk: () -> [UInt8]?
    private var buffer: [UInt8] = []
    private var start = 0
    private var line = 0
    private var isFirst = true
    private var ended = false
    /// Most bytes of a single document over several lines.
    private static let wholeLimit = 16 << 20

    /// Reads from `nextChunk`, which returns nil at the end.
    init(nextChunk: @escaping () -> [UInt8]?) { self.nextChunk = nextChunk }

    /// The next document, nil at the end. Empty lines are passed over.
    mutating func next() -> Document? {
        while let text = nextLine() {
            line += 1
            if text.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0d }) { continue }
            if isFirst, let whole = wholeInput(beginning: text) { return whole }
            isFirst = false
            return Document(line: line, text: text)
        }
        return nil
    }

    /// The rest of the input together with its first line, when only together they are a document.
    private mutating func wholeInput(beginning first: [UInt8]) -> Document? {
        isFirst = false
        if (try? JSON(parsing: first)) != nil { return nil }
        while buffer.count - start < Self.wholeLimit, read() {}
        let text = first + [0x0a] + buffer[start...]
        guard ended, (try? JSON(parsing: text)) != nil else { return nil }
        start = buffer.count
        return Document(line: line, text: text)
    }

    private mutating func nextLine() -> [UInt8]? {
        var searched = start
        while true {
            if let end = buffer[searched...].firstIndex(of: 0x0a) {
                defer { start = end + 1 }
                return Array(buffer[start..<end])
            }
            searched = buffer.count - start
            guard read() else { break }
        }
        guard start < buffer.count else { return nil }
        defer { start = buffer.count }
        return Array(buffer[start...])
    }

    /// Takes another chunk into the buffer, and drops what was handed out.
    private mutating func read() -> Bool {
        guard !ended, let chunk = nextChunk() else {
            ended = true
            return false
        }
        buffer.removeSubrange(..<start)
        start = 0
        buffer += chunk
        return true
    }
}
