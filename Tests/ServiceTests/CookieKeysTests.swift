// Rotating the cookie's key: what `sessiongate keys` does to a configuration file.

import Foundation
import Service
import Testing
import Tools

@Suite struct CookieKeysTests {
    private let now = SharedDemo.now

    /// A configuration of its own, whose database is the shared one.
    private func configuration(_ directory: ScratchDirectory, _ change: (String) -> String = { $0 }) throws -> String {
        let state = try SharedDemo.state().directory
        let keys = directory.file("keys")
        try FileManager.default.createDirectory(atPath: keys, withIntermediateDirectories: true)
        for name in ["session-cookie.key", "access-token.pub", "oauth1-secret-key"] {
            try FileManager.default.copyItem(atPath: "\(state)/keys/\(name)", toPath: "\(keys)/\(name)")
        }
        let text = try String(contentsOfFile: "\(state)/sessiongate.yaml", encoding: .utf8)
        try directory.write(
            "c.yaml", change(text.replacing("file: oauth.sqlite", with: "file: \(state)/oauth.sqlite")))
        return directory.file("c.yaml")
    }

    private func read(_ file: String, _ environment: [String: String] = [:]) throws -> CookieKeys {
        try CookieKeys(configuration: file, environment: environment)
    }

    private func states(_ file: String) throws -> [String] {
        try read(file).all.map { "\($0.state.rawValue) \($0.file)" }
    }

    @Test func aKeyGoesThroughAllStatesAndTheFileIsOtherwiseUnchanged() throws {
        let directory = try ScratchDirectory()
        let file = try configuration(directory)
        let before = try String(contentsOfFile: file, encoding: .utf8)
        #expect(throws: ConfigurationErrors.self) { try read(file).add("keys/none", algorithm: nil, at: now) }
        let new = try read(file).add(nil, algorithm: nil, at: now)
        #expect(try ScratchDirectory.mode(of: directory.file(new)) == 0o600)
        #expect(try states(file) == ["published \(new)", "signing keys/session-cookie.key"])
        #expect(throws: CookieKeyError.self) { try read(file).promote(nil, isForced: false, at: now + 899) }
        try read(file).promote(nil, isForced: false, at: now + 900)
        #expect(try states(file) == ["signing \(new)", "retired keys/session-cookie.key"])
        let last = try #require(try read(file).all.last?.due)
        #expect(throws: CookieKeyError.self) { try read(file).retire(nil, isForced: false, at: last - 1) }
        #expect(try read(file).retire(nil, isForced: false, at: last) == "keys/session-cookie.key")
        #expect(try states(file) == ["signing \(new)"])
        let changed = try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n").filter {
            !before.split(separator: "\n").contains($0)
        }
        #expect(changed.count == 3 && changed[0].hasPrefix("  cookie: {file: \(new), since: "), "\(changed)")
        #expect(!FileManager.default.fileExists(atPath: file + ".new"))
    }

    @Test func listsOfSeveralLinesAndCommentsAreKept() throws {
        let directory = try ScratchDirectory()
        let file = try configuration(directory) { text in
            text.replacing(
                "  cookie: keys/session-cookie.key\n",
                with: """
                      cookie: keys/session-cookie.key # the first
                      cookie_previous:
                      - keys/access-token.pub
                      # What comes now is about the wiki.

                    """)
        }
        _ = try read(file).add(nil, algorithm: .es256, at: now)
        let kept = try String(contentsOfFile: file, encoding: .utf8)
        #expect(
            kept.contains("\n  cookie_previous: [keys/access-token.pub]\n  # What comes now is about the wiki.\n"))
    }

    @Test func whatCanNotBeDoneIsSaidAndChangesNothing() throws {
        let directory = try ScratchDirectory()
        let file = try configuration(directory) { text in
            text.replacing("  cookie: keys/session-cookie.key\n", with: "  \"cookie\": keys/session-cookie.key\n")
        }
        let before = try directory.bytes("c.yaml")
        let error = #expect(throws: CookieKeyError.self) { try read(file).add(nil, algorithm: nil, at: now) }
        #expect(error?.description.hasSuffix("write each of its keys on a line of its own") == true)
        #expect(throws: CookieKeyError.self) { try read(file).promote(nil, isForced: true, at: now) }
        #expect(throws: CookieKeyError.self) { try read(file).retire("keys/none", isForced: true, at: now) }
        #expect(try directory.bytes("c.yaml") == before)
        // The key that was made for nothing is gone.
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.file("keys")).count == 3)
        let set = ["SESSIONGATE_KEYS_COOKIE": directory.file("keys/session-cookie.key")]
        #expect(throws: CookieKeyError.self) { try read(file, set).add(nil, algorithm: nil, at: now) }
    }

    @Test func aKidForAllKeysEndsARotation() throws {
        let directory = try ScratchDirectory()
        let file = try configuration(directory)
        _ = try read(file).add(nil, algorithm: nil, at: now)
        let text = try String(contentsOfFile: file, encoding: .utf8)
        try directory.write("c.yaml", text.replacing("\ncookie:\n", with: "\ncookie:\n  key_id: wiki\n"))
        let error = #expect(throws: CookieKeyError.self) { try read(file).promote(nil, isForced: true, at: now) }
        #expect(error?.description.contains("cookie.key_id") == true)
    }

    @Test func aTimeThatIsNoneIsAConfigurationError() throws {
        let directory = try ScratchDirectory()
        let file = try configuration(directory) { text in
            text.replacing(
                "  cookie: keys/session-cookie.key\n",
                with: "  cookie: {file: keys/session-cookie.key, since: 2026-02-30T00:00:00Z}\n")
        }
        let error = #expect(throws: ConfigurationErrors.self) { try read(file) }
        #expect(
            error?.description.contains("keys.cookie.since: got \"2026-02-30T00:00:00Z\"; expected a time in UTC")
                == true)
    }
}
