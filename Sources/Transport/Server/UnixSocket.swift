// A listening Unix socket, made here and handed to NIO: a socket that NIO binds itself is removed by its path when it closes,
// even when another process has bound its own at that path meanwhile.

import Glibc

/// A bound and listening Unix socket.
struct UnixSocket: Sendable {
    /// Its descriptor, which NIO closes with its channel.
    let descriptor: CInt
    private let path: String
    private let device: UInt64, inode: UInt64

    /// What went wrong.
    struct Failure: Error, CustomStringConvertible {
        let description: String

        /// What the system says; `part` is what it says it of.
        static func system(_ part: String? = nil) -> Failure {
            let reason = String(cString: strerror(errno))
            return Failure(description: part.map { "\($0): \(reason)" } ?? reason)
        }
    }

    /// Binds at `path`, in the place of a socket at which no process listens any more; of any other socket too, if `isShared`. Who
    /// listened there keeps its connections and gets no more of them.
    /// - Throws: ``StaleSocket/Occupied``, or ``Failure``.
    init(_ listener: Listener, at path: String, isShared: Bool) throws {
        try StaleSocket.check(path, isShared: isShared)
        // There is a socket at the path at every moment: clients of a shared one are never refused.
        let place = isShared ? Self.neighbor(of: path) : path
        unlink(place)
        descriptor = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw Failure.system() }
        do {
            try Self.bind(descriptor, place)
            (device, inode) = try Self.open(to: listener, place)
            guard !isShared || rename(place, path) == 0 else { throw Failure.system() }
        } catch {
            close(descriptor)
            throw error
        }
        self.path = path
    }

    /// A short name in the directory of `path`, of this process alone.
    private static func neighbor(of path: String) -> String {
        let directory = path.lastIndex(of: "/").map { path[...$0] } ?? ""
        return "\(directory).\(getpid())"
    }

    /// Binds a socket to which no process may connect yet, and listens.
    private static func bind(_ descriptor: CInt, _ path: String) throws {
        guard var address = sockaddr_un(path: path) else { throw Failure(description: "the path is too long") }
        let mask = umask(0o777)
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        let failure = errno
        umask(mask)
        errno = failure
        guard result == 0, listen(descriptor, 1024) == 0 else { throw Failure.system() }
    }

    /// Lets those connect who should. Returns the socket's identity in the file system.
    private static func open(to listener: Listener, _ path: String) throws -> (UInt64, UInt64) {
        if listener.owner != nil || listener.group != nil {
            let unchanged = uid_t.max
            guard chown(path, listener.owner ?? unchanged, listener.group ?? unchanged) == 0 else {
                throw Failure.system("owner, group or mode")
            }
        }
        guard chmod(path, listener.mode) == 0 else { throw Failure.system("owner, group or mode") }
        var info = stat()
        guard stat(path, &info) == 0 else { throw Failure.system() }
        return (UInt64(info.st_dev), UInt64(info.st_ino))
    }

    /// Removes the socket, unless another process has put its own there.
    func remove() {
        var info = stat()
        guard stat(path, &info) == 0, UInt64(info.st_dev) == device, UInt64(info.st_ino) == inode else { return }
        unlink(path)
    }
}

extension sockaddr_un {
    /// The address of a socket at `path`; nil when the path is too long.
    package init?(path: String) {
        self.init()
        sun_family = sa_family_t(AF_UNIX)
        let fits = withUnsafeMutableBytes(of: &sun_path) { room in
            guard path.utf8.count < room.count else { return false }
            room.copyBytes(from: path.utf8)
            return true
        }
        if !fits { return nil }
    }
}
