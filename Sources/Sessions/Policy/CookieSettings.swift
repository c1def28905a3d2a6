// What an operator decides about the session cookie.

/// The `sessionJwt` cookie.
public struct CookieSettings: Sendable {
    /// What to do with a cookie that does not verify beside valid OAuth credentials.
    public enum Invalid: String, Sendable {
        /// Refuse the request, as MediaWiki does.
        case refuse
        /// Set a fresh one in its place.
        case replace
    }
    /// The cookie's `SameSite` attribute.
    public enum SameSite: String, Sendable {
        /// Strict.
        case strict = "Strict"
        /// Lax.
        case lax = "Lax"
        /// None.
        case none = "None"
    }
    /// Cookie name.
    public var name = "sessionJwt"
    /// `path` attribute.
    public var path = "/"
    /// `domain` attribute, none when nil.
    public var domain: String?
    /// `SameSite` attribute, none when nil.
    public var sameSite: SameSite?
    /// Seconds of `Max-Age`, and from `iat` to the soft expiry `sxp`.
    public var lifetime: Int64 = 14_400
    /// `iss`: the canonical server of the OAuth central wiki; nil: what the request's wiki signs (`detect`).
    public var issuer: String?
    /// Seconds that `iat` lies in the past, for edges with slow clocks.
    public var backdate: Int64 = 5
    /// Seconds from now to a hard expiry `exp`; nil: the claim is left out.
    public var hardLifetime: Int64?
    /// Whether the JWT's header names the key (`kid`).
    public var includeKeyID = true
    /// The name of the key; nil for its thumbprint.
    public var keyID: String?
    /// Seconds for which one minted cookie serves all requests of its user.
    public var reuseWindow: Int64 = 600
    /// A cookie that does not verify.
    public var invalid: Invalid = .refuse
    /// Cookies for OAuth 1 sessions.
    public var forOAuth1 = true
    /// Cookies for owner-only OAuth 2 sessions.
    public var forOwnerOnly = true

    /// MediaWiki's cookie.
    public init() {}
}
