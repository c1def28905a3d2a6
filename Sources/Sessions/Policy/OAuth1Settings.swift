// What an operator decides about OAuth 1.0a.

/// OAuth 1.0a verification.
public struct OAuth1Settings: Sendable {
    /// Whose reading of RFC 5849 decides.
    public enum Compatibility: String, Sendable {
        /// MediaWiki's, PHP's parsing included.
        case mediawiki
        /// The RFC's alone.
        case rfc5849
    }
    /// What to do with a form request whose body was not forwarded, or not whole.
    public enum BodyUnavailable: String, Sendable {
        /// Refused with `body-unavailable`.
        case refuse
        /// Let through as anonymous.
        case anonymous
    }
    /// What it means that no form body was forwarded.
    public enum FormBodies: String, Sendable, CaseIterable {
        /// That there is none, only where HTTP itself says so.
        case whenPresent = "when_present"
        /// That it is empty: the proxy forwards every form.
        case always
    }
    /// Whose reading of RFC 5849 decides.
    public var compatibility: Compatibility = .mediawiki
    /// Seconds that `oauth_timestamp` may differ from now, inclusive.
    public var timestampWindow: Int64 = 300
    /// Most nonces remembered; beyond it requests fail closed.
    public var nonceCapacity = 2_000_000
    /// What the nonces of one consumer and token may take of the room that all others leave, in percent.
    public var nonceShare = 10
    /// Whether nonces are claimed in a store that other instances share.
    public var sharesNonces = false
    /// `$wgOAuthSecretKey`: secrets are derived from stored values with it; nil: stored values are the secrets.
    public var secretKey: [UInt8]?
    /// Accept `PLAINTEXT` signatures: insecure, for closed test set-ups.
    public var allowPlaintext = false
    /// What to do when a form body is not there to be verified.
    public var bodyUnavailable: BodyUnavailable = .refuse
    /// Whether the proxy always forwards form bodies: one that is not there is then an empty one.
    public var formBodies: FormBodies = .whenPresent

    /// MediaWiki's behaviour.
    public init() {}
}
