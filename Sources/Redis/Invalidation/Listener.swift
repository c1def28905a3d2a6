// Hears what to forget. While the connection is lost messages are missed, so that everything is forgotten when it is back.

import Logging
import NIOCore
import Sessions
import Telemetry

/// Listens on the channel. Used on its event loop only.
final class Listener: RedisLinkDelegate {
    private let forget: @Sendable (Invalidation) -> Void
    private let logger: Logger
    private var link: RedisLink?
    private var lostSince: NIODeadline?
    /// Messages that were heard; how often everything was forgotten after a loss.
    let messages = Counter(), losses = Counter()

    /// Has `forget` called with what is to be forgotten; it must not block.
    init(logger: Logger, forget: @escaping @Sendable (Invalidation) -> Void) {
        self.logger = logger
        self.forget = forget
    }

    /// Uses `link` from now on.
    func start(_ link: RedisLink) {
        self.link = link
        link.start()
    }

    func stop() { link?.stop() }

    func received(message: [UInt8]) {
        messages.add()
        forget(Announcement.read(message))
    }

    func linkIsUp() {
        // What was looked up while nothing could be heard may be outdated, from the start on.
        forget(.all)
        guard let since = lostSince.take() else { return }
        losses.add()
        let duration = (.now() - since).nanoseconds / 1_000_000
        logger.notice("revocations are heard again: memory emptied", metadata: ["after_ms": "\(duration)"])
    }

    func linkIsDown(_ problem: RedisProblem, isNews: Bool) {
        guard lostSince == nil else { return }
        lostSince = .now()
        logger.error(
            "what other instances announce is not heard: revocations count after cache.lifetime",
            metadata: ["problem": "\(problem.reason)"])
    }
}
