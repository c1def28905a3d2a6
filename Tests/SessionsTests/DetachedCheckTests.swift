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

    /// The check that a worker is to make, when the loop leaves `request` to it.
    private func detached(_ world: TestWorld, _ request: CheckRequestBuilder) -> DetachedCheck? {
        let message = request.encode()
        for _ in 0..<2 {
            guard case .needs(let lookup) = world.step(message) else { return nil }
            if case .worker(let workload) = lookup {
                return DetachedCheck(workload, of: message, from: 0, world.policy, world.memory)
            }
            try? world.loader.load(lookup, at: world.now)
        }
        return nil
    }

    @Test func aLargeFormIsAWorkers() throws {
        let world = TestWorld()
        world.scratch.maxFormBytes = 100_000
        let check = try #require(detached(world, form(world, 200_000)))
        #expect(check.result == nil)
        try world.loader.load(.detached(check), at: world.now)
        let decision = try #require(check.result)
        #expect(decision.outcome == .authenticated && decision.identity?.userID == 3)
        // A worker changes nothing: the nonce is claimed by the thread that asked.
        let settled = try settled {
            world.memory.carryOut(decision, world.policy, at: world.now)
        } load: { (lookup) throws(Fault) in
            try world.loader.load(lookup, at: world.now)
        }
        #expect(settled.decision.outcome == .authenticated && settled.cookie != nil && !settled.isRetry)
        // The nonce is used now, wherever it is asked about.
        var again = world.signed(nonce: "n", id: "2")
        #expect(world.check(again).reason == .nonceUsed)
        again = world.signed(nonce: "m")
        #expect(world.check(again).decision?.outcome == .authenticated)
    }

    @Test func whatIsWrongIsRefusedThereToo() throws {
        let world = TestWorld()
        world.scratch.maxFormBytes = 100_000
        let check = try #require(detached(world, form(world, 200_000, isTampered: true)))
        try world.loader.load(.detached(check), at: world.now)
        #expect(try #require(check.result).reason == .signatureInvalid)
        #expect(detached(world, form(world, 50_000)) == nil)
    }

    @Test func anOutageIsAnOutage() throws {
        let world = TestWorld()
        world.scratch.maxFormBytes = 100_000
        let check = try #require(detached(world, form(world, 200_000)))
        world.directory.fail(with: Fault.storeUnavailable)
        #expect(throws: Fault.storeUnavailable) {
            let later = Timestamp(seconds: world.now.seconds + 60)
            try world.loader.load(.detached(check), at: later)
        }
        #expect(check.result == nil)
    }

    /// No worker is kept busy by somebody who is not registered.
    @Test func onlyARegisteredSignersFormIsWorthIt() {
        let world = TestWorld()
        world.scratch.maxFormBytes = 100_000
        let unknown = form(world, 200_000, consumer: #"oauth_consumer_key="none""#)
        #expect(world.check(unknown).reason == .consumerUnknown)
        #expect(world.check(form(world, 200_000, token: "none")).reason == .tokenInvalid)
        #expect(world.check(form(world, 200_000, consumer: #"a="b""#)).reason == .consumerKeyMissing)
    }

    /// A check that was given up while it was in line, or between two of its parts, does no more work.
    @Test func whatWasGivenUpEnds() throws {
        let world = TestWorld()
        world.scratch.maxFormBytes = 100_000
        let check = try #require(detached(world, form(world, 200_000)))
        check.giveUp()
        #expect(throws: Fault.deadlineExceeded) { try world.loader.load(.detached(check), at: world.now) }
        #expect(check.result == nil)
    }

    @Test func itIsTheUsersAndConsumers() throws {
        let world = TestWorld()
        world.scratch.maxFormBytes = 100_000
        let check = try #require(detached(world, form(world, 200_000)))
        #expect(check.workload.bytes == 200_005)
        let tampered = try #require(detached(world, form(world, 300_000, isTampered: true)))
        #expect(tampered.workload.owner == check.workload.owner)
        let other = try #require(detached(world, form(world, 200_000, token: "tb")))
        #expect(other.workload.owner != check.workload.owner)
    }

    /// Whatever the credential, an event loop does not read a large form: the variables of the action API may be in it.
    @Test(arguments: ["bearer", "cookie", "none"]) func anyLargeFormIsAWorkers(credential: String) throws {
        let world = TestWorld()
        world.scratch.maxFormBytes = 100_000
        var request = credential == "bearer" ? world.bearer() : world.request()
        if credential == "cookie" {
            let cookie = world.cookie(softExpiry: world.now.seconds + 600)
            request.addHeader("cookie", "sessionJwt=" + cookie)
        }
        request.method = Array("POST".utf8)
        request.addHeader("content-type", "application/x-www-form-urlencoded")
        request.body = Array(repeating: UInt8(ascii: "&"), count: 120_000) + Array("origin=*".utf8)
        request.addHeader("content-length", "\(request.body?.count ?? 0)")
        let check = try #require(detached(world, request))
        try world.loader.load(.detached(check), at: world.now)
        let decision = try #require(check.result)
        #expect(decision.actsAs == .anonymous)
        #expect((decision.identity?.userID == 3) == (credential != "none"))
    }
}
