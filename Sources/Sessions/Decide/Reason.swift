// Why a request was not authenticated: one stable code, used in the 401 body, the metadata, the metric label and the log.

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
    // The session cookie.
    case cookieMalformed = "cookie-malformed"
    case cookieSignature = "cookie-signature"
    case cookieIssuer = "cookie-issuer"
    case cookieSubject = "cookie-subject"
    case cookieExpired = "cookie-expired"
    case cookieNotYetValid = "cookie-not-yet-valid"
    // CentralAuth; never a refusal.
    case centralAuthTokenInvalid = "centralauth-token-invalid"
    // The action API answers all clients alike; never a refusal.
    case originAnonymous = "origin-anonymous"

    /// MediaWiki's error code for it.
    public var errorCode: StaticString {
        switch self {
        case .wrongWiki: "mwoauth-invalid-authorization-wrong-wiki"
        case .userInvalid: "mwoauth-invalid-authorization-invalid-user"
        case .userBlocked: "mwoauth-invalid-authorization-blocked-user"
        case .consumerNotApproved: "mwoauth-invalid-authorization-not-approved"
        case .notAPI: "mwoauth-not-api"
        case .cookieMalformed, .cookieSignature, .cookieIssuer, .cookieSubject, .cookieExpired, .cookieNotYetValid:
            "mwoauth-invalid-authorization-jwt"
        default: "mwoauth-invalid-authorization"
        }
    }

    /// One sentence for the client's author, without anything that the client sent.
    public var explanation: StaticString {
        switch self {
        case .versionUnsupported: "OAuth version not supported; oauth_version must be 1.0 or absent."
        case .consumerKeyMissing: "Invalid consumer key: oauth_consumer_key is missing."
        case .consumerUnknown: "Invalid consumer: no consumer is registered under oauth_consumer_key."
        case .tokenInvalid: "No approved grant was found for that authorization token."
        case .timestampMissing: "Missing timestamp parameter. The parameter is required."
        case .timestampMalformed: "oauth_timestamp is not a number of seconds."
        case .timestampExpired: "Expired timestamp: oauth_timestamp is too far from the server's clock."
        case .nonceMissing: "Missing nonce parameter. The parameter is required."
        case .nonceUsed: "Nonce already used."
        case .signatureMethodMissing: "No signature method parameter. This parameter is required."
        case .signatureMethodUnsupported: "Signature method not supported; try one of: HMAC-SHA1, RSA-SHA1."
        case .signatureInvalid: "Invalid signature."
        case .addressNotAllowed: "The request came from an invalid IP address."
        case .parameterRepeated: "An OAuth parameter was given as a list."
        case .parametersTooMany: "The request has more parameters than can be verified."
        case .headerMalformed: "The Authorization header is not of the form that RFC 5849 defines."
        case .bodyUnavailable: "The form body that the signature covers is not available for verification."
        case .accessTokenMalformed: "Invalid access token: it is not a JWT of the expected form."
        case .accessTokenSignature: "Invalid access token: its signature does not verify."
        case .accessTokenExpired: "Invalid access token: it has expired."
        case .accessTokenNotYetValid: "Invalid access token: it is not valid yet."
        case .accessTokenRevoked: "Invalid access token: it has been revoked."
        case .accessTokenUnapproved: "Cannot use the access token, the user did not approve issuing it."
        case .clientUnknown: "Client represented by given access token is invalid."
        case .subjectInvalid: "User represented by given access token is invalid."
        case .wrongWiki: "The authorization is not valid for this wiki."
        case .userInvalid: "The authorization is for a user that does not exist here."
        case .userBlocked: "The authorization is for a user who is blocked."
        case .consumerNotApproved: "The consumer is not approved for this user."
        case .notAPI: "OAuth credentials are accepted by the API only."
        case .wikiUnknown: "No wiki is configured for this host."
        case .cookieMalformed: "Invalid session cookie: it is not a JWT of the expected form."
        case .cookieSignature: "Invalid session cookie: its signature does not verify."
        case .cookieIssuer: "Invalid session cookie: wrong issuer."
        case .cookieSubject: "Invalid session cookie: wrong subject."
        case .cookieExpired: "Invalid session cookie: it has expired."
        case .cookieNotYetValid: "Invalid session cookie: it is not valid yet."
        case .centralAuthTokenInvalid: "The CentralAuth token does not verify, has expired, or names no user."
        case .originAnonymous: "With origin=* the action API takes every user for anonymous."
        }
    }
}

extension Reason {
    private static let indices = Dictionary(uniqueKeysWithValues: allCases.enumerated().map { ($1, $0) })

    /// Position in `allCases`.
    public var index: Int { Self.indices[self] ?? 0 }
}
