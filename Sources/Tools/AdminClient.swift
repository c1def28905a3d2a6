// The commands' way to the admin listener of a server that runs: one short request over TCP or a Unix socket. It needs no more of
// HTTP/1.1 than the listener speaks.

import Bytes
import Foundation
import Service
import Telemetry
import Transport

/// Asks the admin listener.
public struct AdminClient: Sendable {
    /// An answer.
    public struct Answer: Sendable {
        /// The status.
        public let status: Int
        /// The body.
        public let body: [UInt8]
        /// The body as text.
        public var text: String { String(decoding: body, as: UTF8.self) }
    }

    /// Why there is no answer.
    public struct Failure: Error, Sendable, CustomStringConvertible {
        /// One sentence.
        public let description: String
    }

    private let address: ListenerAddress
    private let token: String?
    private let timeout: Int
    private static let maxBytes = 64 << 20

    /// A client of the listener at `address`.
    /// - Parameter token: What the listener demands, where it does.
    /// - Parameter timeout: Seconds to wait for the connection, and for each part of the answer.
    public init(_ address: ListenerAddress, token: String? = nil, timeout: Int = 5) {
        self.address = address
        self.token = token
        self.timeout = timeout
    }

    /// A client of the admin listener that `loaded` configures.
    /// - Throws: ``Failure`` when there is none that it could ask.
    public init(_ loaded: LoadedConfiguration, timeout: Int = 5) throws(Failure) {
        let server = loaded.configuration.server
        guard let address = server.admin else {
            throw Failure(description: "server.admin is none: there is no server to ask")
        }
        guard !server.isAdminTLS else {
            throw Failure(description: "server.admin_tls is true, and the commands speak no TLS: ask with curl")
        }
        self.init(address, token: loaded.adminToken, timeout: timeout)
    }

    /// The body of the page at `path`.
    /// - Throws: ``Failure`` when there is none; an error of the listener in its own words.
    public func get(_ path: String, _ query: KeyValuePairs<String, String> = [:]) throws(Failure) -> [UInt8] {
        let pairs = query.map { name, value in
            var encoded: [UInt8] = []
            Array(value.utf8).withBytes { Percent.encode($0, into: &encoded) }
            return "\(name)=\(String(decoding: encoded, as: UTF8.self))"
        }
        let answer = try request("GET", path + (pairs.isEmpty ? "" : "?" + pairs.joined(separator: "&")))
        guard answer.status != 200 else { return answer.body }
        let said = (try? JSON(parsing: answer.body))?["error"]?.stringValue
        throw Failure(description: "\(address.text): \(said ?? "status \(answer.status)")")
    }

    /// The answer to a request for `path`.
    /// - Parameter body: JSON, of few bytes.
    /// - Throws: ``Failure`` when there is none.
    public func request(_ method: String, _ path: String, body: [UInt8] = []) throws(Failure) -> Answer {
        let socket = try connect()
        defer { close(socket) }
        let authorization = token.map { "Authorization: Bearer \($0)\r\n" } ?? ""
        let head =
            "\(method) \(path) HTTP/1.1\r\nHost: \(host)\r\n\(authorization)"
            + "Content-Length: \(body.count)\r\nConnection: close\r\n\r\n"
        let bytes = Array(head.utf8) + body
        guard send(socket, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count else { throw failure() }
        var answer: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while answer.count < Self.maxBytes {
            let count = recv(socket, &chunk, chunk.count, 0)
            if count == 0 { break }
            guard count > 0 else { throw failure() }
            answer += chunk[..<count]
        }
        return try Self.parse(answer)
    }

    private var host: String {
        switch address {
        case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unix: "localhost"
        }
    }

    private func failure() -> Failure {
        let isTimeout = errno == EAGAIN || errno == EINPROGRESS
        return Failure(
            description:
                "\(address.text): \(isTimeout ? "no answer within \(timeout) s" : String(cString: strerror(errno)))")
    }

    private func connect() throws(Failure) -> Int32 {
        switch address {
        case .unix(let path):
            var name = sockaddr_un()
            name.sun_family = sa_family_t(AF_UNIX)
            let bytes = Array(path.utf8)
            guard bytes.count < MemoryLayout.size(ofValue: name.sun_path) else {
                throw Failure(description: "\(address.text): the path is too long for a socket")
            }
            withUnsafeMutableBytes(of: &name.sun_path) { $0.copyBytes(from: bytes) }
            return try withUnsafeBytes(of: name) { (bytes) throws(Failure) in try connect(AF_UNIX, bytes) }
        case .tcp(let host, let port):
            var hints = addrinfo()
            hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
            var found: UnsafeMutablePointer<addrinfo>?
            guard getaddrinfo(host, "\(port)", &hints, &found) == 0, let found else {
                throw Failure(description: "\(address.text): there is no such host")
            }
            defer { freeaddrinfo(found) }
            let name = UnsafeRawBufferPointer(start: found.pointee.ai_addr, count: Int(found.pointee.ai_addrlen))
            return try connect(found.pointee.ai_family, name)
        }
    }

    private func connect(_ family: Int32, _ name: UnsafeRawBufferPointer) throws(Failure) -> Int32 {
        let descriptor = socket(family, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw failure() }
        var limit = timeval(tv_sec: timeout, tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            setsockopt(descriptor, SOL_SOCKET, option, &limit, socklen_t(MemoryLayout<timeval>.size))
        }
        let start = name.bindMemory(to: sockaddr.self).baseAddress
        guard Foundation.connect(descriptor, start, socklen_t(name.count)) == 0 else {
            defer { close(descriptor) }
            throw failure()
        }
        return descriptor
    }

    /// The answer ends with the connection, which was asked for.
    private static func parse(_ answer: [UInt8]) throws(Failure) -> Answer {
        let end: [UInt8] = [0x0D, 0x0A, 0x0D, 0x0A]
        guard let head = answer.firstRange(of: end) else { throw Failure(description: "the answer is not one of HTTP") }
        let line = String(decoding: answer.prefix { $0 != 0x0D }, as: UTF8.self).split(separator: " ")
        guard line.count > 1, let status = Int(line[1]) else {
            throw Failure(description: "the answer is not one of HTTP")
        }
        return Answer(status: status, body: Array(answer[head.upperBound...]))
    }
}
