// What `explain` shows of a request, and what it does not.

import Sessions
import Service
import Tools
import Testing
import Bytes

@Suite struct ExplanationTests {
    private let now: Int64 = 1_772_366_400

    private func explain(
        path: String = "/w/api.php", host: String = "wiki.test", headers: [String: String] = [:], body: String? = nil,
        environment: [String: String] = [:]
    ) throws -> String {
        var http: [JSON.Member] = [
            .init("method", body == nil ? "GET" : "POST"), .init("host", .string(host)), .init("path", .string(path)),
            .init("scheme", "https"),
            .init("headers", .object(headers.map { JSON.Member($0.key, .string($0.value)) })),
        ]
        if let body { http += [.init("body", .string(body)), .init("size", .string("\(body.utf8.count)"))] }
        let request: JSON = ["attributes": ["request": ["http": .object(http)]]]
        let environment = ["SESSIONGATE_OAUTH1_ALLOW_PLAINTEXT": "true"].merging(environment) { $1 }
        let replay = try Replay(SharedDemo.load(environment: environment), clock: .fixed(now))
        return try request.compact.withBytes { try replay.explain($0) }.text(isColoured: false)
    }

    /// The lines of a section.
    private func section(_ name: String, of text: String) -> [String] {
        text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init).drop { $0 != name }.dropFirst()
            .prefix { !$0.isEmpty }.map { $0 }
    }

    private func oauth(_ more: String) throws -> [String: String] {
        let credential = try SharedDemo.state().credentials.oauth1
        let timestamp = "oauth_timestamp=\"\(now)\", oauth_nonce=\"n\""
        return [
            "authorization":
                "OAuth oauth_consumer_key=\"\(credential.consumerKey)\", oauth_token=\"\(credential.token)\", \(timestamp), \(more)"
        ]
    }

    @Test func theSignatureIsNotAmongWhatIsSigned() throws {
        let text = try explain(
            headers: oauth("oauth_signature_method=\"HMAC-SHA1\", oauth_signature=\"c2lnbmF0dXJlIG9mIGl0\""))
        let signed = section("Signed parameters", of: text)
        #expect(signed.count == 5 && !signed.contains { $0.contains("oauth_signature =") }, "\(text)")
        #expect(section("Signature", of: text) == ["  header        oauth_signature = c2lnbm… (20 characters)"])
    }

    @Test func eachCheckIsNamedOnce() throws {
        let text = try explain(headers: oauth("oauth_signature_method=\"HMAC-SHA1\", oauth_signature=\"x\""))
        let checks = section("Checks", of: text)
        #expect(checks.count > 5 && Set(checks.map { $0.dropFirst(8) }).count == checks.count, "\(checks)")
        let long = try explain(headers: [
            "authorization": "OAuth oauth_consumer_key=\"\(String(repeating: "k", count: 200))\""
        ])
        #expect(section("Checks", of: long).last == "  FAILED  oauth_consumer_key is of a possible length")
    }

    /// A signature in the query may be the secrets themselves; passwords stand in hosts, forms and queries.
    @Test func nothingThatCouldBeUsedIsShown() throws {
        let text = try explain(
            path: "/w/api.php?oauth_signature_method=PLAINTEXT&oauth_signature=hunter2hunter2&code=hunter2&lang=de",
            host: "alice:hunter2@wiki.test",
            headers: oauth("oauth_version=\"1.0\"").merging(["content-type": "application/x-www-form-urlencoded"]) {
                $1
            },
            body: "key=hunter2&client_secret=hunter2&lgpassword=hunter2&api_key=hunter2&title=Main")
        #expect(!text.contains("hunter"), "\(text)")
        for shown in ["title = Main", "lang=de", "https://…@wiki.test/w/api.php?", "oauth_consumer_key = "] {
            #expect(text.contains(shown), "\(shown)")
        }
        let absolute = try explain(
            path: "https://alice:hunter2@wiki.test/w?x=1",
            headers: oauth("oauth_signature_method=\"HMAC-SHA1\", oauth_signature=\"x\""))
        #expect(absolute.contains("https://…@wiki.test/w?x=1"), "\(absolute)")
        #expect(!absolute.contains("hunter"), "\(absolute)")
        #expect(try explain(path: String(repeating: "//@", count: 20_000)).contains("//…@"))
    }

    /// Where the name of a secret stands behind a character that some programs take for a separator.
    @Test(arguments: [
        "/w/api.php?a=b;lgpassword=hunter2", "/w/api.php?a=b#access_token=hunter2", "/w/api.php#token=hunter2",
        "/w/api.php;password=hunter2?a=b", "/w/api.php?a=b%3Bpassword%3Dhunter2",
        "/w/api.php?a=b%23code%3dhunter2&lang=de",
        "/w/api.php?a=b%253Bpass%253Dhunter2", "/w/api.php?a=x%26lgpassword=hunter2", "/w/api.php?u=/x?token=hunter2",
    ])
    func secretsBehindOtherSeparators(path: String) throws {
        let signed = try explain(
            path: path, headers: oauth("oauth_signature_method=\"HMAC-SHA1\", oauth_signature=\"x\""))
        #expect(!signed.contains("hunter"), "\(signed)")
        #expect(signed.contains("…") && signed.contains("a = b") == path.contains("?a=b"), "\(signed)")
        #expect(try !explain(path: path).contains("hunter"))
        let form = ["content-type": "application/x-www-form-urlencoded"]
        let body = String(path.drop { $0 != "?" }.dropFirst())
        let posted = try explain(
            headers: oauth("oauth_signature_method=\"HMAC-SHA1\", oauth_signature=\"x\"").merging(form) { $1 },
            body: body)
        #expect(!posted.contains("hunter"), "\(posted)")
    }

    /// The wiki's own session is in cookies of other names, which an injected cookie header repeats.
    @Test func noValueOfACookieIsShown() throws {
        let cookies = "wikiSession=hunter2; wikiUserID=3;wikiToken=hunter2 ; hunter2; empty=; sessionJwt=deleted"
        let headers = try oauth("oauth_signature_method=\"HMAC-SHA1\", oauth_signature=\"x\"").merging(
            ["cookie": cookies]
        ) { $1 }
        let environment = ["SESSIONGATE_EDGE_INJECT_COOKIE": "true", "SESSIONGATE_MODE": "observe"]
        let text = try explain(headers: headers, environment: environment)
        #expect(!text.contains("hunter") && !text.contains("wikiUserID=3"), "\(text)")
        #expect(
            text.contains("set     cookie: wikiSession=…; wikiUserID=…;wikiToken=…;…; empty="),
            "names are shown: \(text)")
        #expect(
            Shown.header("set-cookie", "sessionJwt=eyJhbGciOiJ9.x.y; path=/")
                == "sessionJwt=eyJhbG… (16 characters); path=/")
        #expect(Shown.header("Set-Cookie", "a=hunter2") == "a=…")
    }

    @Test func aCookieAloneIsShownWithItsNumbers() throws {
        var payload: [UInt8] = []
        Array(#"{"iss":"https://w.test","sxp":1772375400,"sub":"mw:local:demowiki:3","iat":1772361000}"#.utf8).withBytes
        {
            Base64.encodeURL($0, into: &payload)
        }
        let token = "e30.\(String(decoding: payload, as: UTF8.self)).AAAA"
        let text = try explain(headers: ["cookie": "a=b; sessionJwt=\(token)"])
        #expect(
            section("Session cookie of the request, as it says itself", of: text) == [
                "  sub  mw:local:demowiki:3", "  iss  https://w.test", "  iat  1772361000 (5400 s ago)",
                "  sxp  1772375400 (9000 s left)",
                "  it is renewed, for sessions that get one, with less than 10800 s to sxp",
            ], "\(text)")
        #expect(try explain(headers: ["cookie": "sessionJwt=x"]).contains("\n  no JWT\n"))
        #expect(try !explain().contains("Session cookie of the request"))
    }

    @Test func whatATerminalWouldActOnIsWrittenOut() throws {
        let text = try explain(path: "/w/\u{202e}\u{2066}\u{200b}\u{1b}[2J\u{85}\u{2028}é")
        #expect(text.contains(#"/w/\u{202e}\u{2066}\u{200b}\u{1b}[2J\u{85}\u{2028}é"#), "\(text)")
        #expect(printable("a\u{feff}b\u{e0041}") == #"a\u{feff}b\u{e0041}"#)
        #expect(printable("ünï 🇩🇪 العربية") == "ünï 🇩🇪 العربية")
    }
}
