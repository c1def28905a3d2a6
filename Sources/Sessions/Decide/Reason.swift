// Why a request was not authenticated: one stable code, used in a refusal's body, the metadata, the metric label and the log.

/// Why a request was refused, or why a credential counted for nothing.
///
/// The raw value is the stable code. The comments say whose fault it is where that is not the client's.
public enum Reason: String, Sendable, CaseIterable {
    // OAuth 1, in MediaWiki's order.
    case versionUnsupported = "version-unsupported"
    case consumerKeyMissing = "consumer-key-missing"
    case consumerUnknown = "consumer-unknown"
    case tokenInvalid = "token-invalid"
    case timestampMissing = "timestamp-missing"
    case timestampMalformed = "timestamp-malformed"
    case timestampExpired = "timestamp-expired"
    case nonceMissing = "nonce-missing"
    case nonceUsed = "nonce-used"
    case nonceShare = "nonce-share"
    /// Ours: the store of nonces is away.
    case nonceUnverified = "nonce-unverified"
    case signatureMethodMissing = "signature-method-missing"
    case signatureMethodUnsupported = "signature-method-unsupported"
    case signatureInvalid = "signature-invalid"
    case addressNotAllowed = "address-not-allowed"
    case parameterRepeated = "parameter-repeated"
    case parametersTooMany = "parameters-too-many"
    case headerMalformed = "header-malformed"
    case bodyUnavailable = "body-unavailable"
    // OAuth 2.
    case accessTokenMalformed = "access-token-malformed"
    case accessTokenSignature = "access-token-signature"
    case accessTokenExpired = "access-token-expired"
    case accessTokenNotYetValid = "access-token-not-yet-valid"
    case accessTokenRevoked = "access-token-revoked"
    case accessTokenUnapproved = "access-token-unapproved"
    case clientUnknown = "client-unknown"
    case subjectInvalid = "subject-invalid"
    // Both.
    case wrongWiki = "wrong-wiki"
    case userInvalid = "user-invalid"
    case userBlocked = "user-blocked"
    case consumerNotApproved = "consumer-not-approved"
    case notAPI = "not-api"
    case wikiUnknown = "wiki-unknown"
    // Whatever the credentials are.
    case targetTooLong = "target-too-long"
    // The session cookie.
    case cookieMalformed = "cookie-malformed"
    case cookieSignature = "cookie-signature"
    case cookieIssuer = "cookie-issuer"
    case cookieSubject = "cookie-subject"
    case cookieExpired = "cookie-expired"
    case cookieNotYetValid = "cookie-not-yet-valid"
    // CentralAuth; never a refusal.
    case centralAuthTokenInvalid = "centralauth-token-invalid"

    /// MediaWiki's error code for it.
    public var errorCode: StaticString {
        switch self {
        case .wrongWiki: "mwoauth-invalid-authorization-wrong-wiki"
        case .userInvalid: "mwoauth-invalid-authorization-invalid-user"
        case .userBlocked: "mwoauth-invalid-authorization-blocked-user"
        case .consumerNotApproved: "mwoauth-invalid-authorization-not-approved"
        case .notAPI: "mwoauth-not-api"
        case .nonceShare, .nonceUnverified: "ratelimited"
        case .targetTooLong: "uri-too-long"
        case .cookieMalformed, .cookieSignature, .cookieIssuer, .cookieSubject, .cookieExpired, .cookieNotYetValid:
            "mwoauth-invalid-authorization-jwt"
        default: "mwoauth-invalid-authorization"
        }
    }
}

extension Reason {
    private static let indices = Dictionary(uniqueKeysWithValues: allCases.enumerated().map { ($1, $0) })

    /// Position in `allCases`.
    public var index: Int { Self.indices[self] ?? 0 }
}
