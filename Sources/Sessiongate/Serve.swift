import ArgumentParser
import Foundation
import Service
import Telemetry
import Transport

struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Answer Envoy's checks.",
        discussion: """
            Listens on the configured addresses: by default 127.0.0.1:9001 for checks and 127.0.0.1:9002 for operators. \
            Prints one line with the addresses when it is ready. The log goes to standard error. If the configuration is \
            invalid, prints all problems and exits with status 78.

            SIGTERM and SIGINT stop it after the requests under way are answered; a second signal stops it at once. SIGHUP \
            reads the configuration, its keys and the TLS files again; a changed file is noticed without it, too.

            It takes listening sockets from systemd (LISTEN_FDS) for the addresses in server.listen and server.admin, \
            and tells systemd when it is ready, reloading, stopping and well (NOTIFY_SOCKET, WATCHDOG_USEC).

            Example:
              sessiongate init demo
              sessiongate serve --config demo/sessiongate.yaml
            """)

    @OptionGroup var option: ConfigurationOption

    /// Listening sockets that systemd passes.
    private func takeSockets() throws -> PassedSockets {
        do {
            return try PassedSockets.take()
        } catch {
            complain("error: \(error)")
            throw ExitCode.failure
        }
    }

    func run() async throws {
        let passed = try takeSockets()
        let loaded = try option.load(warn: false)
        let serving = try orExit { () throws(ConfigurationErrors) in
            try Serving(loaded, passed: passed, manager: .current)
        }
        // Threads of their own write both, so that a reader who has stopped holds up neither the start nor the end.
        let output = LineWriter { bytes in
            let written = writeAll(bytes, to: STDOUT_FILENO)
            if written < bytes.count { complain("error: standard output: \(String(cString: strerror(errno)))") }
            return written
        }
        defer { output.flush() }
        do {
            try await serving.run { addresses in
                output.write(Array("ready data=\(addresses.dataText) admin=\(addresses.adminText)\n".utf8))
            }
        } catch let error as StartError {
            let errors = LineWriter(descriptor: STDERR_FILENO)
            errors.write(Array("Error: \(error)\n".utf8))
            errors.flush()
            throw ExitCode.failure
        }
    }
}
