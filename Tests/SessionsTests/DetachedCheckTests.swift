// Forms that are too large for an event loop.

import Sessions
import Testing
import Bytes
import EnvoyProtocol

@Suite struct DetachedCheckTests {
    /// A signed form whose one parameter is `count` bytes long; `isTampered` changes its last byte.
    private func form(
        _ world: TestWorld, _ count: Int, isTampered: Bool = false, consumer: String = #"oauth_consumer_key="ck""#,
        token: String = "ta"
    ) -> CheckRequestBuilder {
        let text = String(repeating: "a", count: count)
        let base =
            "POST&https%3A%2F%2Fwiki.test%2Fw%2Fapi.php&oauth_consumer_key%3Dck%26oauth_nonce%3Dn"
            + "%26oauth_signature_method%3DHMAC-SHA1%26oauth_timestamp%3D\(world.now.seconds)%26oauth_token%3Dta%26text%3D\(text)"
        let signature = TestWorld.hmac(base, key: "cs&ts")
        var request = world.request("/w/api.php", id: "1")
            .adding("content-type", "application/x-www-form-urlencoded")
            .adding("content-length", "\(count + 5)")
            .adding(
                "authorization",
                #"OAuth \#(consumer), oauth_token="\#(token)", oauth_signature_method="HMAC-SHA1", "#
                    + #"oauth_timestamp="\#(world.now.seconds)", oauth_nonce="n", oauth_signature="\#(signature)""#)
        request.method = Array("POST".utf8)
        request.body = Array("text=\(text.dropLast())\(isTampered ? "b" : "a")".utf8)
        return request
    }

    /// The check that a worker is to do, when the loop leaves `request` to it.
    private func detached(_ world: TestWorld, _ request: CheckRequestBuilder) -> DetachedCheck? {
        let loader = Loader(gate: world.gate, directory: world.directory)
        for _ in 0..<2 {
            var response: [UInt8] = []
            let step = request.encode().withBytes { message in
                world.authorizer.check(try! CheckRequest(protobuf: message), at: world.now, into: &response)
            }
            guard case .needs(let lookup) = step else { return nil }
            if case .verdict(let check) = lookup { return check }
            try? loader.load(lookup, at: world.now)
        }
        return nil
    }

    @Test func aLargeFormIsAWorkers() throws {
        let world = TestWorld()
        world.authorizer.largestForm = 100_000
        let check = try #require(detached(world, form(world, 200_000)))
        #expect(check.take() == nil)
        try Loader(gate: world.gate, directory: world.directory).load(.verdict(check), at: world.now)
        let decided = try #require(check.take())
        #expect(decided.verdict.outcome == .authenticated && decided.verdict.identity?.user?.id == 3)
        #expect(try decided.response.withBytes { try EnvoyCheckResponse(protobuf: $0) }.ok != nil)
        #expect(check.take() == nil)
        // The nonce is used now, wherever it is asked about.
        var again = world.signed(nonce: "n", id: "2")
        #expect(world.check(again).reason == .nonceUsed)
        again = world.signed(nonce: "m")
        #expect(world.check(again).verdict?.outcome == .authenticated)
    }

    @Test func whatIsWrongIsRefusedThereToo() throws {
        let world = TestWorld()
        world.authorizer.largestForm = 100_000
        let check = try #require(detached(world, form(world, 200_000, isTampered: true)))
        try Loader(gate: world.gate, directory: world.directory).load(.verdict(check), at: world.now)
        #expect(try #require(check.take()).verdict.reason == .signatureInvalid)
        #expect(detached(world, form(world, 50_000)) == nil)
    }

    @Test func anOutageIsAnOutage() throws {
        let world = TestWorld()
        world.authorizer.largestForm = 100_000
        let check = try #require(detached(world, form(world, 200_000)))
        world.directory.isBroken = true
        #expect(throws: Fault.storeUnavailable) {
            let later = Timestamp(seconds: world.now.seconds + 60)
            try Loader(gate: world.gate, directory: world.directory).load(.verdict(check), at: later)
        }
        #expect(check.take() == nil)
    }

    /// No worker is kept busy by somebody who is not registered.
    @Test func onlyARegisteredSignersFormIsWorthIt() {
        let world = TestWorld()
        world.authorizer.largestForm = 100_000
        let unknown = form(world, 200_000, consumer: #"oauth_consumer_key="none""#)
        #expect(world.check(unknown).reason == .consumerUnknown)
        #expect(world.check(form(world, 200_000, token: "none")).reason == .tokenInvalid)
        #expect(world.check(form(world, 200_000, consumer: #"a="b""#)).reason == .consumerKeyMissing)
    }
}
