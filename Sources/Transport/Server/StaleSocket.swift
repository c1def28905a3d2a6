// What may be at the path of a Unix socket before it is bound: nothing, or a socket that no process listens at any more.

import Glibc

/// Looks whether a path can be taken over.
enum StaleSocket {
    /// Why it can't.
    struct Occupied: Error, CustomStringConvertible {
        let description: String
    }

    /// Checks that nothing is at `path` that is not ours to remove. A socket that a process listens at is not, unless it is shared.
    /// - Throws: ``Occupied``.
    static func check(_ path: String, isShared: Bool) throws(Occupied) {
        var info = stat()
        guard lstat(path, &info) == 0 else { return }
        guard info.st_mode & S_IFMT == S_IFSOCK else {
            throw Occupied(
                description: "there is something at this path that is not a socket; remove it or name another path")
        }
        if isShared { return }
        switch connect(to: path) {
        case ECONNREFUSED, ENOENT: return
        case 0, EAGAIN: throw Occupied(description: "another process is listening there")
        case let error:
            throw Occupied(
                description:
                    "could not find out whether another process is listening there: \(String(cString: strerror(error)))"
            )
        }
    }

    /// 0, or `errno`. It does not wait: a full backlog is an answer too.
    private static func connect(to path: String) -> CInt {
        guard var address = sockaddr_un(path: path) else { return ENAMETOOLONG }
        let descriptor = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_NONBLOCK.rawValue), 0)
        guard descriptor >= 0 else { return errno }
        defer { close(descriptor) }
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        return result == 0 ? 0 : errno
    }
}
