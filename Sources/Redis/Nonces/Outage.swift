// When Redis is away, and what that costs: one line in the log at its beginning, one a minute, one at its end.

import Logging
import NIOCore
import Sessions
import Synchronization

/// Watches the links of all event loops. Redis counts as away as long as one of them is down.
package final class Outage: Sendable {
    private struct State {
        var down: Set<ObjectIdentifier> = []
        var began: NIODeadline?
        /// When the log has named it last.
        var said = NIODeadline.uptimeNanoseconds(0)
        var reason = ""
        var count: UInt64 = 0
        /// Claims that were decided without Redis before this outage.
        var decidedBefore: UInt64 = 0

        /// Notes that a link is down. Returns what is to be said.
        mutating func note(_ link: ObjectIdentifier, _ reason: String, _ decided: UInt64, at now: NIODeadline) -> Line?
        {
            self.reason = reason
            let isNew = down.isEmpty
            down.insert(link)
            if isNew {
                (began, said, decidedBefore) = (now, now, decided)
                count += 1
                return .began
            }
            guard let began, now - said >= Outage.pause else { return nil }
            said = now
            return .goesOn(seconds: (now - began).nanoseconds / 1_000_000_000)
        }
    }

    private enum Line {
        case began
        case goesOn(seconds: Int64)
    }

    private static let pause = TimeAmount.minutes(1)

    private let state = Mutex(State())
    private let logger: Logger
    private let whenDown: RedisSettings.WhenDown

    /// No link is down.
    package init(_ whenDown: RedisSettings.WhenDown, logger: Logger) {
        self.whenDown = whenDown
        self.logger = logger
    }

    /// Why Redis is away, in a few words; nil when it is not.
    var problem: String? { state.withLock { $0.down.isEmpty ? nil : $0.reason } }
    /// Outages that have begun.
    var count: UInt64 { state.withLock { $0.count } }

    /// A link is down, or still is. `decided` is how many claims were decided without Redis so far.
    package func begin(_ link: ObjectIdentifier, reason: String, decided: UInt64, at now: NIODeadline = .now()) {
        switch state.withLock({ $0.note(link, reason, decided, at: now) }) {
        case .began:
            logger.error(
                "Redis is away: \(consequence)",
                metadata: ["problem": "\(reason)", "when_down": "\(whenDown.rawValue)"])
        case .goesOn(let seconds):
            logger.error(
                "Redis is still away: \(consequence)", metadata: ["problem": "\(reason)", "seconds": "\(seconds)"])
        case nil: break
        }
    }

    /// A link is up.
    package func end(_ link: ObjectIdentifier, decided: UInt64) {
        let ended = state.withLock { state -> (TimeAmount, UInt64)? in
            state.down.remove(link)
            guard state.down.isEmpty, let began = state.began.take() else { return nil }
            return (.now() - began, decided &- state.decidedBefore)
        }
        guard let (duration, count) = ended else { return }
        logger.notice(
            "Redis is back", metadata: ["after_ms": "\(duration.nanoseconds / 1_000_000)", "claims": "\(count)"])
    }

    private var consequence: String {
        switch whenDown {
        case .local: "this instance alone remembers nonces"
        case .refuse: "OAuth 1 requests are refused"
        case .fail: "OAuth 1 requests fail"
        }
    }
}
