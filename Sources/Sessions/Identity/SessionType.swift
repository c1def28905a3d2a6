// The kinds of sessions.

/// What kind of session a request belongs to.
public enum SessionType: String, Sendable, CaseIterable {
    /// OAuth 1.0a.
    case oauth1 = "oauth1"
    /// An owner-only OAuth 2 access token.
    case oauth2Owner = "oauth2-owner"
    /// A regular OAuth 2 access token.
    case oauth2 = "oauth2"
    /// An OAuth 2 client-credentials token: a consumer without a user.
    case oauth2Client = "oauth2-client"
    /// The session cookie alone.
    case cookie = "cookie"
    /// A CentralAuth token.
    case centralAuth = "centralauth"
    /// No session.
    case none = "none"

    /// Position in `allCases`.
    public var index: Int {
        switch self {
        case .oauth1: 0
        case .oauth2Owner: 1
        case .oauth2: 2
        case .oauth2Client: 3
        case .cookie: 4
        case .centralAuth: 5
        case .none: 6
        }
    }
}
