// What `sessiongate init` prints: the files, the users and their credentials, and what to do next.

extension DemoState {
    /// Several lines of text; the credentials in it are the demo's.
    public var summary: String {
        var lines = ["Created a demo state in \(directory):", ""]
        lines += files.map { "  \(Self.padded($0, 26))\(Self.purposes[$0] ?? "")" }
        lines += ["", "OAuth 1 credentials (consumer key and secret, token and secret):", ""]
        for (name, credential) in credentials.namedOAuth1 where !name.hasPrefix("refused.") {
            lines += [
                "  \(Self.padded(name, 20))\(credential.userName)",
                "    \(credential.consumerKey)  \(credential.consumerSecret)",
                "    \(credential.token)  \(credential.tokenSecret)",
            ]
        }
        lines += ["", "OAuth 2 access tokens:", ""]
        for (name, credential) in credentials.namedOAuth2 {
            let user = credential.userName.isEmpty ? "no user: the client itself" : credential.userName
            lines += ["  \(Self.padded(name, 28))\(user)", "    \(credential.accessToken)"]
        }
        let refused = credentials.refused.keys.sorted().joined(separator: ", ")
        lines += ["", "Credentials that are refused, in \(DemoCredentials.fileName): \(refused).", ""]
        return lines.joined(separator: "\n") + next
    }

    private var next: String {
        let directory = shellQuoted(directory)
        return """

            Next, start the service:
              sessiongate serve --config \(directory)/\(Self.configurationFile)
            and ask it in another terminal whose request this is:
              eval "$(sessiongate sign GET http://127.0.0.1:9001/v1/identity --demo \(directory) --curl)"

            """
    }

    private static let purposes = [
        configurationFile: "the configuration, with every key explained",
        databaseFile: "users and consumers of every kind, in MediaWiki's tables",
        DemoCredentials.fileName: "the credentials below, for programs",
        "keys/oauth1-secret-key": "derives OAuth 1 secrets ($wgOAuthSecretKey)",
        "keys/session-cookie.key": "signs the session cookie",
        tokenKeyFile: "signs access tokens (for `sessiongate token`, not for the server)",
        "keys/access-token.pub": "verifies access tokens",
        "keys/rsa-consumer.key": "signs for the RSA-SHA1 consumer",
    ]

    private static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(1, width - text.count))
    }
}
