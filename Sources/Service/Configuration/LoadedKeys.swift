// The files that a configuration names: keys, secrets, the database. The process does not start when one is missing, empty or
// invalid, and the error names it.

import Cryptography
import Foundation
import Bytes
import Telemetry

/// The keys of a configuration.
public struct LoadedKeys: Sendable {
    /// The keys that access tokens are verified with.
    public var accessToken: [VerificationKey] = []
    /// The key that signs cookies.
    public var cookie: SigningKey?
    /// Keys that cookies are verified with beside it, and that are published: the next ones, then the previous ones.
    public var published: [VerificationKey] = []
}

/// The token that an admin listener demands.
package enum AdminToken {
    /// Whether a header can have it as one word: printable ASCII without spaces, and some of it.
    package static func isWord(_ token: [UInt8]) -> Bool {
        !token.isEmpty && token.allSatisfy { (0x21...0x7E).contains($0) }
    }
}

extension Reading {
    /// File names are relative to the configuration's directory.
    mutating func resolveFiles() {
        let directory = Files.directory(of: file)
        func resolve(_ name: String) -> String { Files.resolve(name, in: directory) }
        let store = configuration.store
        configuration.store.file = store.file.isEmpty ? "" : resolve(store.file)
        configuration.store.usersFile = store.usersFile.map(resolve)
        configuration.secretKeyFile = configuration.secretKeyFile.map(resolve)
        configuration.nonceFile = configuration.nonceFile.map(resolve)
        configuration.passwordFile = configuration.passwordFile.map(resolve)
        configuration.usersPasswordFile = configuration.usersPasswordFile.map(resolve)
        let encryption = configuration.mariadb.tls
        configuration.mariadb.tls.authorities = encryption.authorities.map { $0 == "system" ? $0 : resolve($0) }
        configuration.mariadb.tls.certificate = encryption.certificate.map(resolve)
        configuration.mariadb.tls.key = encryption.key.map(resolve)
        for index in configuration.staticConsumers.indices {
            let consumer = configuration.staticConsumers[index]
            configuration.staticConsumers[index].secretFile = consumer.secretFile.map(resolve)
            configuration.staticConsumers[index].keyFile = consumer.keyFile.map(resolve)
        }
        configuration.adminTokenFile = configuration.adminTokenFile.map(resolve)
        configuration.decisions.file = configuration.decisions.file.map { name in
            DecisionSettings.isStandardOutput(name) ? name : resolve(name)
        }
        let tls = configuration.server.tls
        configuration.server.tls.certificate = tls.certificate.map(resolve)
        configuration.server.tls.key = tls.key.map(resolve)
        configuration.server.tls.clientCA = tls.clientCA.map(resolve)
        let redis = configuration.redis
        configuration.redisPasswordFile = configuration.redisPasswordFile.map(resolve)
        configuration.redis.certificateAuthority = redis.certificateAuthority.map(resolve)
        configuration.redis.certificate = redis.certificate.map(resolve)
        configuration.redis.key = redis.key.map(resolve)
        let keys = configuration.keys
        configuration.keys.accessToken = keys.accessToken.map(resolve)
        func resolve(_ key: KeyFile) -> KeyFile { KeyFile(resolve(key.path), since: key.since) }
        configuration.keys.cookie = keys.cookie.map(resolve)
        configuration.keys.cookieNext = keys.cookieNext.map(resolve)
        configuration.keys.cookiePrevious = keys.cookiePrevious.map(resolve)
        configuration.keys.wikiCookie = keys.wikiCookie?.map(resolve)
    }

    /// Reads all keys and secrets.
    mutating func loadKeys() -> LoadedKeys {
        loadSecretKey()
        loadAdminToken()
        loadStaticConsumers()
        var keys = LoadedKeys()
        let files = configuration.keys
        keys.accessToken = files.accessToken.compactMap { load($0, for: "keys.access_token", as: VerificationKey.init) }
        keys.cookie = files.cookie.flatMap { load($0.path, for: "keys.cookie", secret: true, as: SigningKey.init) }
        if keys.cookie?.algorithm == .es256 { warnOfES256() }
        keys.published =
            files.cookieNext.compactMap { load($0.path, for: "keys.cookie_next", as: Self.eitherKey) }
            + files.cookiePrevious.compactMap { load($0.path, for: "keys.cookie_previous", as: Self.eitherKey) }
        // The wiki's key may be ours, or one of those above: each is published once.
        let wiki = (files.wikiCookie ?? []).compactMap { load($0, for: "keys.wiki_cookie", as: Self.eitherKey) }
        let known = Set((keys.published + (keys.cookie.map { [$0.publicKey] } ?? [])).map(\.keyID))
        keys.published += wiki.filter { !known.contains($0.keyID) }
        return keys
    }

    private mutating func warnOfES256() {
        warn(
            "keys.cookie", "a P-256 key, so that cookies are signed with ES256, which MediaWiki core does not verify",
            expected: "an RSA key, unless all that read the cookie verify ES256, as Envoy's jwt_authn does")
    }

    /// The next and the previous key may be given as private keys too, so that the file need not change when a key's turn comes.
    static func eitherKey(_ pem: Bytes) throws(KeyError) -> VerificationKey {
        do {
            return try VerificationKey(pem: pem)
        } catch .privateKeyGiven {
            return try SigningKey(pem: pem).publicKey
        }
    }

    private mutating func load<Key>(
        _ file: String, for key: String, secret: Bool = false, as parse: (Bytes) throws(KeyError) -> Key
    ) -> Key? {
        guard let contents = read(file, for: key, secret: secret) else { return nil }
        do {
            return try contents.withBytes(parse)
        } catch {
            add(key, "\(file): \(error)")
            return nil
        }
    }

    private mutating func loadSecretKey() {
        guard let file = configuration.secretKeyFile else { return }
        guard configuration.settings.oauth1.secretKey == nil else {
            add("oauth1.secret_key_file", "given beside oauth1.secret_key", expected: "one of the two")
            return
        }
        guard let secret = readSecret(file, for: "oauth1.secret_key_file") else { return }
        configuration.settings.oauth1.secretKey = secret
    }

    /// The admin listener's token; what can't be in a header, or is soon guessed, is none.
    mutating func loadAdminToken() {
        let key = "server.admin_token_file"
        guard let file = configuration.adminTokenFile, let token = readSecret(file, for: key) else { return }
        guard token.count >= 16, AdminToken.isWord(token) else {
            return add(
                key, "\(file): it is too short, or has spaces or other characters that a header can't have",
                expected: "at least 16 characters, such as `openssl rand -hex 32` prints")
        }
        configuration.adminToken = String(decoding: token, as: UTF8.self)
        configuration.server.isAdminToken = { given in token.withBytes { constantTimeEqual($0, given) } }
    }

    /// A secret that has a file of its own. One line feed at its end is left out.
    mutating func readSecret(_ file: String, for key: String) -> [UInt8]? {
        guard var secret = read(file, for: key, secret: true) else { return nil }
        if secret.last == UInt8(ascii: "\n") { secret.removeLast() }
        if secret.last == UInt8(ascii: "\r") {
            warn(
                key,
                "\(file): the secret ends in a carriage return, as a file with Windows line ends does; it counts as part of it",
                expected: "a file with the secret alone, or with one line feed at its end")
        }
        if !secret.isEmpty { return secret }
        add(key, "\(file): it is empty", expected: "a secret")
        return nil
    }

    /// The contents of a file that `key` names; nil when it can't be read or is empty, which is reported.
    mutating func read(_ file: String, for key: String, secret: Bool) -> [UInt8]? {
        do {
            let contents = try Files.read(file, limit: 65_536)
            sources.append(SourceFile(file, contents: contents))
            if secret, Files.isOpenToOthers(file) {
                warnings.append(
                    ConfigurationProblem(
                        place: place(of: key), key: key, problem: "\(file): other users can read it",
                        expected: "mode 0600"))
            }
            guard contents.isEmpty else { return contents }
            add(key, "\(file): it is empty", expected: "a file with contents")
        } catch {
            sources.append(SourceFile(file, contents: nil))
            add(key, "\(error)", expected: "a file that can be read")
        }
        return nil
    }

    /// The database files must exist. Their tables are checked when they are opened.
    mutating func checkStore() {
        let files = [
            ("store.sqlite.file", configuration.store.file),
            ("store.sqlite.users_file", configuration.store.usersFile ?? ""),
        ]
        for (key, file) in files where !file.isEmpty {
            if Files.isDirectory(file) {
                add(key, "\(file): it is a directory", expected: "an SQLite file")
            } else if access(file, R_OK) != 0 {
                add(key, "\(FileProblem.system(file))", expected: "an SQLite file that can be read")
            }
        }
    }
}
