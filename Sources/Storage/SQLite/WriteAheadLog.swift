// Reading a database in WAL mode without locking its owner out.
//
// In WAL mode a reader needs two more files, `-wal` and `-shm`, and SQLite creates them even for a connection that only reads.
// They belong to the user that reads. When that is another user than the wiki's, the wiki can't write to them, and so not to
// its own database: no login and no edit works, not even after the reader has ended, since a connection that only reads can't
// remove them.
//
// So the log of a database is opened only where files that this process creates are as good as the wiki's own. It does not
// matter whether the files exist already: the last connection of the wiki removes them, at any moment, and the answer should
// not depend on who came first.

import CNative.SQLite

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Decides whether this process may open the write-ahead log of a database.
enum WriteAheadLog {
    /// libsqlite3's name of the guard.
    static let guardName = "sessiongate"

    /// What the guard answers when a log may not be opened: SQLITE_READONLY_DIRECTORY, as libsqlite3 itself does in a
    /// directory that can't be written.
    static let refusal: CInt = SQLITE_READONLY | 6 << 8

    /// Registers a file system of libsqlite3 that is its own, but for opening logs. To be called once.
    static func registerGuard() -> Bool {
        guard let system = sqlite3_vfs_find(nil) else { return false }
        // Both are kept until the process ends.
        let guarded = UnsafeMutablePointer<sqlite3_vfs>.allocate(capacity: 1)
        guarded.initialize(to: system.pointee)
        guarded.pointee.zName = UnsafePointer(strdup(guardName))
        guarded.pointee.xOpen = { _, path, file, flags, openedFlags in
            if flags & SQLITE_OPEN_WAL != 0, let path, !WriteAheadLog.mayOpen(log: String(cString: path)) {
                // Nothing is opened that would have to be closed.
                file?.pointee.pMethods = nil
                return WriteAheadLog.refusal
            }
            guard let system = sqlite3_vfs_find("unix"), let open = system.pointee.xOpen else { return SQLITE_ERROR }
            return open(system, path, file, flags, openedFlags)
        }
        return sqlite3_vfs_register(guarded, 0) == SQLITE_OK
    }

    private static func mayOpen(log: String) -> Bool {
        guard log.hasSuffix("-wal") else { return false }
        return obstacle(beside: String(log.dropLast(4))) == nil
    }

    /// Why the file can't be read, when it is in WAL mode and its log may not be opened.
    static func problem(with file: String) -> String? {
        guard let resolved = realpath(file, nil) else { return nil }
        defer { free(resolved) }
        let path = String(cString: resolved)
        return obstacle(beside: path).map { obstacle in
            "the database is in WAL mode, and reading it needs files beside it, \(path)-wal and \(path)-shm: \(obstacle)"
        }
    }

    /// Why files that this process creates beside the database would not be as good as its owner's; nil when they are.
    private static func obstacle(beside path: String) -> String? {
        let directory = String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]) + "/"
        var (database, folder) = (stat(), stat())
        guard stat(path, &database) == 0, stat(directory, &folder) == 0 else { return "they can't be looked for" }
        let owner = "the database's owner (uid \(database.st_uid))"
        let mend =
            "run this service as \(owner), or leave WAL mode: as that user, with the wiki stopped, "
            + "sqlite3 \(path) 'PRAGMA journal_mode=DELETE'"
        // libsqlite3 gives files that root creates to the database's owner and group.
        if geteuid() == 0, database.st_uid == 0 || sqlite_may_change_owner() != 0 { return nil }
        guard geteuid() == database.st_uid else {
            return "created by uid \(geteuid()), they would keep the wiki from writing to its own database; \(mend)"
        }
        let group = folder.st_mode & S_ISGID != 0 ? folder.st_gid : getegid()
        guard group == database.st_gid || database.st_mode & S_IWGRP == 0 else {
            return "created with group id \(group), they would keep members of the database's group (gid "
                + "\(database.st_gid)) from writing; run this service with that group, or set the directory's "
                + "set-group-ID bit: chmod g+s \(directory)"
        }
        guard access(directory, W_OK | X_OK) == 0 else {
            return "\(directory) can't be written by \(owner); make it writable for this service, or leave WAL mode: "
                + "sqlite3 \(path) 'PRAGMA journal_mode=DELETE'"
        }
        return nil
    }
}
