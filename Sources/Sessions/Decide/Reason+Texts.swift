// What clients and their authors are told about a reason: in MediaWiki's words, and in more exact ones.

extension Reason {
    /// What MediaWiki says, as an error's text. MediaWiki repeats some of what the client sent; here nothing is. `cookieName` is the
    /// name of the session cookie.
    public func message(cookieName: String) -> String {
        switch "\(errorCode)" {
        case "mwoauth-invalid-authorization": "The authorization headers in your request are not valid: \(explanation)"
        case "mwoauth-invalid-authorization-jwt": "Invalid '\(cookieName)' cookie: \(explanation)"
        default: "\(explanation)"
        }
    }

    /// The part of MediaWiki's text that tells this reason from others. Where MediaWiki has one text for several reasons, so it is
    /// here. Texts were recorded from MediaWiki (Tests/Fixtures/vectors) but for those that it has no words for.
    public var explanation: StaticString {
        switch self {
        case .versionUnsupported: "OAuth version not supported"
        case .consumerKeyMissing: "Invalid consumer key"
        case .consumerUnknown: "Invalid consumer"
        case .tokenInvalid: "No approved grant was found for that authorization token."
        case .timestampMissing: "Missing timestamp parameter. The parameter is required"
        case .timestampMalformed: "Invalid timestamp"
        case .timestampExpired: "Expired timestamp"
        case .nonceMissing: "Missing nonce parameter. The parameter is required"
        case .nonceUsed: "Nonce already used"
        case .nonceShare: "You've exceeded your rate limit. Please wait some time and try again."
        case .signatureMethodMissing: "No signature method parameter. This parameter is required"
        case .signatureMethodUnsupported:
            "Signature method not supported try one of the following: HMAC-SHA1, RSA-SHA1"
        case .signatureInvalid: "Invalid signature"
        case .addressNotAllowed: "The request came from an invalid IP address."
        case .accessTokenMalformed, .accessTokenSignature, .accessTokenExpired, .accessTokenNotYetValid,
            .accessTokenRevoked:
            "Invalid access token"
        case .accessTokenUnapproved: "Cannot create access token, user did not approve issuing this access token"
        case .clientUnknown: "Client represented by given access token is invalid"
        case .subjectInvalid: "User represented by given access token is invalid"
        case .wrongWiki: "The authorization headers in your request are not valid for this wiki"
        case .userInvalid: "The authorization headers in your request are for a user that does not exist here"
        case .userBlocked: "The authorization headers in your request are for a user who is blocked"
        case .consumerNotApproved:
            "The app that you are trying to connect seems to be set up incorrectly. Contact its author for help."
        case .cookieMalformed: "The JWT string must have two dots"
        case .cookieSignature:
            "The token violates some mandatory constraints, details: - Token signature mismatch"
        case .cookieIssuer: "JWT error: wrong issuer"
        case .cookieSubject: "JWT error: wrong user ID"
        case .cookieExpired: "The token violates some mandatory constraints, details: - The token is expired"
        case .cookieNotYetValid:
            "The token violates some mandatory constraints, details: - The token cannot be used yet"
        case .parameterRepeated, .parametersTooMany, .headerMalformed, .bodyUnavailable, .notAPI, .wikiUnknown,
            .centralAuthTokenInvalid, .targetTooLong, .nonceUnverified:
            detail
        }
    }

    /// One sentence for the client's author, more exact than MediaWiki's, without anything that the client sent.
    public var detail: StaticString {
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
        case .nonceShare:
            "Too many signed requests of this consumer and token: wait, then sign the request anew and send it again."
        case .nonceUnverified:
            "Signed requests can't be told from replays at the moment: wait, then sign the request anew and send it again."
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
        case .targetTooLong: "The request's path and query are longer than 64 KiB."
        case .wikiUnknown: "No wiki is configured for this host."
        case .cookieMalformed: "Invalid session cookie: it is not a JWT of the expected form."
        case .cookieSignature: "Invalid session cookie: its signature does not verify."
        case .cookieIssuer: "Invalid session cookie: wrong issuer."
        case .cookieSubject: "Invalid session cookie: wrong subject."
        case .cookieExpired: "Invalid session cookie: it has expired."
        case .cookieNotYetValid: "Invalid session cookie: it is not valid yet."
        case .centralAuthTokenInvalid: "The CentralAuth token does not verify, has expired, or names no user."
        }
    }
}
