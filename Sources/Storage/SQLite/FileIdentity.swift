// Which file a path names right now: a database that was replaced by renaming another over it is another file.

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A file's device and inode.
struct FileIdentity: Equatable {
    private let device: dev_t
    private let inode: ino_t

    /// The plain file at `path`.
    init(path: String) throws(StoreError) {
        var status = stat()
        guard stat(path, &status) == 0 else {
            let problem: StoreError.Problem =
                errno == ENOENT ? .missing : .cannotOpen(String(cString: strerror(errno)))
            throw StoreError(file: path, problem: problem)
        }
        guard status.st_mode & S_IFMT == S_IFREG else { throw StoreError(file: path, problem: .notAFile) }
        device = status.st_dev
        inode = status.st_ino
    }
}
