// One event loop's link to Redis: claims of its requests go out together, and come back to it.

import NIOCore
import Sessions

/// Claims nonces in Redis. Used on its event loop only.
final class NonceLink: RedisLinkDelegate {
    let counters = ClaimCounters()
    private let eventLoop: any EventLoop
    private let verdict: Verdict
    private let handover: Handover
    private let outage: Outage
    private let clock: @Sendable () -> Timestamp
    private let decidedWithoutRedis: () -> UInt64
    private let command: ClaimCommand
    // exclusivity(unchecked), here and in the link: both are used on the event loop alone, and not by what they call.
    @exclusivity(unchecked) private var link: RedisLink?
    private var isHandingOver = false

    /// So few that their answers come well within the timeout, from a slow server too.
    private static let handoverBatch = 128

    /// - Parameter decidedWithoutRedis: How many claims all links have decided without Redis.
    init(
        on eventLoop: any EventLoop, prefix: String, _ verdict: Verdict, _ handover: Handover, _ outage: Outage,
        clock: @escaping @Sendable () -> Timestamp, decidedWithoutRedis: @escaping () -> UInt64
    ) {
        self.eventLoop = eventLoop
        self.verdict = verdict
        self.handover = handover
        self.outage = outage
        self.clock = clock
        self.decidedWithoutRedis = decidedWithoutRedis
        command = ClaimCommand(prefix: prefix)
    }

    /// Uses `link` from now on.
    func start(_ link: RedisLink) {
        self.link = link
        link.start()
    }

    func stop() { link?.stop() }

    /// Has the claim decided, and calls `completion` then: in a later turn, or at once when Redis is known to be away.
    func claim(_ pending: PendingClaim, at now: Timestamp, _ completion: @escaping @Sendable (Fault?) -> Void) {
        let nonce = KeptNonce(pending.claim)
        let began = eventLoop.now
        let isSent = link?.send({ command.write(nonce, at: now, into: &$0) }) { [self] result in
            settle(pending, result, at: now, since: began)
            completion(nil)
        }
        guard isSent != true else { return }
        settleWithoutRedis(pending, at: now)
        completion(nil)
    }

    private func settle(
        _ pending: PendingClaim, _ result: Result<RedisReply, RedisProblem>, at now: Timestamp, since began: NIODeadline
    ) {
        guard case .success(let reply) = result else { return settleWithoutRedis(pending, at: now) }
        counters.waits.add((eventLoop.now - began).nanoseconds)
        if let outcome = verdict.outcome(of: pending.claim, reply, at: now) {
            counters.count(outcome)
            pending.outcome = outcome
            return
        }
        counters.errors.add()
        settleWithoutRedis(pending, at: now)
        link?.giveUp(reply.error ?? "an answer of another kind than was asked for")
    }

    private func settleWithoutRedis(_ pending: PendingClaim, at now: Timestamp) {
        counters.withoutRedis.add()
        let outcome = verdict.outcomeWithoutRedis(of: pending.claim, at: now)
        if outcome == .fresh { handover.append(KeptNonce(pending.claim), at: now) }
        pending.outcome = outcome
    }

    // MARK: The link's state

    func linkIsUp() {
        outage.end(ObjectIdentifier(self), decided: decidedWithoutRedis())
        handOver()
    }

    func linkIsDown(_ problem: RedisProblem, isNews: Bool) {
        problem.isTimeout ? counters.timeouts.add() : counters.failures.add()
        outage.begin(ObjectIdentifier(self), reason: problem.reason, decided: decidedWithoutRedis())
    }

    func received(message: [UInt8]) {}

    // MARK: Handover

    /// Writes what was claimed without Redis, some at a time, so that claims of new requests go on between.
    private func handOver() {
        guard !isHandingOver, link?.isUp == true else { return }
        let nonces = handover.take(atMost: Self.handoverBatch, at: clock())
        guard !nonces.isEmpty else { return }
        isHandingOver = true
        var left = nonces.count
        var failed: [KeptNonce] = []
        for nonce in nonces {
            write(nonce) { [self] isWritten in
                if !isWritten { failed.append(nonce) }
                left -= 1
                guard left == 0 else { return }
                isHandingOver = false
                handover.putBack(failed)
                if failed.isEmpty { handOver() }
            }
        }
    }

    private func write(_ nonce: KeptNonce, _ done: @escaping (Bool) -> Void) {
        let isSent = link?.send({ command.write(nonce, at: clock(), into: &$0) }) { [self] result in
            switch result {
            case .success(.null):
                counters.written.add()
                done(true)
            case .success(.text):
                counters.known.add()
                done(true)
            // Full, or gone again: with the next connection.
            case .success, .failure: done(false)
            }
        }
        if isSent != true { done(false) }
    }
}
