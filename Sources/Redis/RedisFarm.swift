// All that an instance does with Redis: it claims nonces there, and hears and says what is to be forgotten.
//
//     event loop 1 ─ link ─┐
//     event loop 2 ─ link ─┼─ Redis          a thread of its own: announcer ─ link ─┬─ Redis
//                          ┘                                      listener ── link ─┘

import Logging
import NIOCore
import NIOPosix
import Sessions
import Synchronization
import Telemetry
import Transport

/// An instance's part in a farm. It must be stopped before it is released.
public final class RedisFarm: Sendable {
    /// The nonces of all instances.
    public let nonces: SharedNonces

    private let settings: RedisSettings
    private let logger: Logger
    private let connector: URLConnector
    private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    private let ends = Mutex<(announcer: NIOLoopBound<Announcer>, listener: NIOLoopBound<Listener>)?>(nil)
    private let heard = Mutex<(messages: Counter, losses: Counter)?>(nil)

    /// Milliseconds after which an answer about what is to be forgotten counts as missing. No request waits for it.
    private static let patience: Int64 = 1000

    /// A farm that meets at `settings.url`. Nothing is connected yet.
    /// - Throws: What is wrong with the files of TLS.
    public init(
        _ settings: RedisSettings, at url: RedisURL, _ oauth1: OAuth1Settings, logger: Logger
    ) throws(RedisTLSProblem) {
        self.settings = settings
        self.logger = logger
        connector = URLConnector(url, tls: url.isTLS ? try settings.openTLS() : nil)
        nonces = SharedNonces(settings, oauth1, connector, logger: logger)
    }

    /// Connects: each of `eventLoops` claims nonces; `forget` is called, on a thread of Redis's own, with what is to be forgotten.
    /// It must not block.
    public func start(_ eventLoops: [any EventLoop], forget: @escaping @Sendable (Invalidation) -> Void) {
        nonces.attach(eventLoops)
        let eventLoop = group.next()
        eventLoop.execute { [self] in
            let announcer = Announcer(channel: settings.channel, logger: logger)
            let listener = Listener(logger: logger, forget: forget)
            heard.withLock { $0 = (listener.messages, listener.losses) }
            ends.withLock {
                $0 = (
                    NIOLoopBound(announcer, eventLoop: eventLoop), NIOLoopBound(listener, eventLoop: eventLoop)
                )
            }
            announcer.start(link(on: eventLoop, .claims(prefix: settings.prefix), announcer))
            listener.start(link(on: eventLoop, .messages(channel: settings.channel), listener))
        }
    }

    private func link(
        on eventLoop: any EventLoop, _ purpose: Greeting.Purpose, _ delegate: any RedisLinkDelegate
    ) -> RedisLink {
        RedisLink(
            on: eventLoop, connector, settings, purpose, timeout: Self.patience, delegate: delegate)
    }

    /// Tells all instances to forget `what`. `report` gets what came of it, on any thread.
    public func announce(_ what: Invalidation, report: @escaping @Sendable (PendingInvalidation.Report) -> Void) {
        group.next().execute { [self] in
            // Made on this loop by `start`, and so before anything is announced.
            guard let announcer = ends.withLock({ $0?.announcer }) else { return report(.queued) }
            announcer.value.announce(what) { count in report(count.map { .told($0) } ?? .queued) }
        }
    }

    /// Ends the links of the event loops, which must still run.
    public func detach() async { await nonces.detach() }

    /// Ends everything.
    public func stop() async {
        if let ends = ends.withLock({ $0 }) {
            try? await group.next().submit {
                ends.announcer.value.stop()
                ends.listener.value.stop()
            }.get()
        }
        try? await group.shutdownGracefully()
    }

    /// Messages of other instances and of this one that were heard, and how often everything was forgotten since some may have been
    /// missed.
    package var heardCounts: (messages: UInt64, losses: UInt64) {
        heard.withLock { $0.map { ($0.messages.current, $0.losses.current) } ?? (0, 0) }
    }
}

/// What is wrong with the files of TLS to Redis.
public struct RedisTLSProblem: Error, Sendable {
    /// Whether it is the CA's file, and not certificate or key.
    public let isAuthority: Bool
    /// One sentence that names the file.
    public let description: String
}

extension RedisSettings {
    /// TLS to Redis, with the files of the settings.
    /// - Throws: What is wrong with them.
    package func openTLS() throws(RedisTLSProblem) -> TLSClient {
        do {
            let trust = certificateAuthority.map(TLSClient.Trust.authorities) ?? .system
            return try TLSClient(trust, certificate: certificate, key: key)
        } catch {
            throw RedisTLSProblem(isAuthority: error.part == .authority, description: error.description)
        }
    }
}
