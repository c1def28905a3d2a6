// What a wiki announces counts at once: rows are forgotten by user, consumer and token.

import Bytes
import EnvoyProtocol
import Sessions
import Synchronization
import TestSupport
import Testing

@Suite struct ForgettingTests {
    /// A world in which Alice (3) and Bob (5) are known by OAuth 1, and Alice by OAuth 2 and by cookie.
    private func warm() -> TestWorld {
        let world = TestWorld()
        world.directory.users.append(User(id: 9, name: "Carol"))
        for request in requests(world, "warm") {
            #expect(world.check(request).decision?.outcome == .authenticated)
        }
        for request in requests(world, "again") { #expect(world.check(request).lookups.isEmpty) }
        return world
    }

    /// One request of each: Alice's and Bob's OAuth 1, Alice's OAuth 2, a cookie of Carol's.
    private func requests(_ world: TestWorld, _ nonce: String) -> [CheckRequestBuilder] {
        var cookie = world.request("/wiki/Main")
        let text = world.cookie(sub: "mw:local:wiki:9", softExpiry: world.now.seconds + 14_000)
        cookie.addHeader(Array("cookie".utf8), Array("sessionJwt=\(text)".utf8))
        return [world.signed(nonce: nonce), world.signed(token: "tb", nonce: nonce), world.bearer(), cookie]
    }

    /// The token in `TestWorld.bearer()`.
    private let accessToken = TestWorld.jwt(#"{"aud":"oo","jti":"jti-1","sub":"3"}"#, key: TestWorld.accessTokenKey)

    private static let cases: [(what: Invalidation, readAgain: [Bool])] = [
        (.all, [true, true, true, true]),
        (.user(3), [true, false, true, false]),
        (.user(5), [false, true, false, false]),
        (.user(9), [false, false, false, true]),
        (.user(77), [false, false, false, false]),
        (.consumer(Array("ck".utf8)), [true, true, false, false]),
        (.consumer(Array("oo".utf8)), [false, false, true, false]),
        (.consumer(Array("c".utf8)), [false, false, false, false]),
        (.token(TokenDigest(text: Array("ta".utf8))), [true, false, false, false]),
        (.token(TokenDigest(text: Array("jti-1".utf8))), [false, false, true, false]),
        (.token(TokenDigest(text: Array("unknown".utf8))), [false, false, false, false]),
    ]

    @Test(arguments: cases.indices) func onlyWhatIsMeantIsReadAgain(_ index: Int) {
        let world = warm()
        world.memory.forget(Self.cases[index].what)
        let read = requests(world, "later").map { !world.check($0).lookups.isEmpty }
        #expect(read == Self.cases[index].readAgain)
    }

    @Test func anAccessTokenStandsForItsIdentifier() {
        let world = warm()
        world.memory.forget(.token(TokenDigest(text: Array(accessToken.utf8))))
        #expect(requests(world, "later").map { !world.check($0).lookups.isEmpty } == [false, false, true, false])
    }

    @Test func aRevocationCountsAtOnce() {
        let world = warm()
        world.directory.acceptances.removeAll { $0.userID == 3 }
        #expect(world.check(world.signed(nonce: "before")).decision?.outcome == .authenticated)
        world.memory.forget(.user(3))
        #expect(world.check(world.signed(nonce: "after")).reason == .tokenInvalid)
    }

    @Test func whatWasNotFoundMayBeThereNow() {
        let world = TestWorld()
        let acceptances = world.directory.acceptances
        world.directory.acceptances = []
        #expect(world.check(world.signed(nonce: "a")).reason == .tokenInvalid)
        world.directory.acceptances = acceptances
        #expect(world.check(world.signed(nonce: "b")).reason == .tokenInvalid)
        world.memory.forget(.user(12_345))
        #expect(world.check(world.signed(nonce: "c")).decision?.outcome == .authenticated)
    }

    /// Rows that were read before the announcement must not come into memory after it.
    @Test func whatWasReadBeforeIsNotRememberedAfter() throws {
        let world = TestWorld()
        let memory = world.memory
        let reading = SlowDirectory(world.directory) { memory.forget(.user(3)) }
        let loader = Loader(world.policy, world.memory, reading)
        let lookup = Lookup.oauth1(consumerKey: Array("ck".utf8), token: Array("ta".utf8))
        try loader.load(lookup, at: world.now)
        #expect(world.check(world.signed(nonce: "a")).lookups.first == lookup)
        #expect(world.check(world.signed(nonce: "b")).lookups.isEmpty)
    }

    @Test func noncesStay() {
        let world = warm()
        world.memory.forget(.all)
        #expect(world.check(world.signed(nonce: "warm")).reason == .nonceUsed)
    }

    @Test func theBytesOfWhatIsForgottenAreFree() {
        let world = warm()
        let before = world.memory.byteCount
        world.memory.forget(.user(3))
        #expect(world.memory.byteCount < before - 1000)
        world.memory.forget(.user(3))
        for request in requests(world, "later") { _ = world.check(request) }
        #expect(world.memory.byteCount == before)
        world.memory.forget(.all)
        #expect(world.memory.byteCount == 0)
    }

    @Test func digests() {
        let digest = TokenDigest(text: Array("ta".utf8))
        #expect(TokenDigest(hexadecimal: digest.hexadecimal) == digest)
        for text in [
            "", "0", String(repeating: "g", count: 64), digest.hexadecimal.uppercased(), digest.hexadecimal + "0",
        ] {
            #expect(TokenDigest(hexadecimal: text) == nil)
        }
        // No JWT: the text itself.
        #expect(TokenDigest(text: Array("a.b.c".utf8)) == TokenDigest(of: Array("a.b.c".utf8)))
    }
}

/// Calls back when rows were read, and before they are used.
private struct SlowDirectory: Directory {
    private let base: InMemoryDirectory
    private let whenRead: @Sendable () -> Void

    init(_ base: InMemoryDirectory, whenRead: @escaping @Sendable () -> Void) {
        self.base = base
        self.whenRead = whenRead
    }

    func oauth1(consumerKey: [UInt8], token: [UInt8], at now: Timestamp) throws -> OAuth1Records {
        defer { whenRead() }
        return try base.oauth1(consumerKey: consumerKey, token: token, at: now)
    }

    func oauth2(tokenID: [UInt8], clientID: [UInt8], subject: Int64?, at now: Timestamp) throws -> OAuth2Records {
        try base.oauth2(tokenID: tokenID, clientID: clientID, subject: subject, at: now)
    }

    func user(id: Int64, at now: Timestamp) throws -> User? { try base.user(id: id, at: now) }
}
