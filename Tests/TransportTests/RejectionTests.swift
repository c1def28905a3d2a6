// Requests that are answered without a decision through the caller's fault are counted, each once and by what is wrong with it.

import Bytes
import EnvoyProtocol
import Sessions
import Telemetry
import Testing
import Transport

@Suite struct RejectionTests {
    private static let check = EndpointTests.checkPath
    private static let call = ("content-type", "application/grpc"), json = ("content-type", "application/json")
    private static let large = ("x-large", String(repeating: "x", count: 10_000))

    private func fixture(trusts names: [String] = ["192.0.2.0/24"]) throws -> ServedConnection<Endpoints> {
        let core = World.core()
        let peers = try #require(TrustedPeers(names: names))
        return try ServedConnection(
            Endpoints(
                policy: core.policy, memory: core.memory, readiness: Readiness(), maxMessageBytes: 1000,
                trustedPeers: peers),
            resolver: LoadingResolver(core, World())
        ) {
            $0.http2.maxBodyBytes = 2000
            $0.http2.maxHeaderBytes = 10_000
        }
    }

    private func ask(_ connection: ServedConnection<Endpoints>, _ request: Request) throws {
        let id = connection.client.request(request.method, request.path, request.fields, body: request.body)
        try connection.exchangeBytes()
        #expect(connection.client.response(id).closed == 0)
    }

    /// What was counted, in words.
    private func counted(_ connection: ServedConnection<Endpoints>) -> [String] {
        let rejected = connection.loop.service.counters.rejected
        return Rejection.Endpoint.allCases.flatMap { endpoint in
            Rejection.Problem.allCases.flatMap { problem in
                [String](
                    repeating: "\(endpoint.rawValue) \(problem.rawValue)",
                    count: Int(rejected.count(endpoint, problem)))
            }
        }
    }

    struct Request: Sendable {
        var method = "POST", path = RejectionTests.check
        var fields: [(String, String)] = []
        var body: [UInt8]?
    }

    private static func frame(_ message: [UInt8]) -> [UInt8] {
        var frame: [UInt8] = []
        message.withBytes { GRPCFrame.append($0, into: &frame) }
        return frame
    }

    @Test(arguments: [
        (Request(fields: [call], body: frame([0x0A, 0x7F])), "check malformed"),
        (Request(fields: [call], body: []), "check malformed"),
        (Request(fields: [call], body: frame([]) + frame([])), "check malformed"),
        (Request(fields: [call], body: [1, 0, 0, 0, 0]), "check unsupported"),
        (Request(fields: [call], body: frame([UInt8](repeating: 0, count: 1500))), "check too-large"),
        (Request(fields: [call], body: [UInt8](repeating: 0, count: 3000)), "check too-large"),
        (Request(fields: [json], body: Array("{".utf8)), "check malformed"),
        (Request(fields: [("content-type", "text/plain")], body: []), "check unsupported"),
        (Request(method: "GET", fields: [call]), "check unsupported"),
        (Request(method: "GET", path: "/authz/w/api.php", fields: [large]), "authorize too-large"),
        (Request(method: "GET", path: "/authz"), "forward-auth malformed"),
        (Request(method: "GET", path: "/authz", fields: [("x-original-uri", "w")]), "forward-auth malformed"),
        (Request(method: "GET", path: "/authzz"), "other unknown-path"),
        (Request(path: "/envoy.service.auth.v2.Authorization/Check", fields: [call]), "other unknown-path"),
        (Request(path: "/v1/identity", fields: [json], body: Array("[]".utf8)), "identity malformed"),
        (Request(method: "PUT", path: "/v1/identity"), "identity unsupported"),
    ])
    func whatCanNotBeDecidedIsCounted(request: Request, expected: String) throws {
        let connection = try fixture()
        try ask(connection, request)
        #expect(counted(connection) == [expected])
        #expect(connection.loop.service.counters.anonymous.current == 0)
    }

    @Test func aPeerThatIsNoTrustedProxyIsCounted() throws {
        let connection = try fixture(trusts: ["198.51.100.0/24"])
        try ask(connection, Request(method: "GET", path: "/authz", fields: [("x-original-uri", "/w/api.php")]))
        #expect(counted(connection) == ["forward-auth untrusted"])
    }

    @Test func whatIsDecidedOrAsksForNothingIsNotCounted() throws {
        let connection = try fixture()
        for request in [
            Request(fields: [Self.call], body: Self.frame(World.check())),
            Request(fields: [Self.json], body: Array("{}".utf8)),
            Request(method: "GET", path: "/authz/w/api.php", fields: [("authorization", "Bearer x")]),
            Request(method: "GET", path: "/v1/identity"), Request(path: "/.well-known/jwks.json"),
            Request(path: "/grpc.health.v1.Health/Check", fields: [Self.json], body: []),
        ] { try ask(connection, request) }
        #expect(counted(connection).isEmpty)
    }

    /// It is answered like a check, and is none: nothing depends on its answer.
    @Test func answersAboutIdentitiesAreNoChecks() throws {
        let connection = try fixture()
        for fields in [[], [("authorization", "Bearer \(World.bearer)")], [("authorization", "Bearer x")]] {
            try ask(connection, Request(method: "GET", path: "/v1/identity", fields: fields))
        }
        let counters = connection.loop.service.counters
        #expect(counters.identityAnswers.map(\.current) == [1, 1, 1, 0])
        #expect(counters.anonymous.current == 0 && counters.authenticated.allSatisfy { $0.current == 0 })
        #expect(counters.refused.allSatisfy { $0.current == 0 })
    }
}
