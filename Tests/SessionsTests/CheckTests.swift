// The check as a whole: outcomes, what the edge gets, replays, caching bounds.

import Sessions
import Testing
import Bytes
import EnvoyProtocol

@Suite struct CheckTests {
    @Test func withoutCredentialsARequestIsAnonymousAndForgedHeadersAreRemoved() {
        let world = TestWorld()
        let outcome = world.check(world.request().adding("x-session-user-id", "1"))
        #expect(outcome.decision?.outcome == .anonymous)
        #expect(
            outcome.response?.ok?.headersToRemove == [
                "x-session-user-id", "x-session-sub", "x-session-consumer", "x-session-class", "x-session-type",
            ])
        #expect(outcome.response?.ok?.headers.isEmpty == true)
        #expect(world.directory.reads == 0)
    }

    @Test func aFirstOAuth1RequestGetsIdentityAndCookie() throws {
        let world = TestWorld()
        let outcome = world.check(world.signed(nonce: "n1"))
        #expect(outcome.decision?.outcome == .authenticated)
        let headers = Dictionary(
            uniqueKeysWithValues: (outcome.response?.ok?.headers ?? []).map { ($0.header.key, $0.header.value) })
        #expect(headers["x-session-user-id"] == "3")
        #expect(headers["x-session-sub"] == "mw:local:wiki:3")
        #expect(headers["x-session-consumer"] == "ck")
        #expect(headers["x-session-type"] == "oauth1")
        #expect(
            outcome.response?.ok?.headers.allSatisfy {
                $0.hasAppend && !$0.append.value && $0.appendAction == .overwriteIfExistsOrAdd
            } == true)
        let cookie = try #require(outcome.cookies.first)
        #expect(outcome.cookies.count == 1)
        #expect(cookie.hasPrefix("sessionJwt="))
        #expect(cookie.hasSuffix("; expires=Sun, 01 Mar 2026 16:00:00 GMT; Max-Age=14400; path=/; secure; HttpOnly"))
        let session = outcome.response?.metadata?["session"]
        #expect(session?["user"]?["id"]?.stringValue == "3")
        #expect(session?["rate_limit_key"]?.stringValue == "jwt-sub:mw:local:wiki:3")
        #expect(session?["cookie"]?.stringValue == "set")
    }

    @Test func aCookieIsMintedOncePerWindowAndKeptWhileFresh() throws {
        let world = TestWorld()
        let first = world.check(world.signed(nonce: "n1"))
        let second = world.check(world.signed(nonce: "n2"))
        #expect(first.cookies == second.cookies)
        #expect(second.lookups.isEmpty)
        let token = try #require(first.cookies.first?.split(separator: ";").first)
        let kept = world.check(world.signed(nonce: "n3").adding("cookie", "a=1; \(token)"))
        #expect(kept.cookies.isEmpty)
        #expect(kept.response?.metadata?["session"]?["cookie"]?.stringValue == "keep")
        world.now = Timestamp(seconds: world.now.seconds + 3601)
        let due = world.check(world.signed(nonce: "n4").adding("cookie", String(token)))
        #expect(due.cookies.count == 1)
        #expect(due.cookies != first.cookies)
    }

    @Test func aReplayIsRefusedAndTheProxysRetryIsNot() {
        let world = TestWorld()
        #expect(world.check(world.signed(nonce: "n", id: "stream-1")).decision?.outcome == .authenticated)
        #expect(world.check(world.signed(nonce: "n", id: "stream-1")).decision?.outcome == .authenticated)
        #expect(world.check(world.signed(nonce: "n", id: "stream-2")).reason == .nonceUsed)
        #expect(world.check(world.signed(nonce: "n")).reason == .nonceUsed)
        #expect(world.check(world.signed(token: "tb", nonce: "n")).decision?.outcome == .authenticated)
    }

    @Test func aBadSignatureBurnsNoNonce() {
        let world = TestWorld()
        #expect(world.check(world.signed(nonce: "n", secrets: "cs&wrong")).reason == .signatureInvalid)
        #expect(world.check(world.signed(nonce: "n")).decision?.outcome == .authenticated)
    }

    @Test func anotherUsersCookieIsRefusedOrReplaced() {
        let world = TestWorld()
        let cookie = "sessionJwt=" + world.cookie(sub: "mw:local:wiki:5", softExpiry: world.now.seconds + 14_400)
        #expect(world.check(world.signed(nonce: "a").adding("cookie", cookie)).reason == .cookieSubject)
        let lenient = TestWorld()
        lenient.settings.cookie.invalid = .replace
        #expect(lenient.check(lenient.signed(nonce: "a").adding("cookie", cookie)).cookies.count == 1)
    }

    @Test func aCookieAloneIdentifiesItsUserAndAnInvalidOneNobody() {
        let world = TestWorld()
        let good = world.cookie(softExpiry: world.now.seconds + 60)
        let outcome = world.check(world.request().adding("cookie", "sessionJwt=\(good)"))
        #expect(outcome.decision?.identity?.userName == "Alice")
        #expect(outcome.decision?.identity?.type == .cookie)
        #expect(outcome.cookies.isEmpty)
        let soft = world.cookie(softExpiry: world.now.seconds - 1)
        #expect(world.check(world.request().adding("cookie", "sessionJwt=\(soft)")).reason == .cookieExpired)
        let forged = world.check(world.request().adding("cookie", "sessionJwt=\(good)x"))
        #expect(forged.decision?.outcome == .anonymous)
        // Of two cookies the first counts, as in PHP.
        let two = world.check(world.request().adding("cookie", "sessionJwt=junk; sessionJwt=\(good)"))
        #expect(two.decision?.outcome == .anonymous)
    }

    @Test func aBlockedUsersCookieIsNobodysWhereBlocksDisableLogin() {
        for disables in [false, true] {
            let world = TestWorld()
            world.settings.users.blockDisablesLogin = disables
            world.directory.users[0].isBlocked = true
            let cookie = world.cookie(softExpiry: world.now.seconds + 60)
            let outcome = world.check(world.request().adding("cookie", "sessionJwt=\(cookie)")).decision?.outcome
            #expect(outcome == (disables ? .anonymous : .authenticated))
        }
    }

    @Test func theSpellingOfAHostDoesNotChooseTheWiki() {
        for host in ["de.test", "DE.test", "de.test:443", "de.test.", "de.test.:443"] {
            let world = TestWorld()
            world.settings.wikis.byHost["de.test"] = Wiki(id: "dewiki", server: .detect)
            world.directory.consumers[1].wiki = "wiki"
            var builder = world.bearer()
            builder.host = Array(host.utf8)
            #expect(world.check(builder).reason == .wrongWiki, "\(host)")
            builder.host = Array("elsewhere.test".utf8)
            #expect(world.check(builder).decision?.outcome == .authenticated)
        }
    }

    @Test func anExtremeSoftExpiryIsExplained() {
        let world = TestWorld()
        world.scratch.trace = Trace()
        let cookie = TestWorld.jwt(
            #"{"iss":"https://wiki.test","sxp":1e300,"sub":"mw:local:wiki:3"}"#, key: TestWorld.cookieKey)
        #expect(world.check(world.signed(nonce: "n").adding("cookie", "sessionJwt=\(cookie)")).cookies.isEmpty)
    }

    @Test func anOwnerOnlyTokenGetsACookie() {
        let world = TestWorld()
        let outcome = world.check(world.bearer())
        #expect(outcome.decision?.identity?.type == .oauth2Owner)
        #expect(outcome.cookies.count == 1)
        #expect(world.check(world.bearer()).lookups.isEmpty)
    }

    @Test func aRevocationTakesEffectWithinTheBound() {
        let world = TestWorld()
        #expect(world.check(world.bearer()).decision?.outcome == .authenticated)
        world.directory.tokens[0].revoked = true
        world.now = Timestamp(milliseconds: world.now.milliseconds + 8_999)
        #expect(world.check(world.bearer()).decision?.outcome == .authenticated)
        world.now = Timestamp(milliseconds: world.now.milliseconds + 1_001)
        #expect(world.check(world.bearer()).reason == .accessTokenRevoked)
    }

    @Test func aStoreThatFailsIsAnOutageAndNoRefusal() {
        let world = TestWorld()
        world.directory.fail(with: Fault.storeUnavailable)
        let outcome = world.check(world.signed(nonce: "n"))
        #expect(outcome.fault == .storeUnavailable)
        #expect(outcome.decision == nil)
    }

    @Test func observeModeRefusesNothingAndSaysWhatItWouldHave() {
        let world = TestWorld()
        world.settings.mode = .observe
        let outcome = world.check(world.signed(nonce: "n", secrets: "x&y"))
        #expect(outcome.response?.ok != nil)
        let session = outcome.response?.metadata?["session"]
        #expect(session?["outcome"]?.stringValue == "refused")
        #expect(session?["reason"]?.stringValue == "signature-invalid")
        #expect(session?["mode"]?.stringValue == "observe")
        #expect(session?["user"] == nil)
    }

    @Test func aRefusalIsMediaWikiShapedAndChallenges() throws {
        let world = TestWorld()
        let oauth1 = try #require(world.check(world.signed(nonce: "n", secrets: "x&y")).response?.denied)
        #expect(oauth1.status.code == .ok)
        let body = try JSON(parsing: oauth1.body)
        #expect(body["error"]?["code"]?.stringValue == "mwoauth-invalid-authorization")
        #expect(body["error"]?["reason"]?.stringValue == "signature-invalid")
        #expect(oauth1.headers.first { $0.header.key == "www-authenticate" }?.header.value == "OAuth")
        let bearer = try #require(world.check(world.request().adding("authorization", "Bearer x")).response?.denied)
        #expect(
            bearer.headers.first { $0.header.key == "www-authenticate" }?.header.value
                == #"Bearer error="invalid_token""#)
    }

    @Test func aFormBodyThatIsNotThereCannotBeJudged() {
        let world = TestWorld()
        func post(_ change: (inout CheckRequestBuilder) -> Void) -> TestWorld.Outcome {
            var builder = world.signed(nonce: "n").adding("content-type", "application/x-www-form-urlencoded")
            builder.method = Array("POST".utf8)
            change(&builder)
            return world.check(builder)
        }
        #expect(post { $0.size = 10 }.reason == .bodyUnavailable)
        #expect(post { $0.addHeader(Array("content-length".utf8), Array("10".utf8)) }.reason == .bodyUnavailable)
        #expect(
            post {
                $0.body = Array("a=1".utf8)
                $0.addHeader(Array("x-envoy-auth-partial-body".utf8), Array("true".utf8))
            }.reason == .bodyUnavailable)
        #expect(post { $0.size = 0 }.reason == .bodyUnavailable)
        #expect(
            post {
                $0.size = 0
                $0.addHeader(Array("content-length".utf8), Array("0".utf8))
            }.reason == .signatureInvalid)
        // A client's own mark on a whole body changes nothing.
        #expect(
            post {
                $0.body = Array("a=1".utf8)
                $0.addHeader("content-length", "3")
                $0.addHeader("x-envoy-auth-partial-body", "true")
            }.reason == .signatureInvalid)
    }

    @Test func aDecisionThatIsNotCarriedOutChangesNothing() throws {
        let world = TestWorld()
        _ = world.check(world.signed(nonce: "warm"))
        let message = world.signed(nonce: "n").encode()
        for _ in 0..<3 {
            let step = try message.withBytes {
                try world.policy.withRequest($0) {
                    decide($0, world.policy, world.memory, at: world.now, &world.scratch)
                }
            }
            guard case .decided(let decision) = step else {
                Issue.record("not answered")
                continue
            }
            #expect(decision.outcome == .authenticated)
        }
        #expect(world.check(world.signed(nonce: "n")).decision?.outcome == .authenticated)
    }
}
