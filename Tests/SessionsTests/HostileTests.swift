// Input that nobody means well with: refused by name, never a crash.

import Sessions
import Cryptography
import Testing
import Bytes

@Suite struct HostileTokenTests {
    private func reason(_ token: String) -> Reason? {
        let world = TestWorld()
        return world.check(world.request().adding("authorization", "Bearer \(token)")).reason
    }

    private static let good = #"{"aud":"oo","jti":"jti-1","sub":"3"}"#

    @Test(arguments: [
        "", ".", "..", "...", "a.b.c", "a.b", String(repeating: "a", count: 65_536), "\u{e9}.\u{e9}.\u{e9}",
    ])
    func notATokenAtAll(_ token: String) {
        #expect(reason(token) == .accessTokenMalformed)
    }

    @Test(arguments: [
        #"{"alg":"none"}"#, #"{"alg":"None"}"#, #"{"alg":"HS256"}"#, #"{"alg":"rs256"}"#, #"{"alg":["RS256"]}"#,
        #"{"alg":null}"#,
        "{}", "[]", #""RS256""#, #"{"alg":"RS256","alg":"none"}"#, #"{"alg":"RS256","enc":"A128GCM"}"#,
        #"{"alg":"RS256","":1}"#, #"{"alg":"RS256","enc":null}"#, #"{"alg":"RS256","\u0065nc":""}"#,
        #"{"alg":"RS256","\u0061lg":"none"}"#, #"{"alg":"RS256"} x"#,
        #"{"alg":"PS256"}"#, #"{"alg":"RS512"}"#,
    ])
    func algorithmTricks(_ header: String) {
        #expect(
            reason(TestWorld.jwt(Self.good, header: header, key: TestWorld.accessTokenKey)) == .accessTokenMalformed)
    }

    @Test func aKeyOfTheSameKindButNotOurs() {
        #expect(reason(TestWorld.jwt(Self.good, key: TestWorld.cookieKey)) == .accessTokenSignature)
    }

    @Test(arguments: [
        (#"{"aud":"oo","jti":"jti-1","exp":1772366400}"#, Reason.accessTokenExpired),
        (#"{"aud":"oo","jti":"jti-1","nbf":1772366401}"#, .accessTokenNotYetValid),
        (#"{"aud":"oo","jti":"jti-1","iat":1772366401}"#, .accessTokenNotYetValid),
        (#"{"aud":"oo","jti":"jti-1","exp":true}"#, .accessTokenMalformed),
        (#"{"aud":"oo","jti":"jti-1","exp":1e400}"#, .accessTokenMalformed),
        (#"{"aud":"oo","jti":"jti-1","exp":1772366401,"exp":1772366399}"#, .accessTokenExpired),
        (#"{"aud":"oo","jti":5}"#, .accessTokenMalformed),
        (#"{"aud":[],"jti":"jti-1"}"#, .accessTokenMalformed),
        (#"{"aud":{"0":"oo"},"jti":"jti-1"}"#, .accessTokenMalformed),
        (#"{"aud":"nobody","jti":"jti-1"}"#, .clientUnknown),
        (#"{"aud":"ck","jti":"jti-1"}"#, .clientUnknown),
        (#"{"aud":"oo","jti":"JTI-1"}"#, .accessTokenRevoked),
        (#"{"aud":"oo","jti":"jti-1","sub":"03"}"#, .subjectInvalid),
        (#"{"aud":"oo","jti":"jti-1","sub":"mw:local:other:3"}"#, .subjectInvalid),
        (#"{"aud":"oo","jti":"jti-1","sub":"99"}"#, .subjectInvalid),
        (#"{"aud":"oo","jti":"jti-1","sub":["3"]}"#, .accessTokenMalformed),
        (#"{"aud":"oo","jti":"jti-1","sub":"3","\u0073ub":"03"}"#, .subjectInvalid),
        (#"{"aud":"oo","jti":"jti-1","sub":"3\u0301"}"#, .subjectInvalid),
        (#"{"aud":[5,"oo"],"jti":"jti-1"}"#, .accessTokenMalformed),
        (#"{"aud":"oo","jti":"jti-1","":1}"#, .accessTokenMalformed),
        (#"{"aud":"oo","jti":"jti-1"},"#, .accessTokenMalformed),
    ])
    func claims(_ payload: String, _ expected: Reason) {
        #expect(reason(TestWorld.jwt(payload, key: TestWorld.accessTokenKey)) == expected)
    }

    /// Escapes and white space say the same in other words.
    @Test(arguments: [
        #"{"\u0061ud":"oo","jti":"jti\u002d1","s\u0075b":"\u0033"}"#, #" { "aud" : [ "oo" , 5 ] , "jti" : "jti-1" } "#,
        #"{"aud":"none","jti":5,"aud":"oo","jti":"jti-1"}"#,
    ]) func otherSpellings(_ payload: String) {
        let world = TestWorld()
        for header in [#"{"alg":"RS256"}"#, #" {"typ":"J\u0057T","\u0061lg":"RS\u003256" } "#] {
            let token = TestWorld.jwt(payload, header: header, key: TestWorld.accessTokenKey)
            let outcome = world.check(world.request().adding("authorization", "Bearer \(token)"))
            #expect(outcome.decision?.outcome == .authenticated, "\(String(describing: outcome.reason))")
        }
    }

    /// Two tokens of one name are two tokens: what is kept of one is not the other's.
    @Test func tokensOfOneName() {
        let world = TestWorld()
        for (more, grants) in [
            ("", []), (#","scopes":["a"]"#, ["a"]), (#","scopes":["a","b"]"#, ["a", "b"]), ("", []),
        ] {
            let outcome = world.check(world.bearer(#""aud":"oo","jti":"jti-1","sub":"3"\#(more)"#))
            #expect(outcome.decision?.identity?.grants == grants)
        }
    }

    @Test func jsonBombs() {
        let deep = String(repeating: "[", count: 600) + String(repeating: "]", count: 600)
        #expect(
            reason(TestWorld.jwt(#"{"aud":"oo","jti":"jti-1","x":\#(deep)}"#, key: TestWorld.accessTokenKey))
                == .accessTokenMalformed)
        let wide = Array(repeating: "0", count: 5000).joined(separator: ",")
        #expect(
            reason(TestWorld.jwt(#"{"aud":"oo","jti":"jti-1","x":[\#(wide)]}"#, key: TestWorld.accessTokenKey))
                == .accessTokenMalformed)
    }
}

@Suite struct HostileParameterTests {
    private func reason(header: String, path: String = "/w/api.php", method: String = "GET") -> Reason? {
        let world = TestWorld()
        var builder = world.request(path).adding("authorization", header)
        builder.method = Array(method.utf8)
        return world.check(builder).reason
    }

    @Test func headersOfAllKinds() {
        #expect(reason(header: "OAuth x") == .consumerKeyMissing)
        #expect(reason(header: "OAuth oauth_version=\"2.0\"") == .versionUnsupported)
        #expect(reason(header: #"OAuth oauth_consumer_key="0""#) == .consumerKeyMissing)
        #expect(reason(header: #"OAuth oauth_consumer_key="nope""#) == .consumerUnknown)
        #expect(reason(header: #"OAuth oauth_consumer_key="ck""#) == .tokenInvalid)
        #expect(reason(header: #"OAuth oauth_consumer_key="ck", oauth_token="to""#) == .tokenInvalid)
        #expect(reason(header: #"OAuth oauth_consumer_key="ck", oauth_token="ta""#) == .timestampMissing)
        #expect(
            reason(header: #"OAuth oauth_consumer_key="ck", oauth_token="ta", oauth_timestamp="x""#)
                == .timestampMalformed)
        #expect(
            reason(header: #"OAuth oauth_consumer_key="ck", oauth_token="ta", oauth_timestamp="1""#)
                == .timestampExpired)
    }

    @Test func listsWhereOneValueBelongs() {
        let base = #"OAuth oauth_consumer_key="ck", oauth_token="ta", oauth_nonce="n""#
        #expect(reason(header: base, path: "/w/api.php?oauth_timestamp[]=1772366400") == .parameterRepeated)
        #expect(
            reason(
                header: base + #", oauth_timestamp="1772366400""#, path: "/w/api.php?oauth_signature_method[]=HMAC-SHA1"
            )
                == .parameterRepeated)
    }

    @Test func hugeAndOddQueriesEndInTime() {
        let brackets = (0..<3000).map { _ in "a[]=1" }.joined(separator: "&")
        let names = (0..<6000).map { "p\($0 % 7)=\($0)" }.joined(separator: "&")
        let numbers = (0..<5000).map { "\($0)=x" }.joined(separator: "&")
        let nested = "a" + String(repeating: "[x]", count: 5000) + "=1"
        for query in [names, numbers] {
            #expect(
                reason(header: "OAuth oauth_consumer_key=\"nope\"", path: "/w/api.php?" + query) == .parametersTooMany)
        }
        for query in [brackets, nested, "%", "%%%", "=", "&&&&", "[", "]", "a[", "[]=", "a[b", "\u{0}"] {
            #expect(
                reason(header: "OAuth oauth_consumer_key=\"nope\"", path: "/w/api.php?" + query) == .consumerUnknown)
        }
    }

    @Test func aLargeHeader() {
        #expect(reason(header: "OAuth " + String(repeating: "oauth_a=b,", count: 6000)) == .parametersTooMany)
        #expect(reason(header: "OAuth " + String(repeating: "oauth_", count: 10_000)) == .consumerKeyMissing)
        #expect(reason(header: "OAuth " + String(repeating: "oauth_a=b,", count: 100_000)) == .headerMalformed)
    }

    private func post(_ body: [UInt8]) -> (world: TestWorld, outcome: TestWorld.Outcome) {
        let world = TestWorld()
        var builder = world.request("/w/api.php").adding("authorization", "OAuth x")
            .adding("content-type", "application/x-www-form-urlencoded")
        builder.method = Array("POST".utf8)
        builder.body = body
        builder.size = Int64(body.count)
        return (world, world.check(builder))
    }

    @Test func megabytesOfPairsAreNotSorted() {
        for unit in ["&", "a&", "1=&"] {
            let body = Array(String(repeating: unit, count: 2_000_000 / unit.utf8.count).utf8)
            #expect(post(body).outcome.reason == .parametersTooMany)
        }
    }

    @Test func keysThatNoColumnHoldsAreNeitherLookedUpNorRemembered() {
        let long = Array(("oauth_consumer_key=" + String(repeating: "k", count: 2_000_000)).utf8)
        let (world, outcome) = post(long)
        #expect(outcome.reason == .consumerUnknown)
        #expect(world.directory.reads == 0)
        #expect(world.memory.counts.first { $0.name.description == "oauth1" }?.count == 0)
        let token = post(Array(("oauth_consumer_key=ck&oauth_token=" + String(repeating: "t", count: 100_000)).utf8))
        #expect(token.outcome.reason == .tokenInvalid)
        #expect(token.outcome.lookups == [.oauth1(consumerKey: Array("ck".utf8), token: [])])
    }

    @Test func anEmptyTokenIsNobodys() {
        let world = TestWorld()
        world.directory.acceptances[0].accessToken = []
        #expect(world.check(world.signed(token: "", nonce: "n")).reason == .tokenInvalid)
    }

    @Test func entryPoints() {
        let world = TestWorld()
        func outcome(_ path: String) -> TestWorld.Outcome {
            world.check(world.request(path).adding("authorization", "OAuth x"))
        }
        #expect(outcome("/w/index.php?title=Main_Page").reason == .notAPI)
        #expect(outcome("/wiki/Main_Page").reason == .notAPI)
        #expect(outcome("/wiki/Special:OAuth/identify").decision?.outcome == .anonymous)
        #expect(outcome("/w/index.php?title=Special%3AOAuth%2Ftoken").decision?.outcome == .anonymous)
        #expect(outcome("/w/load.php?modules=x").decision?.outcome == .anonymous)
        #expect(outcome("/w/rest.php/v1/page/a%zz").decision?.outcome == .anonymous)
        #expect(outcome("/w/rest.php/v1/page/a").reason == .consumerKeyMissing)
        // The server runs what the decoded path names; what follows a script is its own business.
        #expect(outcome("/w/%69ndex.php?title=Main_Page").reason == .notAPI)
        #expect(outcome("/%77iki/Main_Page").reason == .notAPI)
        #expect(outcome("/wiki/load.php").reason == .notAPI)
        #expect(outcome("/w/index.php/Main_Page").reason == .notAPI)
        #expect(outcome("/w/rest.php/v1/page/load.php").reason == .consumerKeyMissing)
        #expect(outcome("/w/rest.php/v1/page/index.php").reason == .consumerKeyMissing)
        #expect(outcome("/w/rest.php/v1/page/x/api.php/y").reason == .consumerKeyMissing)
        #expect(outcome("/w/api.php/x").reason == .consumerKeyMissing)
    }
}
