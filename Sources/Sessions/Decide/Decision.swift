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
    /// Whose request it is, when authenticated.
    public var identity: Identity?
    /// Why it was refused, or why credentials that came with it did not count.
    public var reason: Reason?
    /// For whom the wiki will act.
    public var actsAs: ActsAs
    /// What happens to the client's session cookie.
    public var cookie: CookieAction
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

    /// What a decision has before anything is verified.
    struct Shape {
        let mode: Mode
        let profile: Int
        let isBearer: Bool

        init(_ route: Route, _ credential: Credential = .none) {
            mode = route.mode
            profile = route.profile
            if case .bearer = credential { isBearer = true } else { isBearer = false }
        }
    }

    init(
        _ outcome: Outcome, _ shape: Shape, identity: Identity? = nil, actsAs: ActsAs = .anonymous,
        reason: Reason? = nil, cookie: CookieAction = .none, expires: Double? = nil, claim: NonceClaim? = nil
    ) {
        self.outcome = outcome
        self.identity = identity
        self.actsAs = actsAs
        self.reason = reason
        self.cookie = cookie
        self.expires = expires
        self.claim = claim
        mode = shape.mode
        profile = shape.profile
        isBearer = shape.isBearer
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
    /// The same request, refused. The nonce is claimed all the same: its signature was valid.
    func refused(_ reason: Reason) -> Decision {
        var refusal = self
        refusal.outcome = .refused
        refusal.identity = nil
        refusal.actsAs = .anonymous
        refusal.cookie = .none
        refusal.reason = reason
        return refusal
    }
}
