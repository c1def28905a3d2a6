// Servers that run beside a test, through the whole life cycle.

import Foundation
import Service
import ServiceLifecycleTestKit
import Synchronization
import Telemetry
import Transport

/// Lines that were logged.
final class Lines: Sendable {
    private final class Written: Sendable {
        let bytes = Mutex<[UInt8]>([])
    }

    private let written: Written
    /// Writes here.
    let writer: LineWriter

    init() {
        let written = Written()
        self.written = written
        writer = LineWriter { bytes in
            written.bytes.withLock { $0 += bytes }
            return bytes.count
        }
    }

    /// All lines so far, each with its line feed.
    var all: [String] {
        writer.flush()
        return written.bytes.withLock { $0.split(separator: 0x0A).map { String(decoding: $0, as: UTF8.self) + "\n" } }
    }
}

/// Runs a server until `body` returns.
func withServer(
    _ loaded: LoadedConfiguration, log: Lines = Lines(), _ body: (Server.Addresses) async throws -> Void
) async throws {
    let serving = try Serving(loaded, log: log.writer)
    let (announced, continuation) = AsyncThrowingStream.makeStream(of: Server.Addresses.self)
    try await testGracefulShutdown { trigger in
        let running = Task {
            do {
                try await serving.run { continuation.yield($0) }
                continuation.finish()
            } catch {
                continuation.finish(throwing: error)
                throw error
            }
        }
        for try await addresses in announced {
            let result: Result<Void, any Error>
            do {
                result = .success(try await body(addresses))
            } catch {
                result = .failure(error)
            }
            trigger.triggerGracefulShutdown()
            try await running.value
            try result.get()
        }
    }
}

/// Runs a server of the demo state until `body` returns.
func withServer(
    _ environment: [String: String] = [:], log: Lines = Lines(), _ body: (Server.Addresses) async throws -> Void
) async throws {
    let ports = ["SESSIONGATE_SERVER_LISTEN": "127.0.0.1:0", "SESSIONGATE_SERVER_ADMIN": "127.0.0.1:0"]
    try await withServer(SharedDemo.load(environment: ports.merging(environment) { $1 }), log: log, body)
}
