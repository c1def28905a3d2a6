// HTTP/1.1 answers, as far as a load through a proxy needs them: a status, a length, a cookie.

import Bytes

/// Reads one answer after the other from the bytes of a connection.
package struct HTTP1AnswerReader {
    /// What can't be read.
    package enum Problem: Error, Equatable, CustomStringConvertible {
        case malformed, noLength, headTooLarge

        /// One sentence.
        package var description: String {
            switch self {
            case .malformed: "an answer that is no HTTP/1.1"
            case .noLength: "an answer without Content-Length"
            case .headTooLarge: "an answer with a head of more than 64 KiB"
            }
        }
    }

    /// An answer.
    package struct Answer: Equatable {
        /// Status.
        package var status = 0
        /// Value of the `Set-Cookie` that is a session cookie; empty for none.
        package var setCookie: [UInt8] = []
        /// Whether the server closes the connection behind it.
        package var closes = false
        fileprivate var length: Int?
    }

    private var buffer: [UInt8] = []
    /// The answer whose body is awaited.
    private var pending: Answer?

    package init() {}

    /// Adds what was received.
    package mutating func append(_ bytes: UnsafeRawBufferPointer) { buffer.append(contentsOf: bytes) }

    /// The next whole answer.
    package mutating func next() throws(Problem) -> Answer? {
        if pending == nil { pending = try readHead() }
        guard let answer = pending else { return nil }
        guard let length = answer.length else { throw .noLength }
        guard buffer.count >= length else { return nil }
        buffer.removeFirst(length)
        pending = nil
        // Informational ones come before the answer.
        return answer.status < 200 ? try next() : answer
    }

    private mutating func readHead() throws(Problem) -> Answer? {
        var end: Int?
        let answer = try buffer.withBytes { (bytes) throws(Problem) -> Answer? in
            end = Self.endOfHead(bytes)
            return try end.map { (end) throws(Problem) in try Self.parse(bytes.prefix(end)) }
        }
        guard let end else {
            if buffer.count > 65_536 { throw .headTooLarge }
            return nil
        }
        buffer.removeFirst(end + 2)
        return answer
    }

    /// The length of status line and fields, line ends and all.
    private static func endOfHead(_ bytes: Bytes) -> Int? {
        var start = 0
        while let index = bytes.firstIndex(of: UInt8(ascii: "\r"), from: start) {
            if bytes.dropFirst(index).starts(with: "\r\n\r\n") { return index + 2 }
            start = index + 1
        }
        return nil
    }

    private static func parse(_ head: Bytes) throws(Problem) -> Answer {
        guard head.starts(with: "HTTP/1."), head.count > 12, let status = Int(head[9..<12].string) else {
            throw .malformed
        }
        var answer = Answer(status: status)
        if status < 200 || status == 204 || status == 304 { answer.length = 0 }
        var start = head.firstIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? head.count
        while let end = head.firstIndex(of: UInt8(ascii: "\r"), from: start) {
            try read(head[start..<end], into: &answer)
            start = end + 2
        }
        return answer
    }

    private static func read(_ line: Bytes, into answer: inout Answer) throws(Problem) {
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { throw .malformed }
        let name = line.prefix(colon).string.lowercased()
        let value = line.dropFirst(colon + 1)
        let start = value.buffer.firstIndex { $0 != UInt8(ascii: " ") } ?? value.count
        let text = value.dropFirst(start)
        switch name {
        case "content-length":
            guard let length = Int(text.string), length >= 0 else { throw .malformed }
            answer.length = answer.length ?? length
        case "set-cookie" where text.starts(with: "sessionJwt="): answer.setCookie = text.array
        case "connection": answer.closes = text.string.lowercased() == "close"
        default: break
        }
    }
}
