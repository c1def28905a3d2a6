// `sessiongate init`: a demo state with all that the service needs. All keys, secrets and tokens are new and random.
//
//     DIR/sessiongate.yaml            the configuration, with every key explained
//     DIR/oauth.sqlite                users and consumers of every kind, in MediaWiki's tables
//     DIR/demo.json                   their credentials
//     DIR/keys/oauth1-secret-key      derives OAuth 1 secrets ($wgOAuthSecretKey)
//     DIR/keys/session-cookie.key     signs the session cookie
//     DIR/keys/access-token.key, .pub sign and verify access tokens; the server needs the public part only
//     DIR/keys/rsa-consumer.key       signs for the RSA-SHA1 consumer

import Service
import Cryptography
import Foundation
import Bytes

/// A demo state that was created.
public struct DemoState: Sendable {
    /// Its directory.
    public let directory: String
    /// Its files, as seen from the directory.
    public let files: [String]
    /// Its credentials.
    public let credentials: DemoCredentials

    static let configurationFile = "sessiongate.yaml"
    static let databaseFile = "oauth.sqlite"
    static let tokenKeyFile = "keys/access-token.key"
    private static let allFiles = [
        configurationFile, databaseFile, DemoCredentials.fileName, "keys/oauth1-secret-key", "keys/session-cookie.key",
        tokenKeyFile, "keys/access-token.pub", "keys/rsa-consumer.key",
    ]
    static let issuer = "https://wiki.demo.test"
    static let wikiID = "demowiki"

    /// Creates a demo state in `directory`, and the directory if it does not exist. `now` is in seconds since 1970.
    ///
    /// - Throws: `FileProblem` when one of the files exists; then nothing is created. Errors of files, keys and the database.
    public init(creatingIn directory: String, now: Int64) throws {
        let existing = Self.allFiles.filter { Files.exists(Files.resolve($0, in: directory)) }
        guard existing.isEmpty else {
            throw FileProblem(
                path: directory,
                problem: "will not overwrite \(alternatives(existing, "and"))")
        }
        let maker = try DemoMaker(now: now)
        self.directory = directory
        files = Self.allFiles
        credentials = try maker.credentials()
        try Files.createDirectory(directory, mode: 0o700)
        try Files.createDirectory(Files.resolve("keys", in: directory), mode: 0o700)
        try maker.write(to: directory, credentials)
    }

    fileprivate static var configuration: String {
        ExampleFile.render(
            values: [
                "store.sqlite.file": databaseFile,
                "wikis.default.id": wikiID,
                "wikis.default.server": "detect",
                "keys.access_token": "[keys/access-token.pub]",
                "keys.cookie": "keys/session-cookie.key",
                "keys.wiki_cookie": "[]",
                "oauth1.secret_key_file": "keys/oauth1-secret-key",
                "cookie.issuer": issuer,
                "classes.groups": "- {group: bot, class: approved-bot}",
            ],
            heading: """
                Configuration of Sessiongate for the demo state in this directory, created by `sessiongate init`.
                Keys that are commented out show their defaults.
                Check the file after a change: `sessiongate config check --config FILE`.
                The environment variable above each key overrides it.
                """)
    }
}

/// The parts of a demo state, before anything is written.
private struct DemoMaker {
    let now: Int64
    let secretKey = randomHexadecimal(bytes: 32)
    let cookieKey: SigningKey
    let tokenKey: SigningKey
    let consumerKey: RSAPrivateKey
    let registrations: [DemoRegistration]
    let tokens: [DemoToken]

    init(now: Int64) throws {
        self.now = now
        cookieKey = try SigningKey.generate(.rs256)
        tokenKey = try SigningKey.generate(.rs256)
        consumerKey = try RSAPrivateKey.generate()
        registrations = DemoRegistration.all(rsaKey: String(decoding: consumerKey.publicKey.pem, as: UTF8.self))
        tokens = registrations.flatMap { DemoToken.all(of: $0, now: now) }
    }

    func write(to directory: String, _ credentials: DemoCredentials) throws {
        let contents: [(String, [UInt8], mode_t)] = [
            ("keys/oauth1-secret-key", Array("\(secretKey)\n".utf8), 0o600),
            ("keys/session-cookie.key", cookieKey.pem, 0o600),
            (DemoState.tokenKeyFile, tokenKey.pem, 0o600),
            ("keys/access-token.pub", tokenKey.publicKey.pem, 0o600),
            ("keys/rsa-consumer.key", consumerKey.pem, 0o600),
            (DemoState.databaseFile, [], 0o600),
            (DemoCredentials.fileName, try credentials.encoded(), 0o600),
            (DemoState.configurationFile, Array(DemoState.configuration.utf8), 0o644),
        ]
        var made: [String] = []
        do {
            for (name, bytes, mode) in contents {
                let file = Files.resolve(name, in: directory)
                try Files.create(file, bytes, mode: mode)
                made.append(file)
            }
            let database = try DemoDatabase(file: Files.resolve(DemoState.databaseFile, in: directory))
            try database.fill(registrations, tokens: tokens, time: CivilTime(seconds: now).mediaWikiText)
        } catch {
            // A partial state would make the next attempt fail, as no file is overwritten.
            for file in made { unlink(file) }
            throw error
        }
    }

    /// The credentials as clients know them.
    func credentials() throws -> DemoCredentials {
        let refused = registrations.compactMap { registration -> (String, DemoCredentials.OAuth1)? in
            guard case .refused(let why) = registration.consumer.role else { return nil }
            return (why, oauth1(registration, registration.acceptances[0]))
        }
        let (tool, bot, rsa) = (registration(.oauth1), registration(.oauth1OwnerOnly), registration(.oauth1RSA))
        var rsaCredential = oauth1(rsa, rsa.acceptances[0])
        rsaCredential.privateKeyPEM = String(decoding: consumerKey.pem, as: UTF8.self)
        return DemoCredentials(
            oauth1: oauth1(tool, tool.acceptances[0]), oauth1OtherUser: oauth1(tool, tool.acceptances[1]),
            oauth1OwnerOnly: oauth1(bot, bot.acceptances[0]), oauth1RSA: rsaCredential,
            oauth2OwnerOnly: try oauth2(.ownerOnly), oauth2: try oauth2(.regular),
            oauth2ClientCredentials: try oauth2(.clientCredentials), oauth2Revoked: try oauth2(.revoked),
            refused: Dictionary(uniqueKeysWithValues: refused), issuer: DemoState.issuer, cookieName: "sessionJwt")
    }

    private func registration(_ role: DemoConsumer.Role) -> DemoRegistration {
        guard let found = registrations.first(where: { $0.consumer.role == role }) else {
            preconditionFailure("the cast lacks a role")
        }
        return found
    }

    private func oauth1(_ registration: DemoRegistration, _ acceptance: DemoAcceptance) -> DemoCredentials.OAuth1 {
        DemoCredentials.OAuth1(
            consumerKey: registration.key, consumerSecret: derived(registration.storedSecret), token: acceptance.token,
            tokenSecret: derived(acceptance.storedSecret), userID: acceptance.user.id, userName: acceptance.user.name)
    }

    /// The secret that the client knows, derived from the stored one as in MediaWiki.
    private func derived(_ stored: String) -> String {
        let key = Array(secretKey.utf8).withBytes { HMACSHA1Key(key: $0) }
        return String(decoding: Array(stored.utf8).withBytes { key.authenticate($0) }.hexadecimal, as: UTF8.self)
    }

    private func oauth2(_ kind: DemoToken.Kind) throws -> DemoCredentials.OAuth2 {
        guard let token = tokens.first(where: { $0.kind == kind }) else {
            preconditionFailure("the cast lacks a token")
        }
        return DemoCredentials.OAuth2(
            accessToken: try token.claims.signed(by: tokenKey), clientID: token.claims.clientID,
            userID: token.claims.userID ?? 0, userName: token.userName)
    }
}
