// What a route says about its requests, and what the edge is told by the profiles that it can ask for.

import Sessions
import Testing
import Bytes
import EnvoyProtocol

extension CheckRequestBuilder {
    /// On a route with this context extension.
    func on(_ key: String, _ value: String) -> CheckRequestBuilder {
        var copy = self
        copy.contextExtensions.append(Header(name: Array(key.utf8), value: Array(value.utf8)))
        return copy
    }
}

extension TestWorld.Outcome {
    var requestHeaders: [String: String] {
        Dictionary(uniqueKeysWithValues: (response?.ok?.headers ?? []).map { ($0.header.key, $0.header.value) })
    }
    var session: JSON? { response?.metadata?["session"] }
}

@Suite struct RouteTests {
    @Test func aRouteIsObservedOrEnforcedWhateverTheRestIs() {
        let world = TestWorld()
        let bad = world.signed(nonce: "n", secrets: "x&y")
        #expect(world.check(bad).response?.denied != nil)
        let observed = world.check(bad.on("sessiongate.mode", "observe"))
        #expect(observed.response?.ok != nil)
        #expect(observed.decision?.outcome == .refused)
        #expect(observed.session?["reason"]?.stringValue == "signature-invalid")
        #expect(observed.session?["mode"]?.stringValue == "observe")
        #expect(observed.response?.ok?.headersToRemove.contains("x-session-user-id") == true)
        let other = TestWorld()
        other.settings.mode = .observe
        #expect(other.check(bad).response?.ok != nil)
        #expect(other.check(bad.on("sessiongate.mode", "enforce")).response?.denied != nil)
    }

    @Test func aRouteNamesItsWiki() {
        let world = TestWorld()
        world.settings.wikis.byHost["other.test"] = Wiki(
            id: "otherwiki", server: .fixed(scheme: nil, host: "other.test", port: nil))
        world.directory.acceptances[0].wiki = "wiki"
        let request = world.signed(nonce: "a")
        #expect(world.check(request).decision?.outcome == .authenticated)
        // Another wiki has another server, so the signature is over another URL.
        let misrouted = world.check(world.signed(nonce: "b").on("sessiongate.wiki", "otherwiki"))
        #expect(misrouted.reason == .signatureInvalid)
        var named = world.signed(nonce: "c").on("sessiongate.wiki", "wiki")
        named.host = Array("other.test".utf8)
        #expect(world.check(named).decision?.outcome == .authenticated)
    }

    @Test(arguments: [
        ("sessiongate.mode", "off"), ("sessiongate.mode", ""), ("sessiongate.profile", "nobodys"),
        ("sessiongate.wiki", "nowhere"), ("sessiongate.moed", "observe"), ("sessiongate.form_bodies", "never"),
        ("sessiongate.", "x"),
    ])
    func whatNobodyUnderstandsGetsNoVerdict(key: String, value: String) {
        let world = TestWorld()
        let outcome = world.check(world.signed(nonce: "n").on(key, value))
        #expect(outcome.fault == .routeMisconfigured)
        #expect(outcome.response == nil)
        #expect(world.scratch.routeProblem.hasPrefix("context_extensions: \(key): \"\(value)\", expected "))
        // Nothing was claimed: the same request is good on a route that is mended.
        #expect(world.check(world.signed(nonce: "n").on("other.filter", "x")).decision?.outcome == .authenticated)
    }

    @Test func oneRefusalToUnderstandIsEnough() {
        let world = TestWorld()
        let request = world.request().on("sessiongate.mode", "bogus").on("sessiongate.profile", "gateway")
        #expect(world.check(request).fault == .routeMisconfigured)
    }

    @Test func theGatewayIsToldKeyAndClass() {
        let world = TestWorld()
        let outcome = world.check(world.signed(nonce: "a").on("sessiongate.profile", "gateway"))
        #expect(
            outcome.requestHeaders == [
                "x-wmf-user-id": "jwt-sub:mw:local:wiki:3", "x-wmf-ratelimit-class": "authed-user",
            ])
        let again = world.check(world.signed(nonce: "b").on("sessiongate.profile", "gateway"))
        #expect(again.requestHeaders == outcome.requestHeaders)
        let nobody = world.check(world.request().on("sessiongate.profile", "gateway"))
        // What other routes trust is not to be forged on this one either.
        let standard = [
            "x-session-class", "x-session-consumer", "x-session-sub", "x-session-type", "x-session-user-id",
        ]
        #expect(nobody.response?.ok?.headersToRemove == standard)
        #expect(
            nobody.requestHeaders == ["x-wmf-user-id": "x-client-ip:203.0.113.5", "x-wmf-ratelimit-class": "anon"])
        let preflight = CheckRequestBuilder(method: "OPTIONS", scheme: "https", host: "wiki.test", path: "/w/api.php")
        let exempt = world.check(preflight.on("sessiongate.profile", "gateway"))
        #expect(exempt.response?.ok?.headersToRemove == ["x-wmf-ratelimit-class", "x-wmf-user-id"] + standard)
        // The same identity, told in the standard way on other routes.
        #expect(world.check(world.signed(nonce: "c")).requestHeaders["x-session-user-id"] == "3")
    }

    @Test func theGatewayIsToldOfNoLimitByNoClass() {
        let world = TestWorld()
        world.settings.defaultProfile = EdgeSettings.gatewayName
        world.settings.classes.allowed.insert("BYPASS")
        world.settings.classes.authenticated = "BYPASS"
        let outcome = world.check(world.signed(nonce: "a"))
        #expect(outcome.requestHeaders == ["x-wmf-user-id": "jwt-sub:mw:local:wiki:3"])
        #expect(outcome.response?.ok?.headersToRemove.first == "x-wmf-ratelimit-class")
        #expect(outcome.session?["class"]?.stringValue == "BYPASS")
    }

    @Test func profilesOfOnesOwn() {
        let world = TestWorld()
        var own = EdgeSettings()
        own.consumerHeader = nil
        own.userIDHeader = "x-user"
        world.settings.profiles["own"] = own
        world.settings.classes.anonymous = "anon"
        let outcome = world.check(world.signed(nonce: "a").on("sessiongate.profile", "own"))
        #expect(outcome.requestHeaders["x-user"] == "3")
        #expect(outcome.requestHeaders["x-session-consumer"] == nil)
        let nobody = world.check(world.request().on("sessiongate.profile", "own"))
        #expect(nobody.requestHeaders == ["x-session-class": "anon"])
        #expect(nobody.session?["class"]?.stringValue == "anon")
    }

    // MARK: Caches

    @Test func aResponseWithOurCookieIsMarkedForCaches() {
        let world = TestWorld()
        world.settings.profiles["absent"] = {
            var edge = EdgeSettings()
            edge.markPrivate = .whenAbsent
            return edge
        }()
        world.settings.profiles["never"] = {
            var edge = EdgeSettings()
            edge.markPrivate = .never
            return edge
        }()
        func marks(_ profile: String, _ nonce: String) -> [String: EnvoyHeaderValueOption.HeaderAppendAction] {
            let outcome = world.check(world.signed(nonce: nonce).on("sessiongate.profile", profile))
            let marks = (outcome.response?.ok?.responseHeadersToAdd ?? []).filter { $0.header.key == "cache-control" }
            return Dictionary(uniqueKeysWithValues: marks.map { ($0.header.value, $0.appendAction) })
        }
        #expect(marks("standard", "a") == ["private, no-store": .overwriteIfExistsOrAdd])
        #expect(marks("absent", "b") == ["private": .addIfAbsent])
        #expect(marks("never", "c") == [:])
        // Without a cookie of ours, caching is none of our business.
        let kept = "sessionJwt=" + world.cookie(softExpiry: world.now.seconds + 14_400)
        let outcome = world.check(world.signed(nonce: "d").adding("cookie", kept))
        #expect(outcome.response?.ok?.responseHeadersToAdd.isEmpty == true)
    }
}

/// What every Envoy from 1.35 on does the same with, byte for byte (envoy.service.auth.v3): the fields that are there, and no other.
@Suite struct EncodingTests {
    /// The entries of `ok_response` (field 3) of an answer, by field.
    private func okFields(_ response: [UInt8]) throws -> [(field: UInt32, bytes: [UInt8])] {
        var fields: [(UInt32, [UInt8])] = []
        try response.withBytes { message in
            var reader = ProtobufReader(message)
            while try reader.next() {
                let content = try reader.delimited()
                guard reader.field == 3 else { continue }
                var ok = ProtobufReader(content)
                while try ok.next() { fields.append((ok.field, try ok.delimited().array)) }
            }
        }
        return fields
    }

    private func text(_ field: UInt8, _ text: String) -> [UInt8] {
        [field << 3 | 2, UInt8(text.utf8.count)] + text.utf8
    }

    /// `header` (1) with key (1) and value (2), and what follows it.
    private func option(_ key: String, _ value: String, _ rest: [UInt8]) -> [UInt8] {
        let header = text(1, key) + text(2, value)
        return [0x0a, UInt8(header.count)] + header + rest
    }

    @Test func requestHeadersAreSetWithAppendFalseAndOverwrite() throws {
        let world = TestWorld()
        let fields = try okFields(world.answer(world.signed(nonce: "n", id: "1")))
        // append (2): an empty BoolValue; append_action (3): 2.
        let overwrite: [UInt8] = [0x12, 0x00, 0x18, 0x02]
        #expect(
            fields.filter { $0.field == 2 }.map(\.bytes) == [
                option("x-session-user-id", "3", overwrite), option("x-session-sub", "mw:local:wiki:3", overwrite),
                option("x-session-consumer", "ck", overwrite), option("x-session-class", "authed-user", overwrite),
                option("x-session-type", "oauth1", overwrite),
            ])
        let added = fields.filter { $0.field == 6 }.map(\.bytes)
        // The cookie: append unset, append_action 0. Beside it OVERWRITE_IF_EXISTS_OR_ADD, which is 2, append unset too.
        #expect(added.count == 2)
        #expect(added[0].suffix(20) == Array("path=/; secure; HttpOnly".utf8).suffix(20))
        #expect(added[1] == option("cache-control", "private, no-store", [0x18, 0x02]))
        #expect(Set(fields.map(\.field)) == [2, 6])
    }

    @Test func unknownHeadersAreRemovedByName() throws {
        let world = TestWorld()
        let fields = try okFields(world.answer(world.request()))
        #expect(fields.allSatisfy { $0.field == 5 })
        #expect(fields.first?.bytes == Array("x-session-user-id".utf8))
    }

    @Test func aRefusalsHeadersAreSetWithAppendFalse() {
        let world = TestWorld()
        let outcome = world.check(world.signed(nonce: "n", secrets: "x&y"))
        #expect(outcome.response?.denied?.headers.allSatisfy { $0.hasAppend && !$0.append.value } == true)
        #expect(
            outcome.response?.denied?.headers.map(\.header.key) == [
                "www-authenticate", "content-type", "cache-control", "mediawiki-api-error",
            ])
        #expect(outcome.response?.status.code == 16)
    }
}

@Suite struct InjectionTests {
    private func world() -> TestWorld {
        let world = TestWorld()
        world.settings.edge.injectCookie = true
        return world
    }

    private func token(_ outcome: TestWorld.Outcome) throws -> String {
        String(try #require(outcome.cookies.first?.split(separator: ";").first).dropFirst("sessionJwt=".count))
    }

    @Test func aFirstRequestCarriesTheSessionInwards() throws {
        let world = world()
        let outcome = world.check(world.signed(nonce: "a"))
        #expect(outcome.requestHeaders["cookie"] == "sessionJwt=\(try token(outcome))")
        let header = try #require(outcome.response?.ok?.headers.first { $0.header.key == "cookie" })
        #expect(header.hasAppend && !header.append.value && header.appendAction == .overwriteIfExistsOrAdd)
    }

    @Test(arguments: [
        ("a=1; b=\"2\";c ; d=é=%20", "a=1; b=\"2\";c ; d=é=%20; sessionJwt=TOKEN"),
        ("a=1; sessionJwt=deleted; b=2", "a=1; sessionJwt=TOKEN; b=2"),
        ("sessionJwt=deleted; a=1; sessionJwt=other", "sessionJwt=TOKEN; a=1"),
    ])
    func otherCookiesStayAsTheyAre(sent: String, expected: String) throws {
        let world = world()
        let outcome = world.check(world.signed(nonce: "a").adding("cookie", sent))
        #expect(outcome.requestHeaders["cookie"] == expected.replacing("TOKEN", with: try token(outcome)))
    }

    @Test func aGoodCookieIsLeftAlone() {
        let world = world()
        let cookie = "sessionJwt=" + world.cookie(softExpiry: world.now.seconds + 14_400)
        #expect(
            world.check(world.signed(nonce: "a").adding("cookie", "x=1; " + cookie)).requestHeaders["cookie"] == nil)
        #expect(world.check(world.request().adding("cookie", cookie)).requestHeaders["cookie"] == nil)
    }

    @Test func ofSeveralOnlyTheVerifiedOneGoesOn() {
        let world = world()
        let alice = "sessionJwt=" + world.cookie(softExpiry: world.now.seconds + 14_400)
        let bob = "sessionJwt=" + world.cookie(sub: "mw:local:wiki:5", softExpiry: world.now.seconds + 14_400)
        let both = "a=1; \(alice); \(bob); b=2"
        #expect(
            world.check(world.signed(nonce: "a").adding("cookie", both)).requestHeaders["cookie"]
                == "a=1; \(alice); b=2")
        #expect(world.check(world.request().adding("cookie", both)).requestHeaders["cookie"] == "a=1; \(alice); b=2")
    }

    @Test func whatGetsNoCookieHasNoneInwardsEither() {
        let world = world()
        world.directory.consumers[1].ownerOnly = false
        let cookie = "sessionJwt=stale; a=1"
        let refused = world.signed(nonce: "n", secrets: "x&y").on("sessiongate.mode", "observe")
        for request in [world.bearer(), world.request(), refused] {
            #expect(world.check(request.adding("cookie", cookie)).requestHeaders["cookie"] == "a=1")
            #expect(world.check(request.adding("cookie", "a=1")).requestHeaders["cookie"] == nil)
        }
    }

    /// A string of an answer must be UTF-8, and a header without control characters: Envoy drops the whole answer otherwise.
    @Test(arguments: [[0x61, 0x3d, 0xff], [0x61, 0x3d, 0x01]] as [[UInt8]])
    func bytesThatCannotTravelAreLeftOut(cookie: [UInt8]) throws {
        let world = world()
        var request = world.signed(nonce: "a")
        request.usesHeaderMap = true
        request.addHeader(Array("cookie".utf8), cookie)
        let outcome = world.check(request)
        #expect(outcome.decision?.outcome == .authenticated)
        #expect(outcome.requestHeaders["cookie"] == "sessionJwt=\(try token(outcome))")
        #expect(outcome.cookies.count == 1)
    }
}

@Suite struct KeyAndClassTests {
    private func world() -> TestWorld {
        let world = TestWorld()
        world.directory.consumers[1].ownerOnly = false
        return world
    }

    /// The same person has one key, whichever way they come; consumers are told apart.
    @Test func oneKeyPerUser() {
        let world = TestWorld()
        world.directory.consumers.append(world.directory.consumers[1])
        world.directory.consumers[2].id = 9
        world.directory.consumers[2].key = Array("regular".utf8)
        world.directory.consumers[2].ownerOnly = false
        world.directory.acceptances.append(world.directory.acceptances[2])
        world.directory.acceptances[3].id = 9
        world.directory.acceptances[3].consumerID = 9
        world.directory.tokens.append(AccessTokenRow(identifier: Array("jti-9".utf8), acceptanceID: 9, revoked: false))
        let cookie = world.cookie(softExpiry: world.now.seconds + 14_400)
        let outcomes = [
            world.check(world.signed(nonce: "a")), world.check(world.bearer()),
            world.check(world.bearer(#""aud":"regular","jti":"jti-9","sub":"3""#)),
            world.check(world.request().adding("cookie", "sessionJwt=" + cookie)),
            world.check(
                world.request().adding(
                    "authorization", "CentralAuthToken " + world.centralAuthToken(softExpiry: world.now.seconds + 60))),
        ]
        #expect(
            outcomes.map { $0.decision?.identity?.type } == [.oauth1, .oauth2Owner, .oauth2, .cookie, .centralAuth])
        #expect(
            Set(outcomes.map { $0.session?["rate_limit_key"]?.stringValue }) == ["jwt-sub:mw:local:wiki:3"])
        #expect(
            outcomes.map { $0.session?["consumer"]?["key"]?.stringValue } == ["ck", "oo", "regular", nil, nil])
    }

    /// centralauth > bearer with `rlc` > cookie > what is known of the user.
    @Test func theClassIsTheGateways() {
        let world = world()
        func session(_ request: CheckRequestBuilder) -> String? { world.check(request).session?["class"]?.stringValue }
        let claims = #""aud":"oo","jti":"jti-1","sub":"3""#
        let expiry = world.now.seconds + 14_400
        let cookie = "sessionJwt=" + world.cookie(softExpiry: expiry, more: #","rlc":"approved-bot""#)
        #expect(session(world.bearer(claims)) == "authed-user")
        #expect(session(world.bearer(claims + #","rlc":"established-user""#)) == "established-user")
        #expect(session(world.bearer(claims + #","rlc":"made-up""#)) == "authed-user")
        #expect(session(world.bearer(claims + #","rlc":7"#)) == "authed-user")
        // Rows say more than a cookie or token of the client's, which may be old.
        #expect(session(world.request().adding("cookie", cookie)) == "authed-user")
        #expect(session(world.signed(nonce: "a").adding("cookie", cookie)) == "authed-user")
        let centralAuth = world.centralAuthToken(softExpiry: expiry, more: #","rlc":"established-user""#)
        #expect(
            session(world.request().adding("authorization", "CentralAuthToken " + centralAuth).adding("cookie", cookie))
                == "authed-user")
        // Magic words count only when the operator says so.
        let bypass = "sessionJwt=" + world.cookie(softExpiry: expiry, more: #","rlc":"BYPASS""#)
        #expect(session(world.request().adding("cookie", bypass)) == "authed-user")
    }

    @Test func anOwnerOnlyTokensClassIsTheUsers() {
        let world = TestWorld()
        let expiry = world.now.seconds + 14_400
        let cookie = "sessionJwt=" + world.cookie(softExpiry: expiry, more: #","rlc":"approved-bot""#)
        func session(_ request: CheckRequestBuilder) -> String? { world.check(request).session?["class"]?.stringValue }
        #expect(session(world.bearer().adding("cookie", cookie)) == "authed-user")
        let named = world.bearer(#""aud":"oo","jti":"jti-1","sub":"3","rlc":"established-user""#)
        #expect(session(named.adding("cookie", cookie)) == "established-user")
        // A cookie past its soft expiry is renewed.
        let stale = "sessionJwt=" + world.cookie(softExpiry: world.now.seconds - 1, more: #","rlc":"approved-bot""#)
        let outcome = world.check(world.bearer().adding("cookie", stale))
        #expect(outcome.session?["class"]?.stringValue == "authed-user")
        #expect(outcome.cookies.count == 1)
    }
}

@Suite struct CentralAuthTests {
    @Test func aTokenIsExposedAndNeverCookied() {
        let world = TestWorld()
        let token = world.centralAuthToken(softExpiry: world.now.seconds + 60)
        for request in [
            world.request().adding("authorization", "CentralAuthToken " + token),
            world.request("/w/api.php?action=query&centralauthtoken=" + token),
        ] {
            let outcome = world.check(request)
            #expect(outcome.decision?.outcome == .authenticated)
            #expect(outcome.session?["type"]?.stringValue == "centralauth")
            #expect(outcome.requestHeaders["x-session-type"] == "centralauth")
            #expect(outcome.requestHeaders["x-session-user-id"] == "3")
            #expect(outcome.cookies.isEmpty)
        }
    }

    /// Junk beside a session would else take its user out of every limit; whether it counts at all, only the wiki knows.
    @Test func aBadOneIsTheWikisToRefuseAndTheCookieDecides() {
        let world = TestWorld()
        let cookie = "sessionJwt=" + world.cookie(softExpiry: world.now.seconds + 14_400)
        let foreign = TestWorld.jwt(
            #"{"iss":"https://wiki.test","sub":"mw:local:wiki:3"}"#, key: TestWorld.accessTokenKey)
        let bad = [
            "", "opaque", foreign, world.centralAuthToken(softExpiry: world.now.seconds - 1),
            world.centralAuthToken(sub: "mw:local:wiki:99", softExpiry: world.now.seconds + 60),
            world.centralAuthToken(softExpiry: world.now.seconds + 60, more: #","exp":\#(world.now.seconds)"#),
            // A session cookie is no such token.
            world.cookie(softExpiry: world.now.seconds + 60),
        ]
        for token in bad {
            let request = world.request().adding("authorization", "CentralAuthToken " + token)
            let outcome = world.check(request)
            #expect(outcome.decision?.outcome == .anonymous, "\(token)")
            if !token.isEmpty { #expect(outcome.reason == .centralAuthTokenInvalid) }
            #expect(world.check(request.adding("cookie", cookie)).decision?.identity?.type == .cookie, "\(token)")
        }
    }

    @Test func itCountsAtTheAPIAndWithoutOAuthOnly() {
        let world = TestWorld()
        let token = world.centralAuthToken(sub: "mw:local:wiki:5", softExpiry: world.now.seconds + 60)
        let page = world.request("/wiki/Main_Page").adding("authorization", "CentralAuthToken " + token)
        #expect(world.check(page).decision?.outcome == .anonymous)
        let path = "/w/api.php?centralauthtoken=" + token
        let outcome = world.check(world.signed(nonce: "n", path: path))
        #expect(outcome.decision?.identity?.type == .oauth1)
        #expect(outcome.decision?.identity?.userID == 3)
    }
}
