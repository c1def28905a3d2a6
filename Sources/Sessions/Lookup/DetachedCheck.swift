// A check that would take too long for an event loop: every byte of a large form is read or signed, and others wait behind it. A
// worker makes it instead, in its turn, and only as long as it is waited for.

import Bytes
import Synchronization

/// How much work a check is, and for whom.
public struct Workload: Hashable, Sendable {
    /// A keyed hash of consumer and user, or of the client's address where they are not known.
    public let owner: UInt64
    /// Bytes of the form and the query.
    public let bytes: Int
    /// Whether nothing but the client's address is known of the owner. One client may have many addresses.
    public let isForStranger: Bool

    /// Work of so many bytes for this owner.
    public init(owner: UInt64, bytes: Int, isForStranger: Bool = false) {
        self.owner = owner
        self.bytes = bytes
        self.isForStranger = isForStranger
    }

    /// Work for this user of this consumer.
    init(for identity: Identity, bytes: Int) {
        var hash = KeyedHash()
        withUnsafeBytes(of: identity.userID ?? -1) { hash.combine(Bytes($0)) }
        (identity.consumer?.key ?? []).withBytes { hash.combine($0) }
        self.init(owner: hash.finish().high, bytes: bytes)
    }

    /// Work for a client of which nothing but the address is known.
    init(forClientAt address: Bytes, bytes: Int) {
        var hash = KeyedHash()
        hash.combine(address)
        self.init(owner: hash.finish().high, bytes: bytes, isForStranger: true)
    }
}

/// A check that a worker makes. Compared by identity: no two requests share one.
public final class DetachedCheck: Hashable, Sendable {
    /// How much work it is, and for whom.
    public let workload: Workload
    /// The policy that it is made under: its result counts under no other. Nil for one that reads nothing.
    public let policy: Policy?
    private let check: @Sendable (Timestamp, inout Scratch) -> Step<Decision>
    private let decision = Mutex<Decision?>(nil)
    private let isAbandoned = Atomic<Bool>(false)

    /// A check that owns what it reads: the worker may have it when the connection is long gone.
    public init(
        _ workload: Workload, under policy: Policy? = nil,
        _ check: @escaping @Sendable (Timestamp, inout Scratch) -> Step<Decision>
    ) {
        self.workload = workload
        self.policy = policy
        self.check = check
    }

    /// What was decided; nil before that.
    public var result: Decision? { decision.withLock { $0 } }

    /// The request was reset, or its caller's deadline has passed: the check need not be made, or not to its end.
    public func giveUp() { isAbandoned.store(true, ordering: .relaxed) }

    /// Whether it was given up.
    public var isGivenUp: Bool { isAbandoned.load(ordering: .relaxed) }

    /// Decides, and has looked up what that takes. Blocking.
    func run(at now: Timestamp, load: (Lookup) throws(Fault) -> Void) throws(Fault) {
        var scratch = Scratch()
        scratch.work = self
        let found = try settled({ check(now, &scratch) }, load: load)
        decision.withLock { $0 = found }
    }

    /// Identity.
    public static func == (left: DetachedCheck, right: DetachedCheck) -> Bool { left === right }

    /// Feeds the identity.
    public func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}

extension Check {
    /// Ends a worker's check that was given up; asked before each of its long parts.
    func requireWaiting(_ scratch: borrowing Scratch) throws(Halt) {
        if let work = scratch.work, work.isGivenUp { throw .failed(.deadlineExceeded) }
    }
}
