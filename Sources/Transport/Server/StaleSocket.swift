// What may be at the path of a Unix socket before it is bound: nothing, or a socket that nobody answers at any more.

import Glibc

/// Looks whether a path can be taken over.
enum StaleSocket {
    /// Why not.
    struct Occupied: Error {
        let reason: String
    }

    /// Throws when something is at `path` that is not ours to remove.
    static func check(_ path: String) throws(Occupied) {
        var info = stat()
        guard lstat(path, &info) == 0 else { return }
        guard info.st_mode & S_IFMT == S_IFSOCK else {
            throw Occupied(reason: "there is something at this path that is no socket; remove it or name another path")
        }
        switch connect(to: path) {
        case ECONNREFUSED, ENOENT: return
        case 0, EAGAIN: throw Occupied(reason: "another process is listening there")
        case let error:
            throw Occupied(
                reason: "whether another process is listening there can't be told: \(String(cString: strerror(error)))")
        }
    }

    /// 0, or `errno`. Without waiting: a full backlog is an answer as well.
    private static func connect(to path: String) -> CInt {
        let descriptor = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_NONBLOCK.rawValue), 0)
        guard descriptor >= 0 else { return errno }
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix($0.count - 1)) }
        let result = withUnsafePointer(to: address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        return result == 0 ? 0 : errno
    }
}
