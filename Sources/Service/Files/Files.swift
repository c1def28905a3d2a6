// Files, read and made with errors that an operator can act on, and never overwritten.

import Foundation
import Telemetry

/// What the system said about a file.
public struct FileProblem: Error, Sendable, CustomStringConvertible {
    /// The file.
    public var path: String
    /// What is wrong with it.
    public var problem: String

    /// A problem with a file.
    package init(path: String, problem: String) {
        self.path = path
        self.problem = problem
    }

    /// `path: problem`.
    public var description: String { "\(path): \(problem)" }

    /// What `errno` says.
    package static func system(_ path: String) -> FileProblem {
        FileProblem(path: path, problem: String(cString: strerror(errno)))
    }
}

/// File operations.
package enum Files {
    /// The contents of a file, of at most `limit` bytes.
    package static func read(_ path: String, limit: Int) throws(FileProblem) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .system(path) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .system(path) }
        guard status.st_mode & S_IFMT != S_IFDIR else { throw FileProblem(path: path, problem: "it is a directory") }
        var contents: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = Foundation.read(descriptor, &chunk, chunk.count)
            guard count >= 0 else { throw .system(path) }
            if count == 0 { return contents }
            contents += chunk[..<count]
            guard contents.count <= limit else {
                throw FileProblem(path: path, problem: "it is larger than \(limit) bytes")
            }
        }
    }

    /// Makes a file that must not exist yet, with this mode whatever the umask.
    package static func create(_ path: String, _ contents: [UInt8], mode: mode_t) throws(FileProblem) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw .system(path) }
        defer { close(descriptor) }
        guard fchmod(descriptor, mode) == 0 else { throw .system(path) }
        guard writeAll(contents, to: descriptor) == contents.count else { throw .system(path) }
    }

    /// Makes a directory, and those above it; one that exists stays as it is.
    package static func createDirectory(_ path: String, mode: mode_t) throws(FileProblem) {
        if mkdir(path, mode) == 0 || errno == EEXIST && isDirectory(path) { return }
        let parent = directory(of: path)
        guard errno == ENOENT, parent != path else { throw .system(path) }
        try createDirectory(parent, mode: 0o755)
        guard mkdir(path, mode) == 0 || errno == EEXIST else { throw .system(path) }
    }

    package static func exists(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0
    }

    package static func isDirectory(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// Whether others than the owner may read the file.
    package static func isOpenToOthers(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & 0o077 != 0
    }

    /// The directory that a file is in.
    package static func directory(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// `path` as seen from `directory`.
    package static func resolve(_ path: String, in directory: String) -> String {
        path.hasPrefix("/") || directory == "." ? path : directory + "/" + path
    }
}
