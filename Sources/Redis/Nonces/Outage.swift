// When Redis is away, and what that costs: one line in the log at its beginning, one at its end.

import Logging
import NIOCore
import Sessions
import Synchronization

/// Watches the links of all event loops. Redis counts as away as long as one of them is down.
final class Outage: Sendable {
    private struct State {
        var down: Set<ObjectIdentifier> = []
        var began: NIODeadline?
        var reason = ""
        var count: UInt64 = 0
        /// Claims that were decided without Redis before this outage.
        var decidedBefore: UInt64 = 0
    }

    private let state = Mutex(State())
    private let logger: Logger
    private let whenDown: RedisSettings.WhenDown

    init(_ whenDown: RedisSettings.WhenDown, logger: Logger) {
        self.whenDown = whenDown
        self.logger = logger
    }

    /// Why Redis is away, in a few words; nil when it is not.
    var problem: String? { state.withLock { $0.down.isEmpty ? nil : $0.reason } }
    /// Outages that have begun.
    var count: UInt64 { state.withLock { $0.count } }

    /// A link is down. `decided` is how many claims were decided without Redis so far.
    func begin(_ link: ObjectIdentifier, reason: String, decided: UInt64) {
        let isNew = state.withLock { state in
            state.reason = reason
            let isNew = state.down.isEmpty
            state.down.insert(link)
            guard isNew else { return false }
            state.began = .now()
            state.count += 1
            state.decidedBefore = decided
            return true
        }
        guard isNew else { return }
        logger.error(
            "Redis is away: \(consequence)", metadata: ["problem": "\(reason)", "when_down": "\(whenDown.rawValue)"])
    }

    /// A link is up.
    func end(_ link: ObjectIdentifier, decided: UInt64) {
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
