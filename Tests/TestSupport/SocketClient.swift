// A blocking socket: the network as it is.

import Glibc

/// A client's connection to this machine.
package final class SocketClient {
    private let descriptor: Int32

    /// Connects to a port of 127.0.0.1; nil when that is refused.
    package init?(port: Int) {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var target = sockaddr_in()
        target.sin_family = sa_family_t(AF_INET)
        target.sin_port = in_port_t(port).bigEndian
        target.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        guard connect(to: target) else { return nil }
        // Pieces are sent as pieces.
        var one: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
    }

    /// Connects to a Unix socket; nil when that is refused.
    package init?(path: String) {
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        guard connect(to: sockaddr_un(path: path)) else { return nil }
    }

    private func connect<Address>(to address: Address) -> Bool {
        limit(SO_RCVTIMEO, timeval(tv_sec: 10, tv_usec: 0))
        limit(SO_SNDTIMEO, timeval(tv_sec: 0, tv_usec: 50_000))
        let size = socklen_t(MemoryLayout<Address>.size)
        return withUnsafePointer(to: address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { Glibc.connect(descriptor, $0, size) == 0 }
        }
    }

    private func limit(_ option: Int32, _ time: timeval) {
        var time = time
        setsockopt(descriptor, SOL_SOCKET, option, &time, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit { Glibc.close(descriptor) }

    /// What came of sending.
    package enum Sent {
        case all, blocked, closed
    }

    /// Sends until all is sent, the peer takes no more for a while, or has closed.
    @discardableResult
    package func send(_ bytes: [UInt8]) -> Sent {
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

    @discardableResult
    package func send(_ text: String) -> Sent { send(Array(text.utf8)) }

    /// The next bytes; empty when the server closed, or for ten seconds said nothing.
    package func receive() -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 65_536)
        let count = bytes.withUnsafeMutableBytes { recv(descriptor, $0.baseAddress, $0.count, 0) }
        return count > 0 ? Array(bytes.prefix(count)) : []
    }

    /// Everything until the server closes.
    package func receiveAll() -> [UInt8] {
        var all: [UInt8] = []
        while true {
            let next = receive()
            if next.isEmpty { return all }
            all += next
        }
    }

    /// Sends a request and receives until `end` is there.
    package func ask(_ request: String, until end: String) -> String {
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

extension sockaddr_un {
    /// The address of a Unix socket.
    package init(path: String) {
        self.init()
        sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &sun_path) { $0.copyBytes(from: path.utf8) }
    }
}

/// Resident memory of this process, in bytes.
package func residentBytes() -> Int {
    guard let file = fopen("/proc/self/statm", "r") else { return 0 }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 256)
    guard fgets(&line, 256, file) != nil else { return 0 }
    let fields = String(decoding: line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self).split(
        separator: " ")
    return (Int(fields[1]) ?? 0) * 4096
}
