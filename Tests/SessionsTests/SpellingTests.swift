// One thing written in several ways: what a client may choose by spelling is nothing.

import Sessions
import Testing
import Bytes
import EnvoyProtocol

@Suite struct PathSpellingTests {
    /// The server behind collapses dot segments and doubled slashes before it chooses what runs.
    @Test(arguments: [
        "/w/load.php/../api.php", "/w/load.php/%2e%2e/api.php", "/w/api.php/../api.php", "/w/./api.php", "/w//api.php",
        "/w/x/..//load.php/.././api.php", "/w/api.php/info",
    ])
    func whatRunsIsTheAPI(path: String) {
        let world = TestWorld()
        let refused = world.check(world.request(path).adding("authorization", "Bearer x"))
        #expect(refused.reason == .accessTokenMalformed)
    }

    /// White space around a header's value is no part of it (RFC 9110, 5.5), and neither is a fragment of the target.
    @Test(arguments: [" ", "\t", " \t  "])
    func aroundWhatCounts(space: String) {
        let world = TestWorld()
        for (nonce, fragment) in [("a", ""), ("b", "#/load.php"), ("c", "#&origin=*")] {
            let plain = world.signed(nonce: nonce)
            let authorization = plain.headers.first { $0.name == Array("authorization".utf8) }?.value ?? []
            var request = world.request("/w/api.php?action=query" + fragment)
            request.addHeader("authorization", space + String(decoding: authorization, as: UTF8.self) + space)
            let outcome = world.check(request)
            #expect(outcome.decision?.identity?.userID == 3 && outcome.decision?.actsAs == .user, "\(fragment)")
        }
    }

    @Test(arguments: ["/w/../wiki/Foo", "/w/api.php/../index.php", "//wiki/Foo", "/wiki/../wiki/Foo"])
    func whatRunsIsNotTheAPI(path: String) {
        let world = TestWorld()
        #expect(world.check(world.request(path).adding("authorization", "Bearer x")).reason == .notAPI)
    }

    @Test(arguments: [
        "/w/api.php/../load.php", "/w/load.php", "/wiki/../w/load.php", "/w/load.php/..",
    ])
    func whatRunsIgnoresCredentials(path: String) {
        let world = TestWorld()
        let isIgnored =
            world.check(world.request(path).adding("authorization", "Bearer x")).decision?.outcome == .anonymous
        // `/w/load.php/..` is the folder: whatever runs there may look.
        #expect(isIgnored == !path.hasSuffix(".."))
    }
}

@Suite struct HostSpellingTests {
    @Test(arguments: [
        "de.test", "DE.test", "de.test:443", "de.test:8443", "de.test:80", "de.test:", "de.test:0443", "de.test.",
        "de.test..",
        "x@de.test", "x@de.test.:1",
    ])
    func oneHostIsOneWiki(host: String) {
        let world = TestWorld()
        world.settings.wikis.byHost["de.test"] = Wiki(
            id: "dewiki", server: .fixed(scheme: nil, host: "wiki.test", port: nil))
        world.directory.acceptances[0].wiki = "wiki"
        var request = world.signed(nonce: "a")
        request.host = Array(host.utf8)
        #expect(world.check(request).reason == .wrongWiki)
        // The first one's nonce is used up: its signature was valid.
        request = world.signed(nonce: "b")
        request.host = Array("wiki.test".utf8)
        #expect(world.check(request).decision?.outcome == .authenticated)
    }

    @Test func aPortMayBeAWikiOfItsOwn() {
        let world = TestWorld()
        let server = Wiki.Server.fixed(scheme: nil, host: "wiki.test", port: nil)
        world.settings.wikis.byHost["de.test:8443"] = Wiki(id: "other", server: server)
        world.settings.wikis.byHost["de.test"] = Wiki(id: "dewiki", server: server)
        world.directory.acceptances[0].wiki = "other"
        var request = world.signed(nonce: "a")
        request.host = Array("de.test:8443".utf8)
        #expect(world.check(request).decision?.outcome == .authenticated)
    }
}

@Suite struct CookieSpellingTests {
    /// However the cookie is spelled, what is verified stands behind in the one form that every filter reads.
    @Test(arguments: [
        ("sessionJwt =TOKEN", "sessionJwt=TOKEN"), ("sessionJwt\t=TOKEN", "sessionJwt=TOKEN"),
        ("sessionJwt= TOKEN", "sessionJwt=TOKEN"), ("sessionJwt=%65SHORT", "sessionJwt=TOKEN"),
        ("a=1;sessionJwt=TOKEN ;b=2", "a=1; sessionJwt=TOKEN;b=2"),
        ("a=\u{7f}; sessionJwt=TOKEN; b=2", " sessionJwt=TOKEN; b=2"),
    ])
    func aKeptCookieIsWrittenPlainly(sent: String, expected: String) {
        let world = TestWorld()
        world.settings.edge.injectCookie = true
        let token = world.cookie(softExpiry: world.now.seconds + 14_000)
        func filled(_ text: String) -> String {
            text.replacing("TOKEN", with: token).replacing("SHORT", with: token.dropFirst())
        }
        let outcome = world.check(world.signed(nonce: "a").adding("cookie", filled(sent)))
        #expect(outcome.cookies.isEmpty)
        #expect(outcome.requestHeaders["cookie"]?.drop { $0 == " " } == filled(expected).drop { $0 == " " })
    }

    @Test func bytesThatCanNotTravelAreLeftOut() throws {
        let world = TestWorld()
        world.settings.edge.injectCookie = true
        var request = world.signed(nonce: "a")
        request.addHeader(Array("cookie".utf8), Array("a=".utf8) + [0xff] + Array("; b=2".utf8))
        let cookie = try #require(world.check(request).requestHeaders["cookie"])
        #expect(cookie.contains("b=2; sessionJwt=eyJ") && !cookie.contains("a="))
    }

    /// Filters behind know nothing of users who are gone, or of tokens that came instead: only what was verified is left.
    @Test func anUnverifiedOneIsTakenAway() {
        let world = TestWorld()
        world.settings.edge.injectCookie = true
        let bobs = "sessionJwt=" + world.cookie(sub: "mw:local:wiki:5", softExpiry: world.now.seconds + 14_000)
        let alices = "sessionJwt=" + world.cookie(softExpiry: world.now.seconds + 14_000)
        world.settings.cookie.forOwnerOnly = false
        func left(_ request: CheckRequestBuilder, _ cookie: String) -> String? {
            let outcome = world.check(request.adding("cookie", cookie))
            return outcome.response?.ok?.headersToRemove.contains("cookie") == true
                ? "" : outcome.requestHeaders["cookie"] ?? cookie
        }
        #expect(left(world.request(), "a=1; \(alices)") == "a=1; \(alices)")
        #expect(left(world.bearer(), "a=1; \(bobs); b=2") == "a=1; b=2")
        #expect(left(world.bearer(), bobs) == "")
        let unknown = "sessionJwt=" + world.cookie(sub: "mw:local:wiki:99", softExpiry: world.now.seconds + 14_000)
        let expired = "sessionJwt=" + world.cookie(softExpiry: world.now.seconds - 1)
        for cookie in [unknown, expired, "sessionJwt=x", "sessionJwt=\u{1}", "sessionJwt=deleted"] {
            #expect(left(world.request(), "a=1; " + cookie) == "a=1")
            #expect(left(world.request(), cookie) == "")
        }
        let token = world.centralAuthToken(softExpiry: world.now.seconds + 60)
        let centralAuth = world.request().adding("authorization", "CentralAuthToken " + token)
        #expect(left(centralAuth, bobs) == "")
        #expect(left(world.request(), "a=\u{1}") == "a=\u{1}")
    }

    @Test func aPlainOneStaysUntouched() {
        let world = TestWorld()
        world.settings.edge.injectCookie = true
        let token = world.cookie(softExpiry: world.now.seconds + 14_000)
        let outcome = world.check(world.signed(nonce: "a").adding("cookie", "a=1; sessionJwt=\(token); b=2"))
        #expect(outcome.decision?.outcome == .authenticated && outcome.requestHeaders["cookie"] == nil)
    }
}

@Suite struct ClassByCookieTests {
    /// A client could keep an old cookie for the better class that it names.
    @Test func aCookieNamesNoClass() {
        let world = TestWorld()
        world.settings.cookie.forOwnerOnly = false
        let own = world.cookie(softExpiry: world.now.seconds + 14_000, more: #","rlc":"approved-bot""#)
        let bobs = world.cookie(
            sub: "mw:local:wiki:5", softExpiry: world.now.seconds + 14_000, more: #","rlc":"approved-bot""#)
        func rateLimitClass(_ cookie: String, _ claims: String = "") -> String? {
            world.check(
                world.bearer(#""aud":"oo","jti":"jti-1","sub":"3"\#(claims)"#).adding("cookie", "sessionJwt=\(cookie)")
            ).decision?.identity?.rateLimitClass
        }
        for cookie in ["x", bobs, own] { #expect(rateLimitClass(cookie) == "authed-user") }
        #expect(rateLimitClass(own, #","rlc":"established-user""#) == "established-user")
    }
}

@Suite struct QueryNameTests {
    /// A plain parse of the query sees them all, `$_GET` a thousand: of a repeated name the last of those counts.
    @Test func signedBeyondAThousandVariables() throws {
        let world = TestWorld()
        func baseString(_ query: String) throws -> String {
            let request = world.signed(nonce: "n", path: "/w/api.php?" + query).encode()
            let base = try request.withBytes { bytes in
                try world.policy.withRequest(bytes) {
                    signatureBaseString(of: $0, world.policy, world.memory, &world.scratch)
                }
            }
            return String(decoding: try #require(base), as: UTF8.self)
        }
        let many = String(repeating: "a=1&", count: 999)
        #expect(try baseString(many + "a=2").contains("a%3D2%26"))
        let beyond = try baseString(many + "a=2&a=3")
        #expect(beyond.contains("a%3D2%26") && !beyond.contains("a%3D3%26"))
        #expect(try baseString(many + "a=2&b=4").contains("b%3D4%26"))
    }
}

@Suite struct RootTests {
    /// What runs in a folder is index.php.
    @Test(arguments: [
        ("/", true), ("/w/", true), ("/wiki", true), ("/w", false), ("/api/rest_v1/", false), ("//", true),
    ])
    func foldersAreNotTheAPI(path: String, isMisplaced: Bool) {
        let world = TestWorld()
        var request = world.bearer()
        request.path = Array(path.utf8)
        #expect((world.check(request).reason == .notAPI) == isMisplaced)
    }
}

@Suite struct BodyPresenceTests {
    private func form(
        _ formBodies: OAuth1Settings.FormBodies = .whenPresent, _ change: (inout CheckRequestBuilder) -> Void
    ) -> Reason? {
        let world = TestWorld()
        world.settings.oauth1.formBodies = formBodies
        var request = world.signed(nonce: "a").adding("content-type", "application/x-www-form-urlencoded")
        request.method = Array("POST".utf8)
        request.size = 0
        change(&request)
        return world.check(request).reason
    }

    /// `size` 0 is what Envoy had received when it asked: nothing.
    @Test func noBodyIsNotAnEmptyBody() {
        #expect(form { $0.httpProtocol = Array("HTTP/2".utf8) } == .bodyUnavailable)
        #expect(form { $0.addHeader("transfer-encoding", "chunked") } == .bodyUnavailable)
        #expect(form { $0.addHeader("content-length", "3") } == .bodyUnavailable)
        // The signature is a GET's: it does not verify, but it is looked at.
        #expect(form { $0.addHeader("content-length", "0") } == .signatureInvalid)
        // HTTP/1.1 too: Envoy takes Transfer-Encoding away before it asks.
        #expect(form { _ in } == .bodyUnavailable)
    }

    /// A proxy that forwards every form forwards an empty one as nothing.
    @Test func noBodyIsAnEmptyBodyWhereTheOperatorSaysSo() {
        let http2 = Array("HTTP/2".utf8)
        #expect(form(.always) { $0.httpProtocol = http2 } == .signatureInvalid)
        #expect(form(.always) { $0.addHeader("transfer-encoding", "chunked") } == .signatureInvalid)
        // What says that there is one, or was more of it, is believed all the same.
        #expect(form(.always) { $0.addHeader("content-length", "3") } == .bodyUnavailable)
        #expect(form(.always) { $0.size = 3 } == .bodyUnavailable)
        #expect(form(.always) { $0.addHeader("x-envoy-auth-partial-body", "true") } == .bodyUnavailable)
    }

    @Test func aRouteSaysItForItsRequests() {
        let http2 = Array("HTTP/2".utf8)
        let key = "sessiongate.form_bodies"
        #expect(
            form {
                $0.httpProtocol = http2
                $0 = $0.on(key, "always")
            } == .signatureInvalid)
        #expect(
            form(.always) {
                $0.httpProtocol = http2
                $0 = $0.on(key, "when_present")
            } == .bodyUnavailable)
    }
}
