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
    /// Why it was refused, or why its cookie did not count.
    public var reason: Reason?
    /// What happens to the client's session cookie.
    public var cookie = CookieAction.none
    /// Whether a refusal is carried out, or only reported.
    public var mode = Mode.enforce
    /// Whether the refused credential was a Bearer token.
    public var isBearer = false
    /// When the credentials end, milliseconds since 1970; nil when they don't.
    public var expires: Double?
    /// What the route wants the edge to be told.
    public var profile: Profile
    /// The nonce that has to be claimed before the answer is given (RFC 5849, 3.3); nil when there is none.
    public var claim: NonceClaim?

    /// A decision of `profile` that has only its outcome.
    public init(_ outcome: Outcome, profile: Profile) {
        self.outcome = outcome
        self.profile = profile
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
    mutating func refuse(_ reason: Reason) {
        outcome = .refused
        identity = nil
        cookie = .none
        self.reason = reason
    }
}
