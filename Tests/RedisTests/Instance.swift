// An instance's part in a farm, beside others in one process.

import Bytes
import Logging
import NIOCore
import NIOPosix
import Redis
import Sessions
import Synchronization
import Telemetry
import Transport

/// One instance: an event loop that claims, and what it has heard.
final class Instance: Sendable {
    let farm: RedisFarm
    let log = KeptLog()
    private let group: MultiThreadedEventLoopGroup
    private let forgotten = Mutex<[Invalidation]>([])

    /// Connects to `url`.
    init(_ url: String, loops: Int = 1, capacity: Int = 100_000, _ change: (inout RedisSettings) -> Void = { _ in })
        throws
    {
        var settings = RedisSettings()
        // Long enough for a machine that is busy with other things; tests of timeouts set their own.
        settings.timeout = 2000
        settings.url = RedisURL(url)
        change(&settings)
        var oauth1 = OAuth1Settings()
        oauth1.nonceCapacity = capacity
        farm = try RedisFarm(settings, at: settings.url!, oauth1, logger: log.logger)
        group = MultiThreadedEventLoopGroup(numberOfThreads: loops)
        farm.start(group.makeIterator().map { $0 }) { [forgotten = Unowned(self)] in forgotten.value?.note($0) }
    }

    /// What was to be forgotten so far.
    var heard: [Invalidation] { forgotten.withLock { $0 } }

    private func note(_ what: Invalidation) { forgotten.withLock { $0.append(what) } }

    /// Claims, as a check does: at once when this instance knows, else through Redis. What `claims` are goes out in one turn.
    func claim(_ claims: [NonceClaim], at now: Timestamp = .current) async throws -> [NonceOutcome?] {
        let loop = group.next()
        return try await loop.flatSubmit { [self] in
            let settled = claims.map { claim -> EventLoopFuture<NonceOutcome?> in
                if let known = farm.nonces.claim(claim, now: now.seconds) { return loop.makeSucceededFuture(known) }
                let (pending, promise) = (PendingClaim(claim), loop.makePromise(of: NonceOutcome?.self))
                farm.nonces.resolve(pending, at: now) { _ in promise.succeed(pending.outcome) }
                return promise.futureResult
            }
            return EventLoopFuture.whenAllSucceed(settled, on: loop)
        }.get()
    }

    func claim(_ claim: NonceClaim, at now: Timestamp = .current) async throws -> NonceOutcome? {
        try await self.claim([claim], at: now)[0]
    }

    func announce(_ what: Invalidation) async -> PendingInvalidation.Report {
        await withCheckedContinuation { continuation in farm.announce(what) { continuation.resume(returning: $0) } }
    }

    func stop() async throws {
        await farm.detach()
        await farm.stop()
        try await group.shutdownGracefully()
    }
}

private struct Unowned: Sendable {
    private(set) weak var value: Instance?
    init(_ value: Instance) { self.value = value }
}

/// Runs `body` with an instance at `url`.
func withInstance(
    _ url: String, loops: Int = 1, capacity: Int = 100_000, _ change: (inout RedisSettings) -> Void = { _ in },
    _ body: (Instance) async throws -> Void
) async throws {
    let instance = try Instance(url, loops: loops, capacity: capacity, change)
    do {
        try await body(instance)
    } catch {
        try await instance.stop()
        throw error
    }
    try await instance.stop()
}

/// Waits until `condition` holds; false after ten seconds.
func eventually(_ condition: () async throws -> Bool) async rethrows -> Bool {
    for _ in 0..<1000 {
        if try await condition() { return true }
        try? await Task.sleep(for: .milliseconds(10))
    }
    return false
}

/// A claim of the nonce `name`.
func nonce(_ name: String, request: String = "", client: String = "client", life: Int64 = 300) -> NonceClaim {
    let (consumer, token, nonce) = (Array(client.utf8), Array("token".utf8), Array(name.utf8))
    return consumer.withBytes { consumer in
        token.withBytes { token in
            nonce.withBytes { nonce in
                Array(request.utf8).withBytes { request in
                    NonceClaim(
                        of: CacheKey(consumer, token), nonce: nonce, requestID: request,
                        expires: Timestamp.current.seconds + life,
                        shared: SharedNonce(consumer: consumer, token: token, nonce: nonce))
                }
            }
        }
    }
}

extension Timestamp {
    /// Now.
    static var current: Timestamp { SystemClock.now() }
}

/// Keeps what is logged.
final class KeptLog: Sendable {
    private let kept = Mutex<[String]>([])

    /// The lines so far.
    var lines: [String] { kept.withLock { $0 } }

    /// Writes here.
    var logger: Logger {
        Logger(label: "test") { _ in
            LineLog(LogSettings()) { bytes in self.kept.withLock { $0.append(String(decoding: bytes, as: UTF8.self)) } }
        }
    }
}
