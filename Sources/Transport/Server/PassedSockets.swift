// Listening sockets that the process was started with, by the protocol of systemd (sd_listen_fds(3)): LISTEN_FDS of them, from
// descriptor 3 on, for the process LISTEN_PID. Who passes them keeps them open while this process is replaced by another one, so
// that connections wait meanwhile and none is refused.

import Glibc

/// Sockets to accept on, by the addresses that they are bound to.
public struct PassedSockets: Sendable {
    /// Why they can't be used.
    public struct Unusable: Error, CustomStringConvertible, Sendable {
        /// One sentence.
        public let description: String
    }

    /// IP addresses are as `getnameinfo` writes them.
    private var descriptors: [ListenerAddress: CInt] = [:]

    /// No sockets: the server binds all listeners itself.
    public static let none = PassedSockets()

    private init() {}

    /// Takes the sockets that were passed to this process. A program that it starts gets none of them. Call it before there are
    /// other threads, as it changes the environment.
    /// - Throws: ``Unusable`` when one of them is no listening TCP or Unix socket.
    public static func take() throws(Unusable) -> PassedSockets {
        defer { for name in ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"] { unsetenv(name) } }
        guard number("LISTEN_PID") == Int(getpid()), let count = number("LISTEN_FDS"), count > 0 else { return .none }
        return try PassedSockets(3..<CInt(3 + min(count, 1024)))
    }

    /// The sockets with these descriptors, which belong to the listeners from now on.
    package init(_ range: Range<CInt>) throws(Unusable) {
        for descriptor in range {
            guard fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0, Self.accepts(descriptor),
                let address = ListenerAddress(boundTo: descriptor)
            else {
                throw Unusable(description: "descriptor \(descriptor), passed by LISTEN_FDS, is not a listening socket")
            }
            guard descriptors.updateValue(descriptor, forKey: address) == nil else {
                throw Unusable(description: "LISTEN_FDS passes two sockets for one address")
            }
        }
    }

    /// The socket for a TCP address, or for the path of a Unix socket; nil when none was passed.
    func descriptor(for address: ListenerAddress) -> CInt? { descriptors[address] }

    /// The addresses that are not among these.
    func unused(_ used: Set<ListenerAddress>) -> [ListenerAddress] { descriptors.keys.filter { !used.contains($0) } }

    private static func number(_ name: String) -> Int? { getenv(name).flatMap { Int(String(cString: $0)) } }

    private static func accepts(_ descriptor: CInt) -> Bool {
        var accepts: CInt = 0
        var size = socklen_t(MemoryLayout<CInt>.size)
        return getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &accepts, &size) == 0 && accepts == 1
    }
}

extension ListenerAddress {
    /// The address that a TCP or Unix socket is bound to; nil for a socket of another kind.
    fileprivate init?(boundTo descriptor: CInt) {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let result = withUnsafeMutablePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
        }
        guard result == 0 else { return nil }
        switch CInt(storage.ss_family) {
        case AF_INET, AF_INET6: self.init(&storage, length)
        case AF_UNIX:
            let path = withUnsafeBytes(of: &storage) { bytes in
                bytes[MemoryLayout<sa_family_t>.size..<Int(length)].prefix { $0 != 0 }
            }
            guard !path.isEmpty else { return nil }
            self = .unix(path: String(decoding: path, as: UTF8.self))
        default: return nil
        }
    }

    private init?(_ storage: inout sockaddr_storage, _ length: socklen_t) {
        var host = [CChar](repeating: 0, count: Int(NI_MAXHOST)), port = [CChar](repeating: 0, count: Int(NI_MAXSERV))
        let result = withUnsafePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                getnameinfo(
                    $0, length, &host, socklen_t(host.count), &port, socklen_t(port.count),
                    NI_NUMERICHOST | NI_NUMERICSERV)
            }
        }
        guard result == 0, let number = Int(Self.text(port)) else { return nil }
        self = .tcp(host: Self.text(host), port: number)
    }

    private static func text(_ buffer: [CChar]) -> String {
        String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
