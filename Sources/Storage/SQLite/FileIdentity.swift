// Which file a path names: a database that is replaced by renaming another file over it is another file.

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
    ///
    /// - Throws: When there is none.
    init(path: String) throws(StoreError) {
        var status = stat()
        guard stat(path, &status) == 0 else {
            let reason =
                errno == ENOENT ? "there is no such file" : "can't be opened: \(String(cString: strerror(errno)))"
            throw StoreError(.unavailable(reason), file: path)
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw StoreError(.unavailable("not a plain file: expected an SQLite database"), file: path)
        }
        device = status.st_dev
        inode = status.st_ino
    }
}
