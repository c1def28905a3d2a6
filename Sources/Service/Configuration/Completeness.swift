// Warnings about a valid configuration that can't serve some kind of session, such as OAuth 2 without a key for its tokens. The
// operator reads them at the start, not after the first failed request.

import Sessions

/// Headers that can't carry an identity: they hold credentials, frame or route the message, or proxies don't let a filter set them.
let reservedHeaders: Set<String> = [
    "authorization", "cookie", "set-cookie", "host", "content-type", "content-length", "content-encoding",
    "transfer-encoding", "connection", "te", "trailer", "upgrade", "expect", "keep-alive", "proxy-connection", "date",
    "location", "x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "x-request-id", "grpc-timeout",
    "x-envoy-auth-headers-to-remove", "x-envoy-auth-partial-body",
]

extension Reading {
    /// The issuer in the example file, under a reserved domain (RFC 2606).
    static let exampleIssuer = "https://meta.wiki.example"

    mutating func warn(_ key: String, _ problem: String, expected: String) {
        warnings.append(ConfigurationProblem(place: place(of: key), key: key, problem: problem, expected: expected))
    }

    /// Warns of each kind of session that can't work with the configured keys.
    mutating func warnOfIncompleteness(keys: LoadedKeys) {
        let settings = configuration.settings
        if settings.oauth1.secretKey == nil {
            warn(
                "oauth1.secret_key_file", "missing: OAuth 1 signatures of MediaWiki's clients will not verify",
                expected: "a file with $wgOAuthSecretKey or, where that is not set, $wgSecretKey")
        }
        if keys.accessToken.isEmpty {
            warn(
                "keys.access_token", "missing: requests with OAuth 2 access tokens will fail with 503",
                expected: "a file with $wgOAuth2PublicKey")
        }
        if keys.cookie == nil, keys.published.isEmpty {
            warn(
                "keys.cookie", "missing: no session cookie and no CentralAuth token will be accepted",
                expected: "the key that signs them, or its public part in keys.cookie_previous")
        }
        warnOfSeparateKey(keys)
        if settings.cookie.issuer == Self.exampleIssuer {
            warn(
                "cookie.issuer", "still the example's: edges that check `iss` will reject our cookies",
                expected: "the canonical server of the wiki that has the OAuth tables")
        }
    }

    /// A wiki that sets session cookies itself refuses OAuth requests with a cookie of a key that it does not know, and browsers with
    /// its own cookies would be anonymous here.
    private mutating func warnOfSeparateKey(_ keys: LoadedKeys) {
        guard let signer = keys.cookie?.publicKey.keyID, configuration.keys.wikiCookie == nil,
            configuration.settings.version.rules.verifiesCookie,
            // A key that issues access tokens is the wiki's.
            !keys.accessToken.contains(where: { $0.keyID == signer })
        else { return }
        warn(
            "keys.wiki_cookie",
            "missing: if the wiki sets session cookies with another key than keys.cookie, it refuses OAuth clients with "
                + "our cookie, and users with its cookie are anonymous here",
            expected: "a file with $wgJwtPublicKey, or [] when the wiki has $wgUseSessionCookieJwt = false")
    }
}
