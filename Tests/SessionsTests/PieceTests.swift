// Parts of the check by themselves: base strings of the RFC, query variables, address restrictions, nonces, caches.

import Sessions
import Cryptography
import Glibc
import Testing
import Bytes
import EnvoyProtocol

@Suite struct BaseStringTests {
    /// RFC 5849, 3.4.1.1, in both modes: in MediaWiki's the repeated and bracketed names of the query come out differently.
    private func baseString(_ mode: OAuth1Settings.Compatibility) throws -> String {
        var settings = Settings()
        settings.entryPoints.restPrefixes = ["/"]
        settings.oauth1.compatibility = mode
        let policy = Policy(settings: settings, keys: KeyRing(accessTokenKeys: [], signer: nil, alsoPublished: []))
        var builder = CheckRequestBuilder(
            method: "POST", scheme: "http", host: "EXAMPLE.COM", path: "/request?b5=%3D%253D&a3=a&c%40=&a2=r%20b")
        builder.addHeader("content-type", "application/x-www-form-urlencoded")
        builder.addHeader(
            "authorization",
            #"OAuth realm="Example", oauth_consumer_key="9djdj82h48djs9d2", oauth_token="kkk9d7dh3k39sjv7", "#
                + #"oauth_signature_method="HMAC-SHA1", oauth_timestamp="137131201", oauth_nonce="7d8f3e4a", "#
                + #"oauth_signature="bYT5CMsGcbgUdFHObYMEfcx6bsw%3D""#)
        builder.body = Array("c2&a3=2+q".utf8)
        builder.size = 9
        var scratch = Scratch()
        let text = try builder.encode().withBytes { message in
            try policy.withRequest(message) { signatureBaseString(of: $0, policy, Memory(settings), &scratch) }
        }
        return String(decoding: try #require(text), as: UTF8.self)
    }

    @Test func theRFCsExample() throws {
        #expect(
            try baseString(.rfc5849)
                == "POST&http%3A%2F%2Fexample.com%2Frequest&a2%3Dr%2520b%26a3%3D2%2520q%26a3%3Da%26b5%3D%253D%25253D%26c%2540%3D%26c2"
                + "%3D%26oauth_consumer_key%3D9djdj82h48djs9d2%26oauth_nonce%3D7d8f3e4a%26oauth_signature_method%3DHMAC-SHA1"
                + "%26oauth_timestamp%3D137131201%26oauth_token%3Dkkk9d7dh3k39sjv7")
    }

    @Test func mediaWikisBodyOverridesTheQueryByName() throws {
        let text = try baseString(.mediawiki)
        #expect(text.contains("%26a3%3D2%2520q%26b5"))
        #expect(!text.contains("a3%3Da"))
    }
}

@Suite struct PHPQueryTests {
    @Test func aThousandVariablesAndNoMore() {
        let query = (0..<1500).map { "v\($0)=x" }.joined(separator: "&")
        #expect(Array(query.utf8).withBytes { PHPQuery($0) }.variables.count == 1000)
    }

    private static let tooDeep = String(repeating: "[]", count: 66)

    /// PHP forgets a variable when it meets too many brackets behind its name; a later one of the name comes last.
    @Test func aVariableThatIsNestedTooDeepIsForgotten() {
        let query = "a=1&b=2&c=3&b\(Self.tooDeep)=4&a\(Self.tooDeep)=5&d=6&b=7"
        let names = Array(query.utf8).withBytes { PHPQuery($0) }.variables.map {
            String(decoding: $0.name, as: UTF8.self)
        }
        #expect(names == ["c", "d", "b"])
    }

    /// However many others there are: a stranger's query must not keep an event loop busy.
    @Test func forgettingDoesNotDependOnTheOthers() {
        func query(others: Int) -> [UInt8] {
            let pairs =
                (0..<250).map { "t\($0)=1" } + (0..<others).map { "u\($0)=1" }
                + (0..<250).map { "t\($0)\(Self.tooDeep)=1" }
            return Array(pairs.joined(separator: "&").utf8)
        }
        /// Of this thread alone, in nanoseconds.
        func time(_ query: [UInt8]) -> Int {
            var (start, end) = (timespec(), timespec())
            clock_gettime(CLOCK_THREAD_CPUTIME_ID, &start)
            _ = query.withBytes { PHPQuery($0) }
            clock_gettime(CLOCK_THREAD_CPUTIME_ID, &end)
            return (end.tv_sec - start.tv_sec) * 1_000_000_000 + end.tv_nsec - start.tv_nsec
        }
        let (few, many) = (query(others: 0), query(others: 490))
        let times = (0..<15).map { _ in (few: time(few), many: time(many)) }
        #expect((times.map(\.many).min() ?? .max) < 2 * (times.map(\.few).min() ?? 0))
    }
}

@Suite struct AddressRestrictionsTests {
    private func allows(_ list: String, _ address: String) -> Bool {
        let restrictions = Array(#"{"IPAddresses":\#(list)}"#.utf8).withBytes { AddressRestrictions(json: $0) }
        return Array(address.utf8).withBytes { restrictions.allows($0) }
    }

    @Test func theListedRangesAreAllowed() {
        #expect(allows(#"["0.0.0.0/0","::/0"]"#, "203.0.113.5"))
        #expect(allows(#"["0.0.0.0/0","::/0"]"#, "2001:db8::1"))
        #expect(allows(#"["192.0.2.0/24"]"#, "::ffff:192.0.2.7"))
        #expect(!allows(#"["192.0.2.0/24"]"#, "192.0.3.0"))
        #expect(!allows(#"["0.0.0.0/0","::/0"]"#, "x"))
    }

    @Test(arguments: [#""0.0.0.0/0""#, "[]", "null", #"["0.0.0.0/33"]"#, #"["0.0.0.0/"]"#, #"["/0"]"#, #"[0]"#])
    func malformedListsAllowNothing(_ list: String) {
        #expect(!allows(list, "203.0.113.5"))
    }

    @Test func malformedRestrictionsAllowNothing() {
        for json in ["", "{", "[]", "{}", #"{"ipaddresses":["0.0.0.0/0"]}"#] {
            let restrictions = Array(json.utf8).withBytes { AddressRestrictions(json: $0) }
            #expect(!Array("203.0.113.5".utf8).withBytes { restrictions.allows($0) })
        }
    }
}

@Suite struct NonceMemoryTests {
    private func claim(_ text: String, request: String = "", expires: Int64) -> NonceClaim {
        Array(text.utf8).withBytes { nonce in
            Array(request.utf8).withBytes { request in
                NonceClaim(
                    consumer: Bytes("c"), token: Bytes("t"), nonce: nonce, requestID: request, expires: expires)
            }
        }
    }

    @Test func aNonceCountsUntilItsExpiryInclusive() {
        let memory = NonceMemory(capacity: 1000, share: 100, horizon: 601)
        #expect(memory.claim(claim("a", expires: 1300), now: 1000) == .fresh)
        #expect(memory.claim(claim("a", expires: 1600), now: 1300) == .used)
        #expect(memory.claim(claim("a", expires: 1601), now: 1301) == .fresh)
    }

    @Test func generationsDropWhatHasExpiredAndNothingElse() {
        let memory = NonceMemory(capacity: 1_000_000, share: 100, horizon: 601)
        for second in Int64(0)..<3000 {
            #expect(memory.claim(claim("n\(second)", expires: 10_600 + second), now: 10_000 + second) == .fresh)
            let recent = max(0, second - 600)
            #expect(memory.claim(claim("n\(recent)", expires: 10_600), now: 10_000 + second) == .used)
        }
        #expect(memory.count < 1300)
    }

    @Test func itIsBoundedAndFailsClosed() {
        let memory = NonceMemory(capacity: 640, share: 100, horizon: 601)
        var outcomes: [NonceOutcome?] = []
        for index in 0..<5000 { outcomes.append(memory.claim(claim("\(index)", expires: 600), now: 1)) }
        #expect(outcomes.contains(.full))
        #expect(memory.count <= 640)
        #expect(memory.claim(claim("0", expires: 600), now: 1) == .used)
    }

    @Test func aRetryHasTheRequestsOwnID() {
        let memory = NonceMemory(capacity: 640, share: 100, horizon: 601)
        #expect(memory.claim(claim("a", request: "1", expires: 600), now: 1) == .fresh)
        #expect(memory.claim(claim("a", request: "1", expires: 600), now: 2) == .retried)
        #expect(memory.claim(claim("a", request: "2", expires: 600), now: 2) == .used)
        #expect(memory.claim(claim("a", expires: 600), now: 2) == .used)
    }

    /// A clock that was a year ahead for a while does not keep the memory full until that year is over.
    @Test func aClockThatIsSetBackFreesTheMemory() {
        let memory = NonceMemory(capacity: 64, share: 100, horizon: 601)
        let year: Int64 = 365 * 86_400
        for index in 0..<1000 { _ = memory.claim(claim("\(index)", expires: year + 600), now: year) }
        #expect(memory.count > 0)
        // Two generations later nothing is left of it.
        for second in stride(from: Int64(1), to: 2000, by: 10) {
            for index in 0..<64 { _ = memory.claim(claim("\(second) \(index)", expires: second + 1), now: second) }
        }
        #expect(memory.claim(claim("new", expires: 5000), now: 4000) == .fresh)
    }

    @Test func aMillionTakeLessThanFortyBytesEach() {
        let memory = NonceMemory(capacity: 2_000_000, share: 100, horizon: 601)
        for index in 0..<300_000 { _ = memory.claim(claim("\(index)", request: "7", expires: 600), now: 1) }
        #expect(memory.count == 300_000)
        #expect(memory.byteCount <= 40 * 300_000)
    }
}

@Suite struct CacheTests {
    @Test func valuesExpireAndTheOldestLeaveFirst() {
        let cache = Cache<Int>(capacity: 64)
        let now = Timestamp(seconds: 100)
        for index in 0..<1000 {
            cache.insert(index, under: CacheKey(high: UInt64(index), low: UInt64(index)), at: now, lifetime: 1000)
        }
        #expect(cache.count <= 64)
        #expect(cache.value(CacheKey(high: 999, low: 999), at: now) == 999)
        #expect(cache.value(CacheKey(high: 0, low: 0), at: now) == nil)
        #expect(cache.value(CacheKey(high: 999, low: 999), at: Timestamp(seconds: 101)) == nil)
        // The clock was set back: what was loaded later is not believed.
        #expect(cache.value(CacheKey(high: 999, low: 999), at: Timestamp(seconds: 99)) == nil)
    }

    /// Whatever comes in whatever order: what a list of the same length holds, in order of first arrival, and nothing else.
    @Test(arguments: [1, 2, 7, 64, 100, 127]) func itHoldsWhatAListWould(capacity: Int) {
        let cache = Cache<Int>(capacity: capacity)
        let now = Timestamp(seconds: 100)
        var list: [(key: UInt64, value: Int)] = []
        var oldest = 0
        var state: UInt64 = 1
        for step in 0..<20_000 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let key = (state >> 33) % UInt64(3 * capacity)
            cache.insert(step, under: CacheKey(high: 0, low: key), at: now, lifetime: 1000)
            if let known = list.firstIndex(where: { $0.key == key }) {
                list[known].value = step
            } else if list.count < capacity {
                list.append((key, step))
            } else {
                list[oldest] = (key, step)
                oldest = (oldest + 1) % capacity
            }
            guard step % 16 == 0 else { continue }
            let held = Dictionary(uniqueKeysWithValues: list.map { ($0.key, $0.value) })
            #expect(cache.count == held.count)
            for key in 0..<UInt64(3 * capacity) {
                #expect(cache.value(CacheKey(high: 0, low: key), at: now) == held[key])
            }
        }
        cache.removeAll()
        #expect(cache.count == 0 && cache.value(CacheKey(high: 0, low: 0), at: now) == nil)
        cache.insert(1, under: CacheKey(high: 0, low: 0), at: now, lifetime: 1000)
        #expect(cache.value(CacheKey(high: 0, low: 0), at: now) == 1)
    }

    @Test func aLargeOneLosesNothing() {
        let cache = Cache<UInt64>(capacity: 400_000)
        let now = Timestamp(seconds: 100)
        let keys = (0..<200_000).map { CacheKey(high: $0 &* 0x9E37_79B9_7F4A_7C15, low: $0) } as [CacheKey]
        for key in keys { cache.insert(key.low, under: key, at: now, lifetime: 1000) }
        #expect(cache.count == keys.count)
        #expect(keys.allSatisfy { cache.value($0, at: now) == $0.low })
    }
}

@Suite struct ClassTests {
    @Test func theFirstMatchingGroupWinsThenEditsAndAge() {
        let world = TestWorld()
        func name(_ change: (inout User, inout Settings) -> Void) -> String? {
            let world = TestWorld()
            change(&world.directory.users[0], &world.settings)
            return world.check(world.signed(nonce: "n")).decision?.identity?.rateLimitClass
        }
        let old = world.now.seconds - 8 * 86_400
        #expect(name { _, _ in } == "authed-user")
        #expect(name { user, _ in (user.editCount, user.registration) = (1000, old) } == "established-user")
        #expect(name { user, _ in (user.editCount, user.registration) = (999, old) } == "authed-user")
        #expect(name { user, _ in (user.editCount, user.registration) = (1000, world.now.seconds) } == "authed-user")
        let bots = ClassSettings.GroupClass(group: "bot", name: "approved-bot")
        #expect(name { user, settings in (user.groups, settings.classes.groups) = (["bot"], [bots]) } == "approved-bot")
        // Magic classes count only when they are allowed by name.
        let bypass = ClassSettings.GroupClass(group: "bot", name: "BYPASS")
        #expect(
            name { user, settings in (user.groups, settings.classes.groups) = (["bot"], [bypass]) } == "authed-user")
        #expect(
            name { user, settings in
                (user.groups, settings.classes.groups) = (["bot"], [bypass])
                settings.classes.allowed.insert("BYPASS")
            } == "BYPASS")
    }
}
