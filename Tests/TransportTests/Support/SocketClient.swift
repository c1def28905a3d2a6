// A blocking socket: the network as it is.

import Glibc
import Transport

/// A client's connection.
final class SocketClient {
    private let descriptor: Int32

    /// Connects; nil when that is refused.
    init?(_ address: ListenerAddress) {
        switch address {
        case .tcp(_, let port):
            descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            var target = sockaddr_in()
            target.sin_family = sa_family_t(AF_INET)
            target.sin_port = in_port_t(port).bigEndian
            target.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
            let size = socklen_t(MemoryLayout<sockaddr_in>.size)
            let result = withUnsafePointer(to: &target) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, size) }
            }
            if result != 0 { return nil }
            // Pieces are sent as pieces.
            var one: Int32 = 1
            setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
        case .unix(let path):
            descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
            var target = sockaddr_un()
            target.sun_family = sa_family_t(AF_UNIX)
            withUnsafeMutableBytes(of: &target.sun_path) { $0.copyBytes(from: path.utf8) }
            let size = socklen_t(MemoryLayout<sockaddr_un>.size)
            let result = withUnsafePointer(to: &target) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, size) }
            }
            if result != 0 { return nil }
        }
        var timeout = timeval(tv_sec: 10, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
        timeout = timeval(tv_sec: 0, tv_usec: 50_000)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
    }

    /// Connects to ::1; nil when that is refused, or there is no IPv6.
    init?(loopback6 port: Int) {
        descriptor = socket(AF_INET6, Int32(SOCK_STREAM.rawValue), 0)
        var target = sockaddr_in6()
        target.sin6_family = sa_family_t(AF_INET6)
        target.sin6_port = in_port_t(port).bigEndian
        target.sin6_addr = in6addr_loopback
        let size = socklen_t(MemoryLayout<sockaddr_in6>.size)
        let result = withUnsafePointer(to: &target) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, size) }
        }
        if result != 0 { return nil }
    }

    deinit { Glibc.close(descriptor) }

    /// Sends no more; the server may go on.
    func closeOutput() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// What came of sending.
    enum Sent {
        case all, blocked, closed
    }

    /// Sends until all is sent, the peer takes no more for a while, or has closed.
    @discardableResult
    func send(_ bytes: [UInt8]) -> Sent {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress! + sent, bytes.count - sent, Int32(MSG_NOSIGNAL))
            }
            if count < 0 { return errno == EAGAIN || errno == EINTR ? .blocked : .closed }
            sent += count
        }
        return .all
    }

    /// Sends all, however long the server takes; false when it has closed.
    func sendAll(_ bytes: [UInt8]) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if count < 0, errno != EAGAIN, errno != EINTR { return false }
            rest = rest.dropFirst(max(0, count))
        }
        return true
    }

    @discardableResult
    func send(_ text: String) -> Sent { send(Array(text.utf8)) }

    /// The next bytes; empty when the server closed, or for ten seconds said nothing.
    func receive() -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 65_536)
        let count = bytes.withUnsafeMutableBytes { recv(descriptor, $0.baseAddress, $0.count, 0) }
        return count > 0 ? Array(bytes.prefix(count)) : []
    }

    /// Everything until the server closes.
    func receiveAll() -> [UInt8] {
        var all: [UInt8] = []
        while true {
            let next = receive()
            if next.isEmpty { return all }
            all += next
        }
    }

    /// Sends a request and receives until `end` is there.
    func ask(_ request: String, until end: String) -> String {
        send(request)
        var text = ""
        while !text.hasSuffix(end) {
            let next = receive()
            if next.isEmpty { break }
            text += String(decoding: next, as: UTF8.self)
        }
        return text
    }
}

/// Resident memory of this process, in bytes.
func residentBytes() -> Int {
    guard let file = fopen("/proc/self/statm", "r") else { return 0 }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 256)
    guard fgets(&line, 256, file) != nil else { return 0 }
    let fields = String(decoding: line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self).split(
        separator: " ")
    return (Int(fields[1]) ?? 0) * 4096
}
