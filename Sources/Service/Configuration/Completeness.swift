// What is missing although everything that is there is right: kinds of sessions that can't work, said before the first of them
// fails.

import Sessions

/// Headers that are read as credentials, that say how a message is framed or delivered, or that no proxy lets a filter set.
let reservedHeaders: Set<String> = [
    "authorization", "cookie", "set-cookie", "host", "content-type", "content-length", "content-encoding",
    "transfer-encoding", "connection", "te", "trailer", "upgrade", "expect", "keep-alive", "proxy-connection", "date",
    "location", "x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "x-request-id", "grpc-timeout",
    "x-envoy-auth-headers-to-remove", "x-envoy-auth-partial-body",
]

extension Reading {
    /// The issuer in the example: nobody's server (RFC 2606).
    static let exampleIssuer = "https://meta.wiki.example"

    mutating func warn(_ key: String, _ problem: String, expected: String) {
        warnings.append(ConfigurationProblem(place: place(of: key), key: key, problem: problem, expected: expected))
    }

    /// Warns of each kind of session that can't work.
    mutating func warnOfIncompleteness(keys: LoadedKeys) {
        let settings = configuration.settings
        if settings.oauth1.secretKey == nil {
            warn(
                "oauth1.secret_key_file", "missing, so that no OAuth 1 signature of a MediaWiki client is found valid",
                expected: "a file with $wgOAuthSecretKey, else $wgSecretKey")
        }
        if keys.accessToken.isEmpty {
            warn(
                "keys.access_token", "missing, so that requests with OAuth 2 access tokens get no verdict (503)",
                expected: "the public key of $wgOAuth2PublicKey")
        }
        if keys.cookie == nil, keys.published.isEmpty {
            warn(
                "keys.cookie", "missing, so that no session cookie and no CentralAuth token is believed",
                expected: "the key that signs them, or its public part in keys.cookie_previous")
        }
        if settings.cookie.issuer == Self.exampleIssuer {
            warn(
                "cookie.issuer", "still the example's, so that cookies are nobody's who checks their issuer",
                expected: "the canonical server of the wiki with the OAuth tables")
        }
    }
}
