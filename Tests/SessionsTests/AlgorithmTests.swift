// Cookies and access tokens of both algorithms, through the whole check.

import Sessions
import Cryptography
import Testing
import Bytes

@Suite struct AlgorithmTests {
    private static let p256 = Result { try SigningKey.generate(.es256) }

    private func token(of cookie: String) -> String {
        String(cookie.drop { $0 != "=" }.dropFirst().prefix { $0 != ";" })
    }

    private func verify(_ token: String, with keys: [VerificationKey]) -> JWS.Verification? {
        Array(token.utf8).withBytes { JWS.withDecoded($0) { $0?.verify(with: keys) } }
    }

    /// The cookie is set, kept and identifies its user, whichever algorithm its key has.
    @Test(arguments: JWSAlgorithm.allCases) func cookies(algorithm: JWSAlgorithm) throws {
        let key = try algorithm == .es256 ? Self.p256.get() : TestWorld.cookieKey
        let world = TestWorld()
        world.signer = key
        let set = world.check(world.signed(nonce: "1"))
        let token = token(of: try #require(set.cookies.first))
        #expect(verify(token, with: [key.publicKey]) == .valid)
        #expect(verify(token, with: world.accessTokenKeys) != .valid)
        let kept = world.check(world.signed(nonce: "2").adding("cookie", "sessionJwt=\(token)"))
        #expect(kept.decision?.outcome == .authenticated)
        #expect(kept.cookies == [])
        let alone = world.check(world.request().adding("cookie", "sessionJwt=\(token)"))
        #expect(alone.decision?.identity?.userID == 3)
        #expect(String(decoding: world.policy.keys.jwks, as: UTF8.self).contains(#""alg":"\#(algorithm.rawValue)""#))
    }

    /// From RS256 to ES256: cookies of the previous key stay valid as long as it is published.
    @Test func theAlgorithmChanges() throws {
        let before = TestWorld()
        let cookie = before.cookie(softExpiry: before.now.seconds + 14_400)
        for (published, id) in [([TestWorld.cookieKey.publicKey], Int64?.some(3)), ([], nil)] {
            let world = TestWorld()
            world.signer = try Self.p256.get()
            world.publishedKeys = published
            let outcome = world.check(world.request().adding("cookie", "sessionJwt=\(cookie)"))
            #expect(outcome.decision?.identity?.userID == id)
            #expect(outcome.reason == (id == nil ? .cookieMalformed : nil))
        }
    }

    /// An ES256 cookie beside credentials, for a service that has RSA keys only, is refused as one of another algorithm always was.
    @Test func anotherAlgorithmThanTheKeys() throws {
        let world = TestWorld()
        let claims = #"{"iss":"https://wiki.test","sxp":\#(world.now.seconds + 14_400),"sub":"mw:local:wiki:3"}"#
        for (header, reason) in [(String?.none, Reason.cookieMalformed), (#"{"alg":"RS256"}"#, .cookieSignature)] {
            let cookie = TestWorld.jwt(claims, header: header, key: try Self.p256.get())
            let outcome = world.check(world.signed(nonce: "\(reason)").adding("cookie", "sessionJwt=\(cookie)"))
            #expect(outcome.reason == reason)
        }
    }

    @Test func accessTokens() throws {
        let payload = #"{"aud":"oo","jti":"jti-1","sub":"3"}"#
        let key = try Self.p256.get()
        let token = TestWorld.jwt(payload, key: key)
        func check(_ token: String, _ keys: [VerificationKey]) -> TestWorld.Outcome {
            let world = TestWorld()
            world.accessTokenKeys = keys
            return world.check(world.request().adding("authorization", "Bearer \(token)"))
        }
        let rsa = TestWorld.accessTokenKey
        #expect(check(token, [key.publicKey]).decision?.outcome == .authenticated)
        #expect(check(token, [rsa.publicKey, key.publicKey]).decision?.outcome == .authenticated)
        #expect(check(token, [rsa.publicKey]).reason == .accessTokenMalformed)
        #expect(check(TestWorld.jwt(payload, key: rsa), [key.publicKey]).reason == .accessTokenMalformed)
        #expect(check(token, [try SigningKey.generate(.es256).publicKey]).reason == .accessTokenSignature)
        let lying = TestWorld.jwt(payload, header: #"{"alg":"RS256"}"#, key: key)
        #expect(check(lying, [rsa.publicKey, key.publicKey]).reason == .accessTokenSignature)
    }
}
