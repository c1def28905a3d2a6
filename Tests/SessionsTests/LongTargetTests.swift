// Paths, queries and headers that an event loop does not read, or that are not read at all.

import Bytes
import EnvoyProtocol
import Sessions
import Testing

@Suite struct LongTargetTests {
    private func path(_ bytes: Int) -> String { "/w/api.php?" + String(repeating: "%", count: bytes - 11) }

    @Test(arguments: ["none", "oauth1", "bearer", "cookie"]) func aLongPathIsRefusedUnread(credential: String) throws {
        let world = TestWorld()
        var request = world.request(path(65_537))
        switch credential {
        case "oauth1": request.addHeader("authorization", "OAuth oauth_consumer_key=\"ck\", oauth_token=\"ta\"")
        case "bearer": request.addHeader("authorization", "Bearer x")
        case "cookie": request.addHeader("cookie", "sessionJwt=x")
        default: break
        }
        let outcome = world.check(request)
        #expect(outcome.reason == .targetTooLong && outcome.lookups.isEmpty)
        let response = try #require(outcome.response)
        #expect(response.status.code == 3 && response.denied?.status.code.rawValue == 414)
        #expect(response.denied?.headers.contains { $0.header.key == "www-authenticate" } == false)
    }

    @Test func oneOfTheLimitIsRead() {
        let world = TestWorld()
        #expect(world.check(world.request(path(65_536))).decision?.outcome == .anonymous)
    }

    /// A query over the limit of an event loop is a worker's, whatever the credential, and a stranger's is not read at all.
    @Test func aLongQueryIsAWorkers() throws {
        let world = TestWorld()
        world.scratch.maxQueryBytes = 8192
        let long = "/w/api.php?action=" + String(repeating: "x", count: 8300)
        var bearer = world.bearer()
        bearer.path = Array(long.utf8)
        for request in [world.signed(nonce: "a", path: long), bearer] {
            let message = request.encode()
            var workload: Workload?
            for _ in 0..<2 {
                guard case .needs(let lookup) = world.step(message) else { break }
                if case .worker(let found) = lookup {
                    workload = found
                } else {
                    try world.loader.load(lookup, at: world.now)
                }
            }
            let check = DetachedCheck(try #require(workload), of: message, from: 0, world.policy, world.memory)
            try world.loader.load(.detached(check), at: world.now)
            #expect(check.result?.outcome == .authenticated)
        }
        let stranger = world.request(long).adding("authorization", #"OAuth oauth_consumer_key="none", oauth_token="x""#)
        #expect(world.check(stranger).reason == .consumerUnknown)
        let query = world.request(long + "&oauth_consumer_key=none").adding("authorization", "OAuth x")
        #expect(world.check(query).reason == .consumerKeyMissing)
    }

    @Test func aLongHeaderIsRefusedUnread() {
        let world = TestWorld()
        let header = #"OAuth oauth_consumer_key="ck", oauth_nonce=""# + String(repeating: "%", count: 70_000) + "\""
        #expect(world.check(world.request().adding("authorization", header)).reason == .headerMalformed)
    }
}
