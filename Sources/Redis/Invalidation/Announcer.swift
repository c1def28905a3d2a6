// Tells all instances what to forget. What could not be said is said when Redis can be asked again: a wiki announces a revocation once.
// Each instance has one such link, so it also is where Redis is asked whether it evicts keys.

import Logging
import NIOCore
import Sessions

/// Publishes on the channel. Used on its event loop only.
final class Announcer: RedisLinkDelegate {
    private struct Message {
        let what: Invalidation
        /// Is told how many instances heard it, or nil when that has to wait; called once.
        var report: ((Int?) -> Void)?
    }

    /// More than these together are told as "everything".
    private static let maxMessages = 1024

    private let channel: String
    private let logger: Logger
    private var unsaid: [Message] = []
    private var link: RedisLink?
    /// The policy that the log has named.
    private var evictionPolicy: String?

    init(channel: String, logger: Logger) {
        self.channel = channel
        self.logger = logger
    }

    /// Uses `link` from now on.
    func start(_ link: RedisLink) {
        self.link = link
        link.start()
    }

    func stop() { link?.stop() }

    /// Announces `what`. `report` gets the number of instances that heard it, or nil when they are told later.
    func announce(_ what: Invalidation, report: @escaping (Int?) -> Void) {
        say(Message(what: what, report: report))
    }

    private func say(_ message: Message) {
        let words = [Array("PUBLISH".utf8), Array(channel.utf8), Announcement.text(message.what)]
        let isSent = link?.send({ RedisCommand(words: words).write(into: &$0) }) { [self] result in
            if case .success(.integer(let count)) = result { message.report?(Int(count)) } else { keep(message) }
        }
        if isSent != true { keep(message) }
    }

    private func keep(_ message: Message) {
        message.report?(nil)
        unsaid.append(Message(what: message.what))
        if unsaid.count > Self.maxMessages { unsaid = [Message(what: .all)] }
    }

    func linkIsUp() {
        let messages = unsaid
        unsaid = []
        for message in messages { say(message) }
        askWhetherItEvicts()
    }

    private func askWhetherItEvicts() {
        _ = link?.send({ Eviction.question.write(into: &$0) }) { [self] result in
            guard case .success(let answer) = result else { return }
            let policy = Eviction.policy(in: answer)
            defer { evictionPolicy = policy }
            guard let policy, policy != evictionPolicy else { return }
            logger.warning(
                "Redis evicts keys when its memory is full: requests could be replayed then; set maxmemory-policy noeviction",
                metadata: ["maxmemory-policy": "\(policy)"])
        }
    }

    func linkIsDown(_ problem: RedisProblem, isNews: Bool) {}

    func received(message: [UInt8]) {}
}
