// What the service manager is told, by the protocol of systemd (sd_notify(3)): datagrams of lines NAME=value to the socket that
// NOTIFY_SOCKET names. Without one nothing is sent.

import Glibc
import Transport

/// The service manager that started this process, if there is one that wants to know.
public struct ServiceManager: Sendable {
    /// Where datagrams go; nil: nowhere.
    private let socket: String?
    /// How often it must hear that the process is well, in microseconds; nil: it need not.
    let watchdogMicroseconds: Int64?

    /// None.
    public static let none = ServiceManager(environment: { _ in nil })

    /// The one that the process's environment names.
    public static var current: ServiceManager {
        ServiceManager { name in getenv(name).map { String(cString: $0) } }
    }

    /// - Parameter environment: Returns a variable's value. `WATCHDOG_PID` must name this process, if it is there.
    package init(environment: (String) -> String?) {
        socket = environment("NOTIFY_SOCKET").flatMap { $0.hasPrefix("/") || $0.hasPrefix("@") ? $0 : nil }
        let isOurs = environment("WATCHDOG_PID").map { Int32($0) == getpid() } ?? true
        let period = environment("WATCHDOG_USEC").flatMap { Int64($0) }.flatMap { $0 > 0 ? $0 : nil }
        watchdogMicroseconds = isOurs && socket != nil ? period : nil
    }

    /// Requests are welcome; `status` is what `systemctl status` shows.
    func ready(_ status: String) { send("READY=1\nSTATUS=\(status)") }

    /// Configuration and keys are read anew. ``ready(_:)`` must follow, whether they could be used or not.
    func reloading() {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        send("RELOADING=1\nMONOTONIC_USEC=\(Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)")
    }

    /// No more requests are taken, and those under way are answered.
    func stopping() { send("STOPPING=1\nSTATUS=answering the last requests") }

    /// All is well; due as often as ``watchdogMicroseconds`` says.
    func isWell() { send("WATCHDOG=1") }

    /// A manager that does not listen loses the datagram: it is not waited for.
    private func send(_ text: String) {
        guard let socket, var address = sockaddr_un(notifying: socket) else { return }
        let kind = CInt(SOCK_DGRAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let descriptor = Glibc.socket(AF_UNIX, kind, 0)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        let bytes = Array(text.utf8)
        // An abstract name ends where the address does; zeros behind it would be part of it.
        let length = socklen_t(MemoryLayout<sa_family_t>.size + socket.utf8.count + (socket.hasPrefix("/") ? 1 : 0))
        withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                _ = sendto(descriptor, bytes, bytes.count, CInt(MSG_NOSIGNAL), $0, length)
            }
        }
    }
}

extension sockaddr_un {
    /// The address of a path, or of an abstract name, which is written with `@`; nil when it is too long.
    fileprivate init?(notifying name: String) {
        self.init(path: name)
        if name.hasPrefix("@") { sun_path.0 = 0 }
    }
}
