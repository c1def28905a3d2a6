// A folder of recordings: its files, database, keys and settings.

import ArgumentParser
import Sessions
import Cryptography
import Foundation
import Storage
import Bytes

/// A folder of recordings. What a recording needs is opened when the first one needs it: outputs of single functions need none.
final class Recording {
    private let folder: URL
    private var fixtures: JSON?
    private var keyRing: KeyRing?
    private var database: (any Directory)?

    init(directory: String) { folder = URL(fileURLWithPath: directory) }

    /// Names of the recordings, in order.
    func files() throws -> [String] { try names(ending: ".jsonl") }

    private func names(ending: String) throws -> [String] {
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder.path) else {
            throw ValidationError("\(folder.path): not a folder that can be read")
        }
        return names.filter { $0.hasSuffix(ending) }.sorted()
    }

    /// The lines of a file.
    func lines(of file: String) throws -> [[UInt8]] {
        try read(file).split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map { Array($0) }
    }

    /// The keys of access tokens and of the session cookie.
    func keys() throws -> KeyRing {
        if let keyRing { return keyRing }
        let (accessToken, signer) = (try read("keys/oauth2.pub"), try read("keys/sessionjwt.key"))
        let keys = KeyRing(
            accessTokenKeys: [try accessToken.withBytes { try VerificationKey(pem: $0) }],
            signer: try signer.withBytes { try SigningKey(pem: $0) }, alsoPublished: [])
        keyRing = keys
        return keys
    }

    /// The rows, as users of this wiki see them: of oauth.sqlite, or of the only database there is.
    func directory() throws -> any Directory {
        if let database { return database }
        let names = try names(ending: ".sqlite")
        guard let name = names.contains("oauth.sqlite") ? "oauth.sqlite" : names.count == 1 ? names[0] : nil else {
            throw Unreplayable("no oauth.sqlite")
        }
        let directory = try SQLiteDirectory(
            SQLiteDirectory.Source(file: folder.appendingPathComponent(name).path, users: try userSource()))
        database = directory
        return directory
    }

    private func userSource() throws -> UserSettings.Source {
        try scope(of: wiki()).hasPrefix("CentralAuth:") ? .centralAuth : .local
    }

    private func wiki() throws -> JSON {
        let fixtures = try self.fixtures ?? JSON(parsing: read("fixtures.json"))
        self.fixtures = fixtures
        guard let wiki = fixtures["wiki"], wiki["wiki_id"]?.stringValue != nil else {
            throw Unreplayable("fixtures.json: no wiki with a wiki_id")
        }
        return wiki
    }

    private func scope(of wiki: JSON) -> String {
        wiki["central_id_scope_master"]?.stringValue ?? "local:\(wiki["wiki_id"]?.stringValue ?? "")"
    }

    private func read(_ name: String) throws -> [UInt8] {
        let file = folder.appendingPathComponent(name)
        guard let data = try? Data(contentsOf: file) else { throw Unreplayable("\(file.path): can't be read") }
        return [UInt8](data)
    }
}

extension Recording {
    /// What a vector's `config` may change.
    private static let known: Set<String> = [
        "name", "wgServer", "wgBlockDisablesLogin", "wgOAuthSecretKey", "wgSecretKey", "wgCanonicalServer",
        "wgSessionCookieJwtExpiration",
    ]

    /// Settings in a vector's `config` that nothing here corresponds to.
    static func unknown(in config: JSON?) -> [String] {
        (config?.members ?? []).map(\.name).filter { !known.contains($0) }
    }

    /// When the recordings were made, unless they say it themselves.
    func clock() throws -> Int64 {
        guard let clock = try wiki()["T0"]?.integerValue else { throw Unreplayable("no clock") }
        return clock
    }

    /// The wiki's settings, with what a vector's `config` changes.
    func settings(for config: JSON?) throws -> Settings {
        let wiki = try wiki()
        func value(_ name: String) -> JSON? { config?[name] ?? wiki[name] }
        var settings = Settings()
        let server = config?["wgServer"]?.stringValue ?? wiki["wgServer_default"]?.stringValue ?? "//localhost"
        settings.wikis.fallback = Wiki(id: wiki["wiki_id"]?.stringValue ?? "", server: Self.server(server))
        settings.users.source = try userSource()
        settings.users.scope = scope(of: wiki)
        settings.users.blockDisablesLogin = value("wgBlockDisablesLogin")?.boolValue ?? false
        let secretKey = value("wgOAuthSecretKey")?.stringValue ?? value("wgSecretKey")?.stringValue
        settings.oauth1.secretKey = secretKey.map { Array($0.utf8) }
        settings.cookie.issuer = value("wgCanonicalServer")?.stringValue
        settings.cookie.includeKeyID = false
        settings.cookie.backdate = 0
        // Recordings have all of a request.
        settings.oauth1.formBodies = .always
        if let lifetime = value("wgSessionCookieJwtExpiration")?.integerValue { settings.cookie.lifetime = lifetime }
        return settings
    }

    /// `$wgServer`: `//host[:port]`, `scheme://host[:port]`, or the words for a detected one.
    static func server(_ text: String) -> Wiki.Server {
        guard let slashes = text.range(of: "//"), !text.contains("detectServer") else { return .detect }
        let scheme = text[..<slashes.lowerBound].dropLast()
        let authority = text[slashes.upperBound...]
        var host = String(authority)
        var port: Int?
        if let colon = authority.lastIndex(of: ":"), !authority[colon...].contains("]") {
            let digits = authority[authority.index(after: colon)...]
            port = Int(digits)
            if port != nil || digits.isEmpty { host = String(authority[..<colon]) }
        }
        return .fixed(scheme: scheme.isEmpty ? nil : String(scheme), host: host.lowercased(), port: port)
    }
}
