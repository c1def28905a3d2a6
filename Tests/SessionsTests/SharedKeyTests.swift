// One key for access tokens and session cookies, as Wikimedia has it: none passes for the other.

import Bytes
import Cryptography
import EnvoyProtocol
import Sessions
import Synchronization
import Testing

@Suite struct SharedKeyTests {
    private func world() -> TestWorld {
        let world = TestWorld()
        world.signer = TestWorld.accessTokenKey
        return world
    }

    /// An access token has no `sxp`.
    @Test func anAccessTokenIsNoSession() {
        let world = world()
        let claims = #""iss":"https://wiki.test","aud":"oo","jti":"jti-1","sub":"mw:local:wiki:3","rlc":"approved-bot""#
        let token = TestWorld.jwt("{\(claims)}", key: TestWorld.accessTokenKey)
        let alone = world.check(world.request().adding("cookie", "sessionJwt=\(token)"))
        #expect(alone.decision?.outcome == .anonymous && alone.reason == .cookieExpired)
        let beside = world.check(world.signed(nonce: "n1").adding("cookie", "sessionJwt=\(token)"))
        #expect(beside.decision?.outcome == .authenticated && beside.decision?.cookie == .set)
        let asCentral = world.check(world.request().adding("authorization", "CentralAuthToken \(token)"))
        #expect(asCentral.decision?.outcome == .anonymous && asCentral.reason == .centralAuthTokenInvalid)
    }

    /// A cookie names no client, and its `jti` has no row.
    @Test func aSessionIsNoAccessToken() {
        let world = world()
        let cookie = world.cookie(softExpiry: world.now.seconds + 60)
        let outcome = world.check(world.request().adding("authorization", "Bearer \(cookie)"))
        #expect(outcome.reason == .accessTokenMalformed)
        let claims = #""iss":"https://wiki.test","aud":"oo","jti":"x","sub":"mw:local:wiki:3","sxp":9999999999"#
        let mixed = TestWorld.jwt("{\(claims)}", key: TestWorld.accessTokenKey)
        #expect(world.check(world.request().adding("authorization", "Bearer \(mixed)")).reason == .accessTokenRevoked)
    }

    /// The wiki's own cookies count when its key is trusted.
    @Test func anotherKeyThatIsTrusted() throws {
        let wiki = try SigningKey.generate()
        for isTrusted in [false, true] {
            let world = TestWorld()
            if isTrusted { world.publishedKeys = [wiki.publicKey] }
            let claims = #""iss":"https://wiki.test","sxp":\#(world.now.seconds + 60),"sub":"mw:local:wiki:5""#
            let cookie = TestWorld.jwt("{\(claims)}", key: wiki)
            let outcome = world.check(world.request().adding("cookie", "sessionJwt=\(cookie)"))
            #expect(outcome.decision?.identity?.userID == (isTrusted ? 5 : nil))
            #expect(outcome.reason == (isTrusted ? nil : .cookieSignature))
        }
    }

    @Test func theNameOfTheKey() throws {
        let signer = TestWorld.cookieKey
        for (name, isNamed) in [("wiki-2026", true), ("wiki-2026", false), (nil, true)] as [(String?, Bool)] {
            let world = TestWorld()
            world.settings.cookie.keyID = name
            world.settings.cookie.includeKeyID = isNamed
            let published = try JSON(parsing: world.policy.keys.jwks)["keys"]?.elements?.first?["kid"]?.stringValue
            #expect(published == name ?? signer.publicKey.keyID)
            let cookie = try #require(world.check(world.signed(nonce: "n1")).cookies.first)
            var header: [UInt8] = []
            let encoded = cookie.dropFirst("sessionJwt=".count).prefix { $0 != "." }
            #expect(Array(encoded.utf8).withBytes { Base64.decodeURL($0, into: &header) })
            #expect(try JSON(parsing: header)["kid"]?.stringValue == (isNamed ? published : nil))
        }
    }

    /// A token that has just ended, or is not valid yet, within the leeway.
    @Test(arguments: [Int64(0), 30])
    func leeway(seconds: Int64) {
        let world = TestWorld()
        world.settings.oauth2.leeway = seconds
        let now = world.now.seconds
        func decide(_ claims: String) -> Decision? {
            world.check(world.bearer(#""aud":"oo","jti":"jti-1","sub":"3",\#(claims)"#)).decision
        }
        for (claims, reason): (String, Reason) in [
            (#""exp":\#(now)"#, .accessTokenExpired), (#""exp":\#(now - 29)"#, .accessTokenExpired),
            (#""nbf":\#(now + 30)"#, .accessTokenNotYetValid), (#""iat":\#(now + 1)"#, .accessTokenNotYetValid),
        ] {
            #expect(decide(claims)?.reason == (seconds == 0 ? reason : nil), "\(claims)")
        }
        for (claims, reason): (String, Reason) in [
            (#""exp":\#(now - 30)"#, .accessTokenExpired), (#""nbf":\#(now + 31)"#, .accessTokenNotYetValid),
            (#""iat":\#(now + 31)"#, .accessTokenNotYetValid),
        ] { #expect(decide(claims)?.reason == reason, "\(claims)") }
        let central = world.centralAuthToken(softExpiry: now + 60, more: #","exp":\#(now - 1)"#)
        let outcome = world.check(world.request().adding("authorization", "CentralAuthToken \(central)"))
        #expect((outcome.decision?.identity?.type == .centralAuth) == (seconds > 0))
        let soft = world.cookie(softExpiry: now - 1)
        #expect(world.check(world.request().adding("cookie", "sessionJwt=\(soft)")).reason == .cookieExpired)
    }

    /// What a token names is said once, however often it comes.
    @Test func aClassThatIsNotAllowedIsReportedOnce() {
        let reported = Mutex<[String]>([])
        let world = TestWorld()
        world.reportClass = { name in reported.withLock { $0.append(name) } }
        for name in ["gold", "gold", "established-user", "DENY", "gold"] {
            // Rows are read anew.
            world.now = Timestamp(seconds: world.now.seconds + 60)
            let outcome = world.check(world.bearer(#""aud":"oo","jti":"jti-1","sub":"3","rlc":"\#(name)""#))
            #expect(outcome.decision?.outcome == .authenticated)
        }
        let cookie = world.cookie(softExpiry: world.now.seconds + 60, more: #","rlc":"silver""#)
        _ = world.check(world.request().adding("cookie", "sessionJwt=\(cookie)"))
        #expect(reported.withLock { $0 } == ["gold", "DENY"])
        for number in 0..<100 {
            _ = world.check(world.bearer(#""aud":"oo","jti":"jti-1","sub":"3","rlc":"class-\#(number)""#))
        }
        #expect(reported.withLock(\.count) == 64, "the list is bounded")
    }
}
