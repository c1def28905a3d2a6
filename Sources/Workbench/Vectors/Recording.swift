// A folder of recordings: its files, database, keys and settings.

import ArgumentParser
import Authorization
import Cryptography
import Foundation
import Stores
import Wire

struct Recording {
    private let directory: URL
    let fixtures: JSON
    let keys: KeyRing

    init(directory: String) throws {
        self.directory = URL(fileURLWithPath: directory)
        fixtures = try JSON(parsing: Self.read(self.directory.appendingPathComponent("fixtures.json")))
        let folder = self.directory.appendingPathComponent("keys")
        let accessToken = try Self.read(folder.appendingPathComponent("oauth2.pub"))
        let signer = try Self.read(folder.appendingPathComponent("sessionjwt.key"))
        keys = KeyRing(
            accessTokenKeys: [try accessToken.withBytes { try RSAPublicKey(pem: $0) }],
            signer: try signer.withBytes { try RSAPrivateKey(pem: $0) }, alsoPublished: [])
    }

    /// Names of the recordings, in order.
    func files() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: directory.path).filter { $0.hasSuffix(".jsonl") }.sorted()
    }

    /// The vectors of a file.
    func lines(of file: String) throws -> [JSON] {
        let content = try Self.read(directory.appendingPathComponent(file))
        return try content.split(separator: UInt8(ascii: "\n")).map { try JSON(parsing: Array($0)) }
    }

    /// The rows, as users of this wiki see them.
    func openDirectory() throws -> any Directory {
        try SQLiteDirectory(
            SQLiteDirectory.Source(file: directory.appendingPathComponent("oauth.sqlite").path, users: .local))
    }

    /// The wiki's settings, with what a vector's `config` changes.
    func settings(for config: JSON?) throws -> Settings {
        guard let wiki = fixtures["wiki"], let id = wiki["wiki_id"]?.stringValue else {
            throw ValidationError("fixtures.json: no wiki")
        }
        var settings = Settings()
        let server = config?["wgServer"]?.stringValue ?? wiki["wgServer_default"]?.stringValue ?? "//localhost"
        settings.wikis.fallback = Wiki(id: id, server: Self.server(server))
        settings.users.scope = wiki["central_id_scope_master"]?.stringValue ?? "local:\(id)"
        settings.users.blockDisablesLogin = config?["wgBlockDisablesLogin"]?.boolValue ?? false
        settings.oauth1.secretKey = (wiki["wgOAuthSecretKey"]?.stringValue ?? wiki["wgSecretKey"]?.stringValue)
            .map { Array($0.utf8) }
        settings.cookie.issuer = wiki["wgCanonicalServer"]?.stringValue
        settings.cookie.includeKeyID = false
        settings.cookie.backdate = 0
        if let lifetime = wiki["wgSessionCookieJwtExpiration"]?.integerValue { settings.cookie.lifetime = lifetime }
        return settings
    }

    /// `$wgServer`: `//host[:port]`, `scheme://host[:port]`, or the words for a detected one.
    static func server(_ text: String) -> Wiki.Server {
        guard let slashes = text.range(of: "//"), !text.contains("detectServer") else { return .detect }
        let scheme = text[..<slashes.lowerBound].dropLast()
        let authority = text[slashes.upperBound...]
        var host = String(authority)
        var port: Int?
        if let colon = authority.lastIndex(of: ":"), let number = Int(authority[authority.index(after: colon)...]) {
            host = String(authority[..<colon])
            port = number
        }
        return .fixed(scheme: scheme.isEmpty ? nil : String(scheme), host: host.lowercased(), port: port)
    }

    private static func read(_ file: URL) throws -> [UInt8] {
        do {
            return [UInt8](try Data(contentsOf: file))
        } catch {
            throw ValidationError("\(file.path): can't be read")
        }
    }
}
