// A request as people have it at hand: a curl command line, or what went over the wire (RFC 9112), such as `curl -v` prints it.
// `explain` takes both beside CheckRequests.

import Bytes
import EnvoyProtocol

/// Why a text is not a request.
public struct RequestTextError: Error, Sendable, CustomStringConvertible {
    /// One sentence.
    public let description: String

    init(_ description: String) { self.description = description }
}

/// Reads requests as people write them.
public enum RequestText {
    /// What a text is, by how it begins.
    public enum Kind: Sendable, Equatable {
        /// CheckRequests in proto3 JSON.
        case checkRequests
        /// A curl command line.
        case curl
        /// A request line, headers, and perhaps a body.
        case http
    }

    /// What `text` is; CheckRequests when it is nothing else.
    public static func kind(of text: [UInt8]) -> Kind {
        let text = String(decoding: text.prefix(65_536), as: UTF8.self)
        if VerboseOutput.request(in: text) != nil { return .http }
        let first = firstLine(of: text)
        if first.hasPrefix("curl ") || first == "curl" { return .curl }
        return isRequestLine(first) ? .http : .checkRequests
    }

    /// Whether a line is METHOD TARGET HTTP/1.1 (RFC 9112, 3).
    static func isRequestLine(_ line: Substring) -> Bool {
        let words = line.split(separator: " ")
        return words.count == 3 && words[2].hasPrefix("HTTP/") && words[0].allSatisfy { $0.isUppercase && $0.isASCII }
    }

    /// The CheckRequest that Envoy would send for the request in `text`, encoded.
    /// - Throws: What is wrong with it.
    public static func checkRequest(_ text: [UInt8], _ kind: Kind) throws(RequestTextError) -> [UInt8] {
        let text = String(decoding: text, as: UTF8.self)
        var request: CheckRequestBuilder
        if kind == .curl {
            let command = text.split(separator: "\n").map { $0.hasPrefix("$ ") ? $0.dropFirst(2) : $0 }
            guard let words = ShellWords.split(command.joined(separator: "\n")) else {
                throw RequestTextError("a quote in the curl command has no end")
            }
            request = try CurlCommand.request(words)
        } else {
            request = try http(text)
        }
        request.id = Array("explain".utf8)
        return request.encode()
    }

    private static func firstLine(of text: String) -> Substring {
        let line = text.split(whereSeparator: \.isNewline).first { !$0.allSatisfy(\.isWhitespace) } ?? ""
        return unquoted(line.drop { $0 == " " || $0 == "\t" })
    }

    /// A line without the prompt of a terminal.
    private static func unquoted(_ line: Substring) -> Substring { line.hasPrefix("$ ") ? line.dropFirst(2) : line }

    private static func http(_ text: String) throws(RequestTextError) -> CheckRequestBuilder {
        var lines =
            VerboseOutput.request(in: text)?[...]
            ?? text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)[...]
        while let first = lines.first, first.isEmpty { lines.removeFirst() }
        let words = (lines.popFirst() ?? "").split(separator: " ")
        guard words.count == 3 else { throw RequestTextError("the request line is not METHOD TARGET HTTP/1.1") }
        var request = CheckRequestBuilder(method: String(words[0]), path: String(words[1]))
        if words[1].contains("://") {
            request = try CheckRequestBuilder(url: String(words[1]))
            request.method = Array(words[0].utf8)
        }
        while let line = lines.popFirst(), !line.isEmpty {
            guard let colon = line.firstIndex(of: ":") else { throw RequestTextError("a header line has no colon") }
            let name = line[..<colon].lowercased()
            let value = line[line.index(after: colon)...].drop { $0 == " " }
            if name == "host" { request.host = Array(value.utf8) } else { request.addHeader(name, String(value)) }
        }
        let body = lines.joined(separator: "\n")
        if !body.isEmpty { request.body = Array(body.trimmingNewline.utf8) }
        // The scheme is not in the request: a proxy says it.
        let scheme = request.headers.last { $0.name == Array("x-forwarded-proto".utf8) }?.value
        if let scheme { request.scheme = scheme }
        return request
    }
}

extension String {
    /// Without one line end behind it, which the terminal or the editor has added.
    fileprivate var trimmingNewline: Substring { hasSuffix("\n") ? dropLast() : self[...] }
}
