// The files that a configuration was made of: itself, and the keys and secrets that it names. A reload looks whether they changed.

import Bytes
import Cryptography
import Foundation

/// A file that was read, and what was in it.
struct SourceFile: Equatable, Sendable {
    /// Its name.
    let path: String
    /// The SHA-256 of its contents; nil when it could not be read. It may be the digest of a secret: it must not be shown.
    let digest: Digest256?
    /// Which file it was; nil when there was none.
    let identity: FileIdentity?

    init(_ path: String, contents: [UInt8]?) {
        self.path = path
        digest = contents.map { $0.withBytes { SHA256.digest($0) } }
        identity = FileIdentity(path)
    }

    /// Whether both have the same contents, wherever they lie on the disk.
    func hasContents(of other: SourceFile) -> Bool { path == other.path && digest == other.digest }
}

/// What changes when a file is written anew or replaced.
struct FileIdentity: Equatable, Sendable {
    private let device: UInt64, inode: UInt64, size: Int64, seconds: Int, nanoseconds: Int

    /// The file at `path`; nil when there is none.
    init?(_ path: String) {
        var info = stat()
        guard stat(path, &info) == 0 else { return nil }
        device = UInt64(info.st_dev)
        inode = UInt64(info.st_ino)
        size = Int64(info.st_size)
        seconds = info.st_mtim.tv_sec
        nanoseconds = info.st_mtim.tv_nsec
    }
}
