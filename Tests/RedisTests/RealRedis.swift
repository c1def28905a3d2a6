// Debian's redis-server, started by the test in a folder of its own, on a Unix socket or a free port.

import Foundation

/// A redis-server that runs until `stop()`.
final class RealRedis: @unchecked Sendable {
    // @unchecked Sendable: a test uses it from one task at a time.

    private let folder: URL
    private let arguments: [String]
    private var process: Process?
    let socket: String

    static let program = "/usr/bin/redis-server"

    /// - Parameter arguments: More of redis-server's, such as `--requirepass`.
    init(_ arguments: [String] = []) throws {
        // A socket's path has at most 107 bytes.
        folder = URL(fileURLWithPath: "/tmp/sg-redis-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        socket = folder.appendingPathComponent("s").path
        self.arguments =
            ["--unixsocket", socket, "--save", "", "--appendonly", "no", "--dir", folder.path]
            + (arguments.contains("--port") || arguments.contains("--tls-port") ? [] : ["--port", "0"]) + arguments
        try start()
    }

    var url: String { "unix:\(socket)" }

    func start() throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: Self.program)
        process.arguments = arguments
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        self.process = process
        for _ in 0..<500 where !FileManager.default.fileExists(atPath: socket) { usleep(10_000) }
    }

    func signal(_ number: Int32) { process.map { _ = kill($0.processIdentifier, number) } }

    /// Ends the server, and with it all that it holds.
    func end() {
        signal(SIGCONT)
        signal(SIGKILL)
        process?.waitUntilExit()
        process = nil
        try? FileManager.default.removeItem(atPath: socket)
    }

    func stop() {
        end()
        try? FileManager.default.removeItem(at: folder)
    }

    /// What redis-cli says to a command.
    @discardableResult
    func ask(_ words: String...) throws -> String { try ask(words) }

    func ask(_ words: [String]) throws -> String {
        let client = Process()
        client.executableURL = URL(fileURLWithPath: "/usr/bin/redis-cli")
        client.arguments = ["-s", socket] + words
        let output = Pipe()
        client.standardOutput = output
        try client.run()
        let answer = output.fileHandleForReading.readDataToEndOfFile()
        client.waitUntilExit()
        return String(decoding: answer, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    }
}

/// Runs `body` with a redis-server.
func withRedis(_ arguments: [String] = [], _ body: (RealRedis) async throws -> Void) async throws {
    let redis = try RealRedis(arguments)
    defer { redis.stop() }
    try await body(redis)
}
