// A check on a worker is given up as soon as its request is no longer waited for.

import NIOCore
import Sessions
import Testing
import Transport

@Suite struct GivenUpTests {
    /// A client of which one check is on a worker, beside another one's that goes on.
    private func waiting(_ fields: [(String, String)] = []) throws -> (Connected, id: Int32, check: DetachedCheck) {
        let connected = try Connected()
        let id = connected.client.call("/detach", [], fields)
        _ = connected.client.call("/detach", [])
        try connected.exchangeBytes()
        try #require(connected.resolver.checks.count == 2)
        #expect(!connected.resolver.checks.contains { $0.isGivenUp })
        return (connected, id, connected.resolver.checks[0])
    }

    @Test func byAReset() throws {
        let (connected, id, check) = try waiting()
        connected.client.reset(id)
        try connected.exchangeBytes()
        #expect(check.isGivenUp && !connected.resolver.checks[1].isGivenUp)
    }

    @Test func byTheCallersDeadline() throws {
        let (connected, id, check) = try waiting([("grpc-timeout", "200m")])
        connected.wait(seconds: 0.19)
        #expect(!check.isGivenUp)
        connected.wait(seconds: 0.02)
        try connected.exchangeBytes()
        #expect(connected.client.response(id).grpcStatus == "4")
        #expect(check.isGivenUp && !connected.resolver.checks[1].isGivenUp)
    }

    @Test func byTheEndOfTheConnection() throws {
        let (connected, _, _) = try waiting()
        connected.loop.abort()
        try connected.exchangeBytes()
        #expect(!connected.resolver.checks.contains { !$0.isGivenUp })
    }

    @Test func overHTTP1() throws {
        let connected = try Connected()
        try connected.send("GET /detach HTTP/1.1\r\nHost: gate.test\r\n\r\n")
        try #require(connected.resolver.checks.count == 1)
        #expect(!connected.resolver.checks[0].isGivenUp)
        connected.loop.abort()
        #expect(connected.resolver.checks[0].isGivenUp)
    }
}
