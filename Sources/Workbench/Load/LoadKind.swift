// The kinds of requests that `workbench load` makes, and what each of them must get.

/// A kind of client.
package enum LoadKind: String, CaseIterable, Sendable {
    case anonymous
    case oauth1
    case oauth1Cookie = "oauth1-cookie"
    case owner
    case ownerCookie = "owner-cookie"
    case cookie
    case newToken = "new-token"
    case forged

    /// What stands in the request.
    enum Credential: Sendable {
        case none, signature, ownerToken, newToken
    }

    var credential: Credential {
        switch self {
        case .anonymous, .cookie: .none
        case .oauth1, .oauth1Cookie, .forged: .signature
        case .owner, .ownerCookie: .ownerToken
        case .newToken: .newToken
        }
    }

    /// Whether the client has a session cookie.
    var hasCookie: Bool {
        switch self {
        case .oauth1Cookie, .ownerCookie, .cookie: true
        case .anonymous, .oauth1, .owner, .newToken, .forged: false
        }
    }

    /// `outcome` in the answer's metadata.
    package var outcome: StaticString {
        switch self {
        case .anonymous: "anonymous"
        case .forged: "refused"
        default: "authenticated"
        }
    }

    /// `cookie` in the answer's metadata.
    package var cookieAction: StaticString {
        switch self {
        case .anonymous, .cookie, .forged: "none"
        case .oauth1Cookie, .ownerCookie: "keep"
        case .oauth1, .owner, .newToken: "set"
        }
    }

    /// Status of the answer where a proxy has acted on the verdict, with `refusals.status: 401`.
    package var status: Int { self == .forged ? 401 : 200 }

    /// For `--help`.
    static let explanation = """
        anonymous       no credentials
        oauth1          OAuth 1, HMAC-SHA1, each with a nonce of its own; no cookie, so one is set
        oauth1-cookie   the same with a fresh session cookie, which is kept
        owner           an owner-only OAuth 2 access token; no cookie, so one is set
        owner-cookie    the same with a fresh session cookie
        cookie          a session cookie alone
        new-token       owner-only access tokens that the server has not seen (--tokens, --seed)
        forged          OAuth 1 with a wrong signature, which is refused (through a proxy: with refusals.status: 401)
        """
}
