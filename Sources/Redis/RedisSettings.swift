// The operator's settings for Redis.

/// Where Redis is, and what happens without it.
public struct RedisSettings: Sendable {
    /// What becomes of OAuth 1 requests while Redis can't be asked.
    public enum WhenDown: String, Sendable {
        /// Each instance remembers nonces by itself.
        case local
        /// They are refused.
        case refuse
        /// They fail, as in any other outage.
        case fail
    }
    /// Where Redis is; nil: it is not used.
    public var url: RedisURL?
    /// The password; nil: none. Never shown.
    public var password: [UInt8]?
    /// What the names of keys and channels begin with.
    public var prefix = "sessiongate"
    /// Milliseconds after which an answer counts as missing, and the connection as lost.
    public var timeout: Int64 = 50
    /// What becomes of OAuth 1 requests while Redis can't be asked.
    public var whenDown = WhenDown.local
    /// PEM file with the CA certificates of Redis's own; nil: the system's.
    public var certificateAuthority: String?
    /// PEM files of the client's certificate and its key; nil: none is shown.
    public var certificate: String?, key: String?

    /// No Redis.
    public init() {}

    /// The channel on which instances tell each other what to forget.
    var channel: String { "\(prefix):invalidate" }
}
