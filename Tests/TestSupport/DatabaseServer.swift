// MariaDB servers of the tests' own: in temporary folders, on Unix sockets or free ports, gone with the process whatever ends it.

import Foundation
import Storage
import Synchronization

/// A MariaDB server that runs for tests.
package final class DatabaseServer: Sendable {
    /// A problem with the programs or with the server.
    package struct Failure: Error, CustomStringConvertible {
        /// What happened.
        package let description: String
    }

    /// One for all tests that need no server of their own.
    package static let shared = Result { try DatabaseServer() }

    private let folder: URL
    private let options: [String]
    private let state = Mutex<[Keeper]>([])

    /// Makes a database directory and starts a server on it.
    ///
    /// - Parameter options: More options of mariadbd, such as `--port=3307`.
    /// - Throws: When it can't be started, as without Debian's package mariadb-server.
    package init(_ options: [String] = ["--skip-networking"]) throws {
        self.options = options
        let (folder, remover) = try Self.temporaryFolder()
        self.folder = folder
        state.withLock { $0 = [remover] }
        try Self.execute(["/bin/cp", "-r", Self.template.get().folder.appending(path: "data").path, folder.path])
        try start()
    }

    /// A port that was free a moment ago.
    package static func freePort() -> Int {
        let socket = Foundation.socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        defer { close(socket) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = INADDR_LOOPBACK.bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        return withUnsafeMutableBytes(of: &address) { bytes in
            let pointer = bytes.baseAddress!.assumingMemoryBound(to: sockaddr.self)
            bind(socket, pointer, length)
            getsockname(socket, pointer, &length)
            return Int(UInt16(bigEndian: bytes.load(fromByteOffset: 2, as: UInt16.self)))
        }
    }

    /// The socket that it listens on.
    package var address: DatabaseAddress { .unix(path: path("socket")) }

    private func path(_ name: String) -> String { folder.appending(path: name).path }

    /// Options that make a small server that starts fast and need not survive a power cut.
    private static let small = [
        "--innodb-log-file-size=8M", "--innodb-buffer-pool-size=32M", "--innodb-flush-log-at-trx-commit=2",
        "--skip-name-resolve", "--userstat=1",
    ]
    private static let user = getuid() == 0 ? ["--user=root"] : []

    /// An empty database directory, made once and copied.
    private static let template = Result { () throws -> (folder: URL, remover: Keeper) in
        let (folder, remover) = try temporaryFolder()
        try execute(
            ["/usr/bin/mariadb-install-db", "--no-defaults", "--auth-root-authentication-method=normal"]
                + ["--skip-test-db", "--datadir=\(folder.path)/data"] + user + small)
        return (folder, remover)
    }

    /// A folder that goes with the process.
    private static func temporaryFolder() throws -> (folder: URL, remover: Keeper) {
        let folder = FileManager.default.temporaryDirectory.appending(path: "db-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        return (folder, try Keeper(["/bin/sh", "-c", "cat > /dev/null; sleep 1; rm -rf \"$0\"", folder.path]))
    }

    private static func execute(_ command: [String]) throws {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(filePath: command[0])
        process.arguments = Array(command.dropFirst())
        (process.standardOutput, process.standardError) = (output, output)
        try process.run()
        let said = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Failure(description: "\(command[0]): \(String(decoding: said.suffix(1000), as: UTF8.self))")
        }
    }

    /// Starts it again after ``kill()``.
    ///
    /// - Throws: When it does not answer within 20 seconds.
    package func start() throws {
        let server =
            ["/usr/sbin/mariadbd", "--no-defaults", "--datadir=\(path("data"))", "--socket=\(path("socket"))"]
            + ["--pid-file=\(path("pid"))", "--log-error=\(path("log"))"] + Self.user + Self.small + options
        // The shell ends the server when this process, which has the other end of its input, is gone.
        let script = "\"$0\" \"$@\" < /dev/null > /dev/null 2>&1 & cat > /dev/null; kill -9 $!"
        let keeper = try Keeper(["/bin/sh", "-c", script] + server)
        state.withLock { $0.append(keeper) }
        let begin = ContinuousClock.now
        while true {
            do {
                _ = try connection()
                return
            } catch {
                guard ContinuousClock.now - begin < .seconds(20) else { throw Failure(description: "\(error)") }
                usleep(50_000)
            }
        }
    }

    /// A connection of the administrator.
    package func connection(_ database: String = "") throws -> MariaDBConnection {
        var servers = MariaDBSource.Servers()
        servers.user = "root"
        servers.database = database
        return try MariaDBConnection(address, servers, MariaDBSource.TLS(), timeout: .seconds(5))
    }

    /// Runs statements as the administrator.
    package func run(_ script: String, in database: String = "") throws {
        try connection(database).run(script, timeout: .seconds(20))
    }

    private var processID: pid_t {
        let text = (try? String(contentsOfFile: path("pid"), encoding: .utf8)) ?? ""
        return pid_t(text.trimmingCharacters(in: .whitespacesAndNewlines)) ?? 0
    }

    /// Makes it hang: connections stay, and nothing is answered.
    package func hang() {
        let id = processID
        signal(SIGSTOP)
        while id > 0, !isInState("T", id) { usleep(1000) }
    }
    /// Makes it go on.
    package func goOn() { signal(SIGCONT) }

    /// Ends it at once, as a crash would.
    package func kill() {
        let id = processID
        signal(SIGKILL)
        while id > 0, Foundation.kill(id, 0) == 0, !isInState("Z", id) { usleep(10_000) }
        try? FileManager.default.removeItem(atPath: path("pid"))
    }

    /// As proc(5) calls it: T is stopped, Z ended.
    private func isInState(_ state: String, _ id: pid_t) -> Bool {
        let status = (try? String(contentsOfFile: "/proc/\(id)/stat", encoding: .utf8)) ?? ""
        return status.contains(") \(state) ")
    }

    private func signal(_ number: CInt) {
        let id = processID
        if id > 0 { Foundation.kill(id, number) }
    }
}

/// A process that ends when this one does: it reads from a pipe that nothing is ever written to.
private final class Keeper: @unchecked Sendable {
    // @unchecked Sendable: nothing is changed after it was made.
    private let process = Process()
    private let pipe = Pipe()

    init(_ command: [String]) throws {
        // Other children must not hold the pipe open.
        _ = fcntl(pipe.fileHandleForWriting.fileDescriptor, F_SETFD, FD_CLOEXEC)
        process.executableURL = URL(filePath: command[0])
        process.arguments = Array(command.dropFirst())
        process.standardInput = pipe
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
    }

    deinit { try? pipe.fileHandleForWriting.close() }
}
