// The keys of the session cookie, on their way:
//
//     add ─► published ──(keys.publish_time)──► promote ─► signing ──(another is promoted)──► retired ──(cookies end)──► retire
//
// All of them verify cookies and are published. A key signs only when those who verify cookies have had time to read it, and is
// taken out only when no cookie that it signed is left.

import Bytes
import Cryptography
import Foundation

/// What a key of the session cookie is used for.
public enum CookieKeyState: String, Sendable {
    /// It will sign: `keys.cookie_next`.
    case published
    /// It signs: `keys.cookie`.
    case signing
    /// It has signed: `keys.cookie_previous`.
    case retired
}

/// A key of the session cookie.
public struct CookieKey: Sendable {
    /// What it is used for.
    public let state: CookieKeyState
    /// Its `kid`.
    public let keyID: String
    /// Its `alg`.
    public let algorithm: String
    /// Its file, as the configuration names it.
    public let file: String
    /// Since when it is in this state; seconds since 1970, nil when the configuration does not say.
    public let since: Int64?
    /// When a published key may sign, or a retired one may be taken out; nil for the one that signs, and when that is not known.
    public let due: Int64?
}

/// Why keys were not changed.
public struct CookieKeyError: Error, CustomStringConvertible, Sendable {
    /// One sentence.
    public let description: String
}

/// The keys of the session cookie in a configuration file.
public struct CookieKeys: Sendable {
    /// The keys: published, signing, retired.
    public let all: [CookieKey]
    let file: String
    let environment: [String: String]
    /// Names as they are written.
    let written: KeyFiles
    let settings: Configuration

    /// Reads them.
    /// - Throws: What is wrong with the configuration.
    public init(configuration file: String, environment: [String: String]) throws(ConfigurationErrors) {
        let loaded = try LoadedConfiguration(file: file, environment: environment)
        var reading = Reading(file: file, environment: environment)
        reading.applyTable()
        self.file = file
        self.environment = environment
        written = reading.configuration.keys
        settings = loaded.configuration
        let directory = Files.directory(of: file)
        let states: [(CookieKeyState, [KeyFile], Int64?)] = [
            (.published, written.cookieNext, written.publishTime), (.signing, [written.cookie].compactMap(\.self), nil),
            (.retired, written.cookiePrevious, Self.cookieLifetime(loaded.configuration)),
        ]
        all = states.flatMap { state, files, wait in
            files.compactMap { CookieKey(state, $0, in: directory, wait: wait) }
        }
    }

    /// Seconds for which a cookie counts at most.
    static func cookieLifetime(_ configuration: Configuration) -> Int64 {
        let settings = configuration.settings
        return (settings.cookie.hardLifetime ?? settings.cookie.lifetime) + settings.oauth2.leeway
    }
}

extension CookieKey {
    fileprivate init?(_ state: CookieKeyState, _ key: KeyFile, in directory: String, wait: Int64?) {
        // It was read a moment ago, without an error.
        guard let pem = try? Files.read(Files.resolve(key.path, in: directory), limit: 65_536),
            let parsed = try? pem.withBytes({ try Reading.eitherKey($0) })
        else { return nil }
        self.state = state
        keyID = parsed.keyID
        algorithm = parsed.algorithm.rawValue
        file = key.path
        since = key.since
        due = wait.flatMap { wait in key.since.map { $0 + wait } }
    }
}
