// The nonces seen (RFC 5849, 3.3): a request is accepted once. A decision says which nonce is to be claimed; a store claims it.

import Synchronization

/// What became of a claim.
public enum NonceOutcome: UInt8, Sendable, Equatable {
    /// The nonce is new, and remembered from now on.
    case fresh
    /// It was seen with the same request id: the proxy asks again about the same request.
    case retried
    /// It was seen before.
    case used
    /// The client has as many nonces remembered as it may have.
    case overShare
    /// There is no room to remember it.
    case full
    /// The store that all instances share can't be asked, and such requests are to be refused.
    case unverified
    /// The store that all instances share can't be asked, and such requests are to fail.
    case unavailable
}

/// Remembers nonces.
public protocol NonceStore: AnyObject, Sendable {
    /// Claims a nonce at second `now`. Nil when the store can't tell at once: then a ``PendingClaim`` is resolved, which tells.
    func claim(_ claim: NonceClaim, now: Int64) -> NonceOutcome?
    /// Nonces held, as far as this process knows.
    var count: Int { get }
    /// Bytes that they take in this process.
    var byteCount: Int { get }
}

/// A claim that is decided elsewhere, and the decision that waits for it. Compared by identity: two requests with the same nonce are
/// two claims, of which one is granted.
public final class PendingClaim: Hashable, Sendable {
    /// The nonce.
    public let claim: NonceClaim
    /// What holds if the nonce is granted.
    private let decision: Decision?
    /// The policy's generation under which that was decided.
    private let generation: UInt32
    /// The outcome's number and one; 0 before it is known.
    private let settled = Atomic<UInt8>(0)

    /// A claim of a decision that was made under the policy of this generation.
    package init(_ claim: NonceClaim, of decision: Decision? = nil, generation: UInt32 = 0) {
        self.claim = claim
        self.decision = decision
        self.generation = generation
    }

    /// What became of the claim; nil before that is known. Set once, by the store.
    public var outcome: NonceOutcome? {
        get {
            let number = settled.load(ordering: .acquiring)
            return number == 0 ? nil : NonceOutcome(rawValue: number - 1)
        }
        set {
            guard let newValue else { return }
            _ = settled.compareExchange(
                expected: 0, desired: newValue.rawValue + 1, ordering: .acquiringAndReleasing)
        }
    }

    /// The decision, unless another policy is in force by now.
    public func decision(under policy: Policy) -> Decision? { policy.generation == generation ? decision : nil }

    /// Identity.
    public static func == (left: PendingClaim, right: PendingClaim) -> Bool { left === right }

    /// Feeds the identity.
    public func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}
