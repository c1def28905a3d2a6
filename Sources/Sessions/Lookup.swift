// What a check may miss, and who fetches it.
//
// A check is a synchronous function of the request, the clock and what is in memory. When something is not in memory, the
// check stops and names it; the caller has it fetched (on a worker, single-flighted) and runs the check again. Nothing is
// changed by a check that stops: the nonce is recorded as its last step.

/// Something that a check needs and memory does not hold.
public enum Lookup: Hashable, Sendable {
    /// The rows behind an OAuth 1 consumer key and access token.
    case oauth1(consumerKey: [UInt8], token: [UInt8])
    /// The rows behind an OAuth 2 access token.
    case oauth2(AccessTokenClaims)
    /// A user, for a session by cookie or CentralAuth token.
    case user(id: Int64)
    /// A freshly signed session cookie.
    case cookie(CookieClaims)
    /// The verdict itself, since the request's form is large.
    case verdict(DetachedCheck)
}

/// What an OAuth 2 access token says about whom.
public struct AccessTokenClaims: Hashable, Sendable {
    /// Where the rows are kept, once they are looked up.
    let rowsKey: CacheKey
    /// `jti`.
    public var tokenID: [UInt8]
    /// `aud`, the first of several.
    public var clientID: [UInt8]
    /// The central id in `sub`; nil when there is none.
    public var subject: Int64?
    /// `scopes`.
    public var scopes: [String]
    /// `rlc`; nil when there is none.
    public var rateLimitClass: String?

    /// Claims of one token; `rowsKey` has to be made of these.
    package init(
        rowsKey: CacheKey, tokenID: [UInt8], clientID: [UInt8], subject: Int64? = nil, scopes: [String] = [],
        rateLimitClass: String? = nil
    ) {
        self.rowsKey = rowsKey
        self.tokenID = tokenID
        self.clientID = clientID
        self.subject = subject
        self.scopes = scopes
        self.rateLimitClass = rateLimitClass
    }
}

/// What a minted cookie says about whom: the same claims are minted once per reuse window.
public struct CookieClaims: Hashable, Sendable {
    /// Central user id.
    public var userID: Int64
    /// `iss`.
    public var issuer: String
    /// `rlc`, empty when unknown.
    public var rateLimitClass: String

    /// Claims for one user.
    public init(userID: Int64, issuer: String, rateLimitClass: String) {
        self.userID = userID
        self.issuer = issuer
        self.rateLimitClass = rateLimitClass
    }
}

/// Why there can be no verdict: ours to mend, never the client's fault. Answered as an outage, so that the edge's failure
/// mode decides.
public enum Fault: String, Error, Sendable, CaseIterable {
    /// A store did not answer, or with an error.
    case storeUnavailable = "store-unavailable"
    /// No key to sign or verify with.
    case keyUnavailable = "key-unavailable"
    /// No room to remember another nonce.
    case nonceMemoryFull = "nonce-memory-full"
    /// The caller's deadline passed.
    case deadlineExceeded = "deadline-exceeded"
    /// Too much is waiting already.
    case overloaded = "overloaded"
    /// A check did not come to an end.
    case unresolved = "unresolved"
    /// The route's configuration says something that is not understood.
    case routeMisconfigured = "route-misconfigured"
}

/// Fetches what a check misses, and puts it into the memory that the check reads.
public protocol Resolver: Sendable {
    /// Fetches `lookup` and calls `completion` on any thread, once; a nil fault means that the check can be run again.
    func resolve(_ lookup: Lookup, at now: Timestamp, completion: @escaping @Sendable (Fault?) -> Void)
}

/// Seconds and milliseconds since 1970, UTC. The clock is a parameter everywhere.
public struct Timestamp: Hashable, Comparable, Sendable {
    /// Milliseconds since 1970.
    public var milliseconds: Int64

    /// A time in milliseconds since 1970.
    @inlinable
    public init(milliseconds: Int64) { self.milliseconds = milliseconds }

    /// A time in seconds since 1970.
    @inlinable
    public init(seconds: Int64) { self.milliseconds = seconds &* 1000 }

    /// Whole seconds since 1970, as PHP's `time()` says.
    @inlinable
    public var seconds: Int64 { milliseconds / 1000 }

    /// Earlier.
    @inlinable
    public static func < (left: Timestamp, right: Timestamp) -> Bool { left.milliseconds < right.milliseconds }
}
