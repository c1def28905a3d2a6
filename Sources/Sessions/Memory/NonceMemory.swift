// The nonces seen (RFC 5849, 3.3): a request is accepted once.
//
// Two generations of open-addressing tables, in 64 stripes. A nonce expires at most two timestamp windows after it was
// inserted, so when the younger generation is that old, the elder one holds nothing that counts and is dropped whole: no
// sweeping, and a bound on memory. 24 bytes an entry: a 96-bit keyed hash of (consumer, token, nonce), the second of expiry,
// and a hash of the request's id, by which the proxy's own retry of a check is told from a replay.
//
// A nonce takes its place until its generation is dropped, however far ahead its timestamp is: a client that signs for the future
// gains nothing. What one client may have is a share of what the others leave. So the first ones can't take all, and as long as a
// few clients are greedy there is room for all others:
//
//     │ others │ this client │        free        │       refused when own > share × (own + free)

import Synchronization

/// Remembers nonces in this process until they expire.
public final class NonceMemory: NonceStore {
    private final class Stripe: Sendable {
        let table: Mutex<Generations>

        init(_ limits: NonceLimits) { table = Mutex(Generations(limits)) }
    }

    private static var maxStripes: Int { 64 }
    /// With fewer places in each some stripes would be full long before the others.
    private static var minPlaces: Int { 1024 }
    private let stripes: [Stripe]

    /// A memory of at most about `capacity` nonces, each counting for at most `horizon` seconds.
    /// - Parameter share: What one client may have of the places that the others leave, in percent; 100: all of them.
    public init(capacity: Int, share: Int, horizon: Int64) {
        var count = 1
        while count < Self.maxStripes, capacity / (2 * count) >= Self.minPlaces { count *= 2 }
        let limits = NonceLimits(capacity: max(1, (capacity + count - 1) / count), share: share, horizon: horizon)
        stripes = (0..<count).map { _ in Stripe(limits) }
    }

    /// A memory as large as `settings` say. A timestamp may be as far ahead of the clock as it may be behind it.
    public convenience init(_ settings: OAuth1Settings) {
        self.init(
            capacity: settings.nonceCapacity, share: settings.nonceShare, horizon: 2 * settings.timestampWindow + 1)
    }

    private func stripe(_ claim: NonceClaim) -> Stripe {
        stripes[Int(truncatingIfNeeded: claim.high >> 58) & (stripes.count - 1)]
    }

    /// Whether the nonce is new at second `now`; if so it is remembered until it expires. Known at once.
    public func claim(_ claim: NonceClaim, now: Int64) -> NonceOutcome? {
        stripe(claim).table.withLock { generations in
            generations.rotate(now: now)
            let place = generations.place(of: claim)
            if let entry = generations.find(claim, at: place, now: now) {
                return claim.request != 0 && entry.request == claim.request ? .retried : .used
            }
            if let refusal = generations.refusal(of: claim.client) { return refusal }
            generations.insert(claim, at: place)
            return .fresh
        }
    }

    /// Calls `body` with each nonce held, expired ones included.
    func forEachNonce(_ body: (NonceEntry) -> Void) {
        for stripe in stripes { stripe.table.withLock { $0 }.forEach(body) }
    }

    /// Remembers a nonce again, on behalf of no client.
    func restore(_ claim: NonceClaim, now: Int64) {
        stripe(claim).table.withLock { generations in
            generations.rotate(now: now)
            generations.restore(claim)
        }
    }

    /// What would become of a claim; nil when it would be granted. Nothing is remembered.
    package func look(_ claim: NonceClaim, now: Int64) -> NonceOutcome? {
        stripe(claim).table.withLock { generations in
            generations.rotate(now: now)
            if let entry = generations.find(claim, at: generations.place(of: claim), now: now) {
                return claim.request != 0 && entry.request == claim.request ? .retried : .used
            }
            return generations.refusal(of: claim.client)
        }
    }

    /// Nonces held, expired ones included.
    public var count: Int {
        stripes.reduce(0) { total, stripe in total + stripe.table.withLock { $0.count } }
    }

    /// Bytes of the tables and their tallies.
    public var byteCount: Int {
        stripes.reduce(0) { total, stripe in total + stripe.table.withLock { $0.byteCount } }
    }
}
