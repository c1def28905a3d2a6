// A data listener: where it is, and who may come in how.

import Glibc

/// Where to listen.
public enum ListenerAddress: Sendable, Hashable {
    /// An IP address or host name; port 0 lets the system choose.
    case tcp(host: String, port: Int)
    /// A Unix domain socket; one that is left at this path, at which nobody answers, is replaced.
    case unix(path: String)
}

/// A data listener.
public struct Listener: Sendable, Hashable {
    /// Where it is.
    public var address: ListenerAddress
    /// Whether TLS is spoken.
    public var isTLS = false
    /// Permissions of a Unix socket: who may write to it may connect.
    public var mode: UInt32 = 0o660
    /// Owner and group of a Unix socket; nil: the process's.
    public var owner: UInt32?, group: UInt32?

    /// A listener without TLS.
    public init(_ address: ListenerAddress) { self.address = address }

    /// A listener on a TCP port, without TLS.
    public static func tcp(host: String, port: Int) -> Listener { Listener(.tcp(host: host, port: port)) }
    /// A listener on a Unix domain socket.
    public static func unix(path: String) -> Listener { Listener(.unix(path: path)) }
}

/// A Unix socket in the file system.
struct SocketFile: Sendable {
    private let path: String
    private let device: UInt64, inode: UInt64

    /// The socket that was just bound for `listener`. While it was bound nobody could open it (``closed(_:)``); now those may
    /// who should.
    init(_ listener: Listener, at path: String) throws {
        self.path = path
        if listener.owner != nil || listener.group != nil {
            let none = uid_t.max
            guard chown(path, listener.owner ?? none, listener.group ?? none) == 0 else { throw SystemError() }
        }
        guard chmod(path, listener.mode) == 0 else { throw SystemError() }
        var info = stat()
        guard stat(path, &info) == 0 else { throw SystemError() }
        device = UInt64(info.st_dev)
        inode = UInt64(info.st_ino)
    }

    /// Removes the socket, unless another process has put its own there.
    func remove() {
        var info = stat()
        guard stat(path, &info) == 0, UInt64(info.st_dev) == device, UInt64(info.st_ino) == inode else { return }
        unlink(path)
    }

    /// Runs `body` while files are made that nobody can open.
    static func closed<Result>(_ body: () async throws -> Result) async throws -> Result {
        let mask = umask(0o777)
        defer { umask(mask) }
        return try await body()
    }

    /// What the system says.
    struct SystemError: Error, CustomStringConvertible {
        let description = String(cString: strerror(errno))
    }
}
