// The result of a check: a value that says what holds and what is to be done. Making one changes nothing.

/// What was decided about one request.
public struct Decision: Sendable {
    /// The kinds of results.
    public enum Outcome: String, Sendable {
        /// Valid credentials.
        case authenticated
        /// No credentials, or a cookie that does not count.
        case anonymous
        /// Invalid credentials.
        case refused
    }
    /// The outcome.
    public var outcome: Outcome
    /// Whom it is about: one field, for decisions are copied on their way, and each reference costs.
    @usableFromInline
    var party: Party
    /// Why it was refused, or why credentials that came with it did not count.
    public var reason: Reason?
    /// For whom the wiki will act.
    public var actsAs: ActsAs
    /// What happens to the client's session cookie.
    public var cookie: CookieAction
    /// Whether the cookie that is set takes the place of a valid one of the same user.
    public internal(set) var refreshesCookie: Bool
    /// Whether a refusal is carried out, or only reported.
    public var mode: Mode
    /// Whether the refused credential was a Bearer token.
    public var isBearer: Bool
    /// When the credentials end, milliseconds since 1970; nil when they don't.
    public var expires: Double?
    /// What the route wants the edge to be told: the place of its ``Profile`` among the policy's.
    public var profile: Int
    /// The nonce that has to be claimed before the answer is given (RFC 5849, 3.3); nil when there is none.
    public var claim: NonceClaim?

    /// Whose request it is, when authenticated.
    @inlinable
    public var identity: Identity? { if case .identity(let identity) = party { identity } else { nil } }
    /// The registered consumer that refused credentials name. Whether they are that consumer's is not known.
    @inlinable
    public var refusedConsumer: KnownConsumer? {
        if case .refusedConsumer(let consumer) = party { consumer } else { nil }
    }

    @usableFromInline
    enum Party: Sendable {
        case none
        case identity(Identity)
        case refusedConsumer(KnownConsumer)
    }

    /// What a decision has before anything is verified.
    struct Shape {
        let mode: Mode
        let profile: Int
        /// Where the consumer is named.
        let consumerPlace: ConsumerPlace

        init(_ route: Route, _ credential: Credential = .none) {
            mode = route.mode
            profile = route.profile
            consumerPlace =
                switch credential {
                case .oauth1: .inSignature
                case .bearer(let header): .inToken(header)
                case .none, .centralAuth, .misplaced: .nowhere
                }
        }
    }

    init(
        _ outcome: Outcome, _ shape: Shape, identity: Identity? = nil, actsAs: ActsAs = .anonymous,
        reason: Reason? = nil, cookie: CookieAction = .none, refreshesCookie: Bool = false, expires: Double? = nil,
        claim: NonceClaim? = nil
    ) {
        self.outcome = outcome
        party = identity.map { .identity($0) } ?? .none
        self.actsAs = actsAs
        self.reason = reason
        self.cookie = cookie
        self.refreshesCookie = refreshesCookie
        self.expires = expires
        self.claim = claim
        mode = shape.mode
        profile = shape.profile
        if case .inToken = shape.consumerPlace { isBearer = true } else { isBearer = false }
    }
}

/// What happens to the client's session cookie.
public enum CookieAction: String, Sendable {
    /// The session has none.
    case none
    /// The client's own is good for a while.
    case keep
    /// The client gets the identity's.
    case set
}

extension Decision {
    /// The refusal of `shape` for `reason`.
    init(
        refusedFor reason: Reason, _ shape: Shape, claim: NonceClaim?, naming consumer: KnownConsumer?
    ) {
        self.init(.refused, shape, reason: reason, claim: claim)
        party = consumer.map { .refusedConsumer($0) } ?? .none
    }

    /// The same request, refused. The nonce is claimed all the same: its signature was valid.
    func refused(_ reason: Reason) -> Decision {
        var refusal = self
        refusal.outcome = .refused
        refusal.party = (identity?.consumer ?? refusedConsumer).map { .refusedConsumer($0) } ?? .none
        refusal.actsAs = .anonymous
        refusal.cookie = .none
        refusal.refreshesCookie = false
        refusal.reason = reason
        return refusal
    }
}
