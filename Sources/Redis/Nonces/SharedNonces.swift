// Nonces that all instances share: one is accepted once in the whole farm.
//
//     claim ─ known here? ─ yes ─► used, or the retry of the same request
//                         └ no ──► the event loop's link ─ SET NX GET PX ─► Redis decides, and this process remembers

import Logging
import NIOCore
import NIOPosix
import Sessions
import Synchronization
import Telemetry
import Transport

/// Remembers nonces in Redis and in this process.
public final class SharedNonces: NonceStore {
    private typealias Link = NIOLoopBound<NonceLink>

    private let settings: RedisSettings
    /// What this process remembers itself.
    public let local: NonceMemory
    private let verdict: Verdict
    private let handover: Handover
    private let outage: Outage
    private let connector: any RedisConnector
    private let clock: @Sendable () -> Timestamp
    private let links = Mutex<[ObjectIdentifier: Link]>([:])
    private let counters = Mutex<[ClaimCounters]>([])

    /// Nonces in the Redis of `settings`, and as many in this process as `oauth1` allows.
    convenience init(
        _ settings: RedisSettings, _ oauth1: OAuth1Settings, _ connector: any RedisConnector, logger: Logger
    ) {
        self.init(settings, oauth1, connector, logger: logger, clock: SystemClock.now)
    }

    init(
        _ settings: RedisSettings, _ oauth1: OAuth1Settings, _ connector: any RedisConnector, logger: Logger,
        clock: @escaping @Sendable () -> Timestamp
    ) {
        self.settings = settings
        self.connector = connector
        self.clock = clock
        local = NonceMemory(oauth1)
        verdict = Verdict(local: local, whenDown: settings.whenDown)
        handover = Handover(capacity: oauth1.nonceCapacity)
        outage = Outage(settings.whenDown, logger: logger)
    }

    /// Refuses what this process knows to be used; everything else Redis decides, even while it is away.
    public func claim(_ claim: NonceClaim, now: Int64) -> NonceOutcome? { local.look(claim, now: now) }

    /// Nonces that this process remembers.
    public var count: Int { local.count }
    /// Their bytes, with those of the nonces that Redis lacks.
    public var byteCount: Int { local.byteCount + handover.count * MemoryLayout<KeptNonce>.stride }

    /// Has a claim decided; ``PendingClaim/outcome`` is there when `completion` is called. On an event loop that is attached, its link
    /// is used; elsewhere it counts as if Redis were away.
    public func resolve(_ pending: PendingClaim, at now: Timestamp, completion: @escaping @Sendable (Fault?) -> Void) {
        if let loop = MultiThreadedEventLoopGroup.currentEventLoop,
            let link = links.withLock({ $0[ObjectIdentifier(loop)] })
        {
            return link.value.claim(pending, at: now, completion)
        }
        let outcome = verdict.outcomeWithoutRedis(of: pending.claim, at: now)
        if outcome == .fresh { handover.append(KeptNonce(pending.claim), at: now) }
        pending.outcome = outcome
        completion(nil)
    }

    // MARK: Links

    /// Gives each of these event loops a link.
    func attach(_ eventLoops: [any EventLoop]) {
        for eventLoop in eventLoops { eventLoop.execute { self.attach(eventLoop) } }
    }

    private func attach(_ eventLoop: any EventLoop) {
        let nonces = NonceLink(
            on: eventLoop, prefix: settings.prefix, verdict, handover, outage, clock: clock,
            decidedWithoutRedis: { [weak self] in self?.sum(\.withoutRedis) ?? 0 })
        let link = RedisLink(
            on: eventLoop, connector, settings, .claims(prefix: settings.prefix), timeout: settings.timeout,
            delegate: nonces)
        counters.withLock { $0.append(nonces.counters) }
        links.withLock { $0[ObjectIdentifier(eventLoop)] = NIOLoopBound(nonces, eventLoop: eventLoop) }
        nonces.start(link)
    }

    /// Ends all links. Later claims are decided as if Redis were away.
    func detach() async {
        let links = links.withLock { links in
            defer { links = [:] }
            return Array(links.values)
        }
        for link in links { try? await link.eventLoop.submit { link.value.stop() }.get() }
    }

    // MARK: Figures

    /// Why Redis is away, in a few words; nil when it is not.
    public var problem: String? { outage.problem }
    /// Outages that have begun.
    package var outages: UInt64 { outage.count }
    /// Nonces that Redis lacks.
    package var handoverCount: Int { handover.count }

    /// A number of all links together.
    package func sum(_ counter: (ClaimCounters) -> Counter) -> UInt64 {
        counters.withLock { $0.reduce(0) { $0 &+ counter($1).current } }
    }

    /// How long Redis took to answer, all event loops together.
    package var waits: LatencySnapshot {
        counters.withLock { $0.reduce(LatencySnapshot()) { $0 + $1.waits.snapshot } }
    }
}
