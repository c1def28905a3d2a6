// Whose request it is never gets lost; for whom the wiki acts is told beside it.

import Bytes
import EnvoyProtocol
import Sessions
import Testing

@Suite struct ActsAsTests {
    private func outcome(_ world: TestWorld, _ path: String, headers: [(String, String)] = []) -> TestWorld.Outcome {
        let cookie = world.cookie(softExpiry: world.now.seconds + 14_000)
        var request = world.request(path).adding("cookie", "sessionJwt=\(cookie)")
        for (name, value) in headers { request = request.adding(name, value) }
        return world.check(request)
    }

    /// What the edge is told of a user on whose behalf the wiki does not act: what limits need, and nothing for the wiki.
    private func expectCounted(_ outcome: TestWorld.Outcome, _ actsAs: ActsAs, _ comment: Comment? = nil) {
        #expect(outcome.decision?.outcome == .authenticated, comment)
        #expect(outcome.decision?.identity?.userID == 3, comment)
        #expect(outcome.decision?.actsAs == actsAs, comment)
        #expect(outcome.session?["acts_as"]?.stringValue == actsAs.rawValue, comment)
        #expect(outcome.session?["rate_limit_key"]?.stringValue == "jwt-sub:mw:local:wiki:3", comment)
        #expect((outcome.requestHeaders["x-session-user-id"] == "3") == (actsAs == .user), comment)
        #expect(outcome.requestHeaders["x-session-class"] == "authed-user", comment)
    }

    /// PHP decodes names, cuts them, and knows arrays: another spelling of a parameter is the parameter.
    @Test(arguments: [
        ("origin=%2A", true), ("origin=x&origin=*", true), ("orig%69n=*", true), ("+origin=*", true),
        ("%20origin=*", true), ("origin%00x=*", true), ("a=1&&origin=*", true), ("origin", false), ("origin=**", false),
        ("origin=*&origin=x", false), ("origin=*&origin[]=1", false), ("origin=*&orig%69n%5B%5D=1", false),
        ("origin[]=*", false), ("xorigin=*", false), ("Origin=*", false), ("origin.=*", false), ("a=origin=*", false),
        ("callback=f", true), ("callback=", true), ("callback", true), ("callback[]=f", false), ("callbacks=f", false),
        ("crossorigin=", true), ("crossorigin=1", true), ("crossorigin[]=1", false), ("", false),
        // What stands behind `#` is no query.
        ("action=query#&origin=*", false),
    ])
    func parametersOfTheQuery(query: String, isAnonymous: Bool) {
        expectCounted(outcome(TestWorld(), "/w/api.php?" + query), isAnonymous ? .anonymous : .user, "\(query)")
    }

    @Test func aHeaderSaysItToo() {
        let untrusted = outcome(TestWorld(), "/w/api.php?action=query", headers: [("Treat-as-Untrusted", "")])
        expectCounted(untrusted, .anonymous)
    }

    @Test(arguments: ["/w/rest.php/v1/page?origin=*", "/wiki/A?origin=*", "/w/index.php?callback=f"])
    func onlyTheActionAPIHasThem(path: String) { expectCounted(outcome(TestWorld(), path), .user) }

    /// `max_input_vars`: what comes behind a thousand variables is not there.
    @Test func aThousandVariables() {
        for (before, actsAs) in [(999, ActsAs.anonymous), (1000, .user)] {
            let query = String(repeating: "a=1&", count: before) + "origin=*"
            expectCounted(outcome(TestWorld(), "/w/api.php?" + query), actsAs)
        }
    }

    /// A signature is no cookie that a browser adds by itself: `crossorigin` keeps it.
    @Test func crossoriginKeepsOAuth() {
        let world = TestWorld()
        let path = "/w/api.php?action=query&crossorigin="
        let cookie = "sessionJwt=" + world.cookie(softExpiry: world.now.seconds + 14_000)
        expectCounted(world.check(world.signed(nonce: "a", path: path)), .user)
        expectCounted(world.check(world.request(path).adding("cookie", cookie)), .anonymous)
    }

    /// MediaWiki records the nonce and sets the cookie all the same.
    @Test func oauthIsVerifiedAndGetsItsCookie() {
        let world = TestWorld()
        let request = world.signed(nonce: "a", path: "/w/api.php?action=query&callback=f")
        let outcome = world.check(request)
        expectCounted(outcome, .anonymous)
        #expect(outcome.cookies.count == 1)
        #expect(world.check(request).reason == .nonceUsed)
    }

    /// PHP lays the form over the query: what the form says of `origin` counts.
    @Test(arguments: [
        ("origin=*", "action=edit&origin[]=", ActsAs.user), ("origin=*", "action=edit&origin=https://x.test", .user),
        ("origin=*", "action=edit", .anonymous), ("", "origin=*", .anonymous), ("callback=f", "callback[]=", .user),
        ("origin=*", "", .anonymous),
    ])
    func theFormCountsBeforeTheQuery(query: String, form: String, actsAs: ActsAs) {
        let world = TestWorld()
        let cookie = world.cookie(softExpiry: world.now.seconds + 14_000)
        for type in ["application/x-www-form-urlencoded", "Application/X-WWW-Form-URLencoded; charset=utf-8"] {
            var request = world.request("/w/api.php?" + query).adding("cookie", "sessionJwt=\(cookie)")
            request.method = Array("POST".utf8)
            request.addHeader("content-type", type)
            request.body = Array(form.utf8)
            expectCounted(world.check(request), actsAs, "\(query) \(form)")
        }
    }

    @Test func anAnonymousRequestActsAsOne() {
        let world = TestWorld()
        let outcome = world.check(world.request())
        #expect(outcome.decision?.actsAs == .anonymous)
        #expect(outcome.session?["acts_as"]?.stringValue == "anonymous")
    }
}

@Suite struct IgnoredCredentialsTests {
    private static let places = [
        "/w/load.php?modules=x", "/wiki/Special:OAuth/identify",
        "/w/index.php?title=Special:OAuth",
    ]

    /// MediaWiki does not look at them there: they count, and the wiki is told nothing.
    @Test(arguments: places) func validOnesCount(path: String) {
        let world = TestWorld()
        for request in [world.bearer().on(path: path), world.signed(nonce: "a", path: path)] {
            let outcome = world.check(request)
            // A signature of the hand-made kind covers plain paths only.
            guard outcome.reason != .signatureInvalid else { continue }
            #expect(outcome.decision?.identity?.userID == 3)
            #expect(outcome.decision?.actsAs == .anonymous && outcome.decision?.claim == nil)
            #expect(outcome.cookies.isEmpty && outcome.requestHeaders["x-session-user-id"] == nil)
        }
        #expect(world.check(world.bearer().on(path: path)).decision?.outcome == .authenticated)
    }

    @Test(arguments: places) func invalidOnesAreNotRefusedAndTheCookieCounts(path: String) {
        let world = TestWorld()
        let cookie = "sessionJwt=" + world.cookie(softExpiry: world.now.seconds + 14_000)
        for header in ["Bearer junk", "OAuth junk", "OAuth oauth_consumer_key=\"x\""] {
            let junk = world.request(path).adding("authorization", header)
            #expect(world.check(junk).decision?.outcome == .anonymous)
            let outcome = world.check(junk.adding("cookie", cookie))
            #expect(outcome.decision?.identity?.type == .cookie && outcome.decision?.actsAs == .user)
        }
    }

    /// The form can't be verified, so the wiki decides; whose cookie it is, is known.
    @Test(arguments: ["OAuth junk", "OAuth oauth_consumer_key=\"ck\", oauth_token=\"ta\""])
    func theCookieBesideAFormThatIsNotShownCounts(header: String) {
        let world = TestWorld()
        world.settings.oauth1.bodyUnavailable = .anonymous
        let cookie = "sessionJwt=" + world.cookie(softExpiry: world.now.seconds + 14_000)
        var request = world.request().adding("authorization", header)
        request.method = Array("POST".utf8)
        request.addHeader("content-type", "application/x-www-form-urlencoded")
        request.size = 10
        #expect(world.check(request).reason == .bodyUnavailable)
        let outcome = world.check(request.adding("cookie", cookie))
        #expect(outcome.decision?.outcome == .authenticated && outcome.decision?.identity?.userID == 3)
    }
}

@Suite struct ClientCredentialsTests {
    /// A consumer's own token: no user for the wiki, and one key and class for the limits.
    @Test func theyCountOnTheSubjectAsWritten() {
        let world = TestWorld()
        world.directory.consumers[1].ownerOnly = false
        world.directory.tokens = [AccessTokenRow(identifier: Array("jti-1".utf8), acceptanceID: 0, revoked: false)]
        func session(_ claims: String) -> TestWorld.Outcome {
            world.check(world.bearer(#""aud":"oo","jti":"jti-1"\#(claims)"#))
        }
        let named = session(#","sub":"mw:local:wiki:3","rlc":"established-user""#)
        #expect(named.decision?.identity?.userID == nil && named.decision?.actsAs == .anonymous)
        #expect(named.session?["type"]?.stringValue == "oauth2-client")
        #expect(named.session?["rate_limit_key"]?.stringValue == "jwt-sub:mw:local:wiki:3")
        #expect(named.session?["class"]?.stringValue == "established-user")
        #expect(named.requestHeaders["x-session-user-id"] == nil && named.cookies.isEmpty)
        let unnamed = session("")
        #expect(unnamed.session?["rate_limit_key"]?.stringValue == "consumer:oo")
        #expect(unnamed.session?["class"]?.stringValue == "authed-user")
        #expect(session(#","rlc":"made-up""#).session?["class"]?.stringValue == "authed-user")
    }
}

@Suite struct CentralAuthPlaceTests {
    /// Where the wiki does not look at such tokens, the cookie decides.
    @Test(arguments: [("/", 3), ("/w/api.php", 5), ("/w/rest.php/v1/page", 3), ("/wiki/A", 3), ("/w/index.php", 3)])
    func onlyTheActionAPIReadsTheParameter(path: String, user: Int64) {
        let world = TestWorld()
        let cookie = world.cookie(softExpiry: world.now.seconds + 14_000)
        let token = world.centralAuthToken(sub: "mw:local:wiki:5", softExpiry: world.now.seconds + 60)
        let request = world.request(path + "?centralauthtoken=" + token).adding("cookie", "sessionJwt=\(cookie)")
        #expect(world.check(request).decision?.identity?.userID == user)
    }

    @Test func aFormMayHaveIt() {
        let world = TestWorld()
        let token = world.centralAuthToken(softExpiry: world.now.seconds + 60)
        var request = world.request()
        request.method = Array("POST".utf8)
        request.addHeader("content-type", "application/x-www-form-urlencoded")
        request.body = Array("action=query&centralauthtoken=\(token)".utf8)
        #expect(world.check(request).decision?.identity?.type == .centralAuth)
    }

    @Test(arguments: ["CentralAuthToken ", "centralauthtoken\t", "CENTRALAUTHTOKEN \t "])
    func theHeaderInAnyCase(prefix: String) {
        let world = TestWorld()
        let token = world.centralAuthToken(softExpiry: world.now.seconds + 60)
        let request = world.request().adding("authorization", prefix + token + " and more")
        #expect(world.check(request).decision?.identity?.type == .centralAuth)
    }

    @Test func onlyWhereUsersAreCentral() {
        let world = TestWorld()
        world.settings.users.source = .local
        let token = world.centralAuthToken(softExpiry: world.now.seconds + 60)
        let request = world.request().adding("authorization", "CentralAuthToken " + token)
        #expect(world.check(request).reason == .centralAuthTokenInvalid)
    }
}

extension CheckRequestBuilder {
    /// With another path.
    fileprivate func on(path: String) -> CheckRequestBuilder {
        var copy = self
        copy.path = Array(path.utf8)
        return copy
    }
}

@Suite struct InvalidEscapeTests {
    /// Some servers run what such a path leads to: it is judged as where MediaWiki may run.
    @Test(arguments: ["/%zz/../w/api.php", "/w/rest.php/v1/page/100%"])
    func validCredentialsCountAndInvalidOnesPass(path: String) {
        let world = TestWorld()
        var request = world.bearer()
        request.path = Array(path.utf8)
        let outcome = world.check(request)
        #expect(outcome.decision?.identity?.userID == 3 && outcome.decision?.actsAs == .user)
        #expect(outcome.cookies.count == 1)
        let junk = world.check(world.request(path).adding("authorization", "Bearer junk"))
        #expect(junk.decision?.outcome == .anonymous && junk.reason == .accessTokenMalformed)
        let token = world.centralAuthToken(softExpiry: world.now.seconds + 60)
        let central = world.check(world.request(path).adding("authorization", "CentralAuthToken " + token))
        #expect(central.decision?.identity?.type == .centralAuth)
    }

    /// What could not be verified may be valid: it does not pass without its limits.
    @Test func aFormThatIsNotShownIsRefused() {
        let world = TestWorld()
        for path in ["/api/x", "/w/rest.php/v1/page/100%"] {
            var request = world.signed(nonce: "a", path: path)
            request.method = Array("POST".utf8)
            request.addHeader("content-type", "application/x-www-form-urlencoded")
            request.size = 10
            #expect(world.check(request).decision?.outcome == .refused)
        }
    }
}

@Suite struct AnswerSizeTests {
    /// `Identity.byteCount` accounts 720 bytes for the answer beside an identity, of which objects and the array's head take 96.
    @Test func aUsualAnswerIsAsLargeAsItIsAccountedFor() {
        let world = TestWorld()
        let cookie = "sessionJwt=" + world.cookie(softExpiry: world.now.seconds + 14_000)
        let answer = world.answer(world.signed(nonce: "a", id: "1").adding("cookie", cookie))
        #expect((400...720 - 96).contains(answer.count), "\(answer.count)")
    }
}
