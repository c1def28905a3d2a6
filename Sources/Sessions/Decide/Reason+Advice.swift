// What a reason means, who can mend it, and how: one entry for each code, in the order in which people meet them.

extension Reason {
    /// What it means, and what is to be done.
    public var advice: Advice {
        switch self {
        // The way in which the request was made.
        case .consumerKeyMissing: missing("oauth_consumer_key")
        case .timestampMissing: missing("oauth_timestamp")
        case .nonceMissing: missing("oauth_nonce")
        case .signatureMethodMissing: missing("oauth_signature_method")
        case .versionUnsupported:
            Advice(
                "MediaWiki does not accept this version of OAuth.", .client, remedy: "Send `oauth_version` 1.0 or none."
            )
        case .signatureMethodUnsupported:
            Advice(
                "MediaWiki does not accept this signature method.", .client, remedy: "Sign with HMAC-SHA1 or RSA-SHA1.")
        case .timestampMalformed:
            Advice("`oauth_timestamp` is not a number.", .client, remedy: "Send seconds since 1970.")
        case .timestampExpired:
            Advice("`oauth_timestamp` is more than 5 minutes off.", .client, remedy: "Set the clock (NTP).")
        case .nonceUsed:
            Advice(
                "This signed request was sent before.", .client,
                remedy: "Sign each request anew, retries too ([when](#sign-each-attempt-anew)).")
        case .nonceShare:
            Advice(
                "This application has sent so many signed requests for this user in the last minutes that remembering more "
                    + "would leave too little room for others.", .client, .operator,
                remedy: "Wait as `Retry-After` says, and send fewer: put several titles into one query. Operator: "
                    + "`oauth1.nonce_capacity`, `oauth1.nonce_share`.")
        case .nonceUnverified:
            Advice(
                "Signed requests can't be told from replays at the moment: Redis is away, and `nonces.redis.when_down` is "
                    + "`refuse`.", .operator, .client,
                remedy: "Wait as `Retry-After` says, sign the request anew, and send it again. Operator: "
                    + "[Redis](redis.md#when-redis-is-away).")
        case .signatureInvalid:
            Advice(
                "The OAuth 1 signature does not match.", .client, .operator,
                remedy:
                    "Compare your base string with that of `explain`. Usual causes: a wrong secret; a URL or parameters "
                    + "that changed after they were signed. Operator: `wikis.default.server`, `oauth1.secret_key_file`, "
                    + "path or host rewriting.")
        case .parameterRepeated:
            Advice("An OAuth parameter is given twice.", .client, remedy: "Send it once.")
        case .parametersTooMany:
            Advice("The request has more than 4096 parameters.", .client, remedy: "Send fewer.")
        case .headerMalformed:
            Advice("The OAuth header can't be read.", .client, remedy: "Let an OAuth library write it.")
        case .bodyUnavailable:
            Advice(
                "The proxy did not forward the signed form, or not whole.", .client, .operator,
                remedy: "Send forms of at most 2 MiB. Operator: [form bodies](proxies.md#form-bodies).")
        case .targetTooLong:
            Advice(
                "Path and query are longer than 64 KiB; the answer is 414, for anonymous requests too.", .client,
                remedy: "Post the parameters.")
        // The application, the authorization, the token, the user.
        case .consumerUnknown, .clientUnknown:
            Advice("No application has this key.", .client, remedy: "Check the key; register the application.")
        case .consumerNotApproved:
            Advice(
                "The application is proposed, rejected, expired or disabled, or owner-only and used by another user.",
                .client,
                remedy: "Look at its registration on the wiki.")
        case .tokenInvalid, .accessTokenUnapproved:
            Advice(
                "The token is not of this application, or the user withdrew the authorization.", .client, .user,
                remedy: "Ask the user for authorization again.")
        case .accessTokenRevoked:
            Advice(
                "The token is revoked, or the wiki has no row for it.", .client, .user,
                remedy: "Ask for authorization again.")
        case .accessTokenExpired: Advice("The token's time is over.", .client, remedy: "Renew the token.")
        case .accessTokenNotYetValid:
            Advice(
                "The token's time has not begun by the server's clock.", .operator,
                remedy: "Operator: set the clock (NTP).")
        case .accessTokenMalformed:
            Advice("It is not a token of this wiki.", .client, remedy: "Send the token as it was issued.")
        case .accessTokenSignature:
            Advice(
                "The token is not signed with the wiki's key.", .client, .operator,
                remedy: "Send the token as it was issued. Operator: `keys.access_token`.")
        case .subjectInvalid, .userInvalid:
            Advice("The user of the token does not exist here.", .user, remedy: "Use an account of this wiki.")
        case .userBlocked: Advice("The user is locked or blocked.", .user, remedy: "Appeal on the wiki.")
        case .addressNotAllowed:
            Advice(
                "The registration allows other IP addresses only.", .client, .operator,
                remedy: "Change it on the wiki. Operator: `trust.client_address_header`.")
        case .wrongWiki:
            Advice(
                "The application or authorization is for another wiki.", .client, .operator,
                remedy: "Use it on its wiki. Operator: `wikis`.")
        case .wikiUnknown: Advice("No wiki has this host.", .operator, remedy: "Operator: `wikis`.")
        case .notAPI:
            Advice(
                "OAuth was sent to `index.php` or an article.", .client, .operator,
                remedy: "Use `api.php` or `rest.php`. Operator: `entry_points`, if it was Special:OAuth.")
        case .centralAuthTokenInvalid:
            Advice(
                "Not a refusal: the request passes, as that of the cookie beside it or as anonymous.", .client,
                .operator,
                remedy: "Ask for a new CentralAuth token: they are short-lived. Operator: `users.source`.")
        // The session cookie.
        case .cookieMalformed:
            Advice("The `sessionJwt` cookie can't be read.", .client, remedy: Self.newCookie)
        case .cookieSignature:
            Advice(
                "The `sessionJwt` cookie is not signed with a known key.", .client, .operator,
                remedy: Self.newCookie + " Operator: the wiki, or another service, may sign cookies with another key.")
        case .cookieIssuer:
            Advice(
                "The `sessionJwt` cookie is of another issuer.", .client, .operator,
                remedy: Self.newCookie + " Operator: `cookie.issuer`.")
        case .cookieExpired: Advice("The `sessionJwt` cookie has expired.", .client, remedy: Self.newCookie)
        case .cookieNotYetValid:
            Advice(
                "The `sessionJwt` cookie is not valid yet by the server's clock.", .operator, .client,
                remedy: Self.newCookie + " Operator: set the clock (NTP).")
        case .cookieSubject:
            Advice(
                "The `sessionJwt` cookie beside the OAuth credentials is another user's, or names none.", .client,
                remedy: Self.newCookie)
        }
    }

    private static let newCookie = "Delete the cookie, and use one cookie jar per account."

    private func missing(_ parameter: String) -> Advice {
        Advice(
            "`\(parameter)` is absent.", .client, remedy: "Let an OAuth library sign, and send its header whole.")
    }
}
