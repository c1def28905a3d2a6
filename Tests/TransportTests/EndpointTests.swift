// The endpoints with a real check behind them: every status that a client can meet.

import Sessions
import Synchronization
import Testing
import Transport
import Bytes
import EnvoyProtocol

@Suite struct EndpointTests {
    static let checkPath = "/envoy.service.auth.v3.Authorization/Check"

    final class Fixture {
        /// What is wrong with the store.
        final class Store: Sendable {
            let problem = Mutex<String?>(nil)
        }

        let core = World.core()
        let store = Store()
        let readiness: Readiness
        let connection: ServedConnection<Endpoints>
        var client: ClientSession { connection.client }

        init(_ world: World = World()) throws {
            readiness = Readiness { [store] in store.problem.withLock { $0 } }
            readiness.isReady = true
            connection = try ServedConnection(
                Endpoints(
                    policy: core.policy, memory: core.memory, readiness: readiness, maxMessageBytes: 100_000),
                resolver: LoadingResolver(core, world)
            ) { $0.http2.maxBodyBytes = 100_000 }
        }

        func run() throws { try connection.exchangeBytes() }

        /// Sends one request and waits for its answer; the connection must live on.
        func ask(
            _ method: String, _ path: String, _ fields: [(String, String)] = [], body: [UInt8]? = nil
        ) throws -> ClientSession.Response {
            let id = client.request(method, path, fields, body: body)
            return try answer(id)
        }

        func call(_ path: String, _ message: [UInt8], _ fields: [(String, String)] = []) throws
            -> ClientSession.Response
        {
            try answer(client.call(path, message, fields))
        }

        private func answer(_ id: Int32) throws -> ClientSession.Response {
            try run()
            #expect(client.response(id).closed == 0)
            #expect(!connection.isClosed && client.goAways.isEmpty && client.failure == 0)
            return client.response(id)
        }
    }

    private func response(_ answer: ClientSession.Response) throws -> EnvoyCheckResponse {
        let frame = try #require(answer.body.withBytes { GRPCFrame($0) })
        #expect(!frame.isCompressed && frame.length == answer.body.count - 5)
        return try answer.body.withBytes { try EnvoyCheckResponse(protobuf: $0.dropFirst(GRPCFrame.prefixLength)) }
    }

    // MARK: gRPC

    @Test func anAnonymousCheckIsOK() throws {
        let answer = try Fixture().call(Self.checkPath, World.check(), [("te", "trailers")])
        #expect(answer.status == "200")
        #expect(answer.fields["content-type"] == "application/grpc")
        #expect(answer.trailers == ["grpc-status": "0"])
        #expect(try response(answer).status.code == 0)
        #expect(try response(answer).ok != nil)
    }

    @Test func aTokenIsLookedUpAndAnsweredWithACookie() throws {
        let fixture = try Fixture()
        let message = World.check([("authorization", "Bearer \(World.bearer)")])
        let first = try response(fixture.call(Self.checkPath, message))
        let added = try #require(first.ok?.responseHeadersToAdd.first { $0.header.key == "set-cookie" })
        #expect(added.header.value.hasPrefix("sessionJwt="))
        let lookups = fixture.connection.loop.counters.lookups.current
        #expect(lookups >= 2, "the rows, and the cookie")
        _ = try fixture.call(Self.checkPath, message)
        #expect(fixture.connection.loop.counters.lookups.current == lookups, "both are remembered")
    }

    @Test func aStoreThatIsDownIsAnOutageAndNoRefusal() throws {
        let fixture = try Fixture(World(isBroken: true))
        let headers = [("authorization", "Bearer \(World.bearer)")]
        let answer = try fixture.call(Self.checkPath, World.check(headers))
        #expect(answer.status == "200")
        #expect(answer.grpcStatus == "14")
        #expect(answer.fields["grpc-message"] == "store unavailable")
        #expect(answer.headerBlocks == 1)
        let json = try fixture.ask("GET", "/v1/identity", headers)
        #expect(json.status == "503")
        // The second is no check.
        let counters = fixture.connection.loop.service.counters
        #expect(counters.failures(.storeUnavailable) == 1)
        #expect(counters.identityFaults[Fault.storeUnavailable.index].current == 1)
    }

    @Test(
        arguments: [
            ([], "3"),
            ([0, 0, 0], "3"),
            ([0, 0, 0, 0, 9, 1, 2], "3"),
            ([0, 0, 0, 0, 2, 0x0A, 0x7F], "3"),
            ([0, 0, 0, 0, 3, 0x0A, 0xFF, 0xFF], "3"),
            ([1, 0, 0, 0, 2, 0x0A, 0x00], "12"),
            ([9, 0, 0, 0, 0], "12"),
            ([0, 0, 0, 0, 0, 0, 0, 0, 0, 0], "13"),
            ([0, 0, 2, 0, 0], "8"),
            ([0, 0xFF, 0xFF, 0xFF, 0xFF, 1, 2, 3], "8"),
            ([0, 0, 1, 0x86, 0xA0] + [UInt8](repeating: 0, count: 100_005), "8"),
        ] as [([UInt8], String)])
    func framesThatAreNoMessage(body: [UInt8], status: String) throws {
        let fixture = try Fixture()
        let fields = [("content-type", "application/grpc")]
        let answer = try fixture.ask("POST", Self.checkPath, fields, body: body)
        #expect(answer.status == "200")
        #expect(answer.grpcStatus == status)
        #expect(answer.headerBlocks == 1)
        #expect(answer.body.isEmpty)
        #expect((answer.fields["grpc-accept-encoding"] == "identity") == (status == "12"))
        #expect(try fixture.call(Self.checkPath, World.check()).grpcStatus == "0")
    }

    @Test(
        arguments: [
            ("POST", checkPath, "application/grpc+proto", "200", "0"),
            ("POST", checkPath, "application/grpc+thrift", "415", nil),
            ("POST", checkPath, "text/plain", "415", nil),
            ("POST", checkPath, "application/x-www-form-urlencoded", "415", nil),
            ("GET", checkPath, "application/grpc", "405", nil),
            ("PUT", checkPath, "application/json", "405", nil),
            ("POST", "/envoy.service.auth.v3.Authorization/Other", "application/grpc", "200", "12"),
            ("POST", "/envoy.service.auth.v2.Authorization/Check", "application/grpc", "200", "12"),
            ("PUT", "/v1/identity", "application/grpc", "405", nil),
            ("GET", "/.well-known/jwks.json", "application/grpc", "200", nil),
            ("POST", "/authzz", "application/grpc", "404", nil),
            ("POST", "/other", "text/plain", "404", nil),
            ("GET", "/", "text/html", "404", nil),
            ("DELETE", "/v1/identity", "application/json", "405", nil),
            ("POST", "/.well-known/jwks.json", "application/json", "405", nil),
            ("GET", "/grpc.health.v1.Health/Check", "application/grpc", "405", nil),
            ("POST", "/grpc.health.v1.Health/Check", "application/json", "415", nil),
        ] as [(String, String, String, String, String?)])
    func pathsMethodsAndTypes(
        method: String, path: String, type: String, status: String, grpcStatus: String?
    ) throws {
        var frame: [UInt8] = []
        World.check().withBytes { GRPCFrame.append($0, into: &frame) }
        let answer = try Fixture().ask(method, path, [("content-type", type)], body: method == "GET" ? nil : frame)
        #expect(answer.status == status)
        #expect(answer.grpcStatus == grpcStatus)
        #expect((answer.fields["allow"] != nil) == (status == "405"))
        #expect((answer.fields["cache-control"] == "no-store") == (path == "/v1/identity"))
    }

    // MARK: JSON

    private func post(_ json: String) -> ([(String, String)], [UInt8]) {
        ([("content-type", "application/json")], Array(json.utf8))
    }

    @Test func theSameInJSON() throws {
        let fixture = try Fixture()
        let request = """
            {"attributes": {"request": {"http": {"method": "GET", "path": "/w/api.php", "host": "wiki.test", \
            "headers": {"authorization": "Bearer \(World.bearer)"}}}}}
            """
        let (fields, body) = post(request)
        let answer = try fixture.ask("POST", Self.checkPath, fields, body: body)
        #expect(answer.status == "200")
        #expect(answer.fields["content-type"] == "application/json")
        #expect(answer.fields["cache-control"] == "no-store")
        let json = try JSON(parsing: answer.body)
        #expect(json["dynamicMetadata"]?["session"]?["user"]?["name"]?.stringValue == "Alice")
    }

    @Test(arguments: [
        ("", "400"), ("{", "400"), ("[]", "400"), (#"{"attributes": 5}"#, "400"), (#"{"unknown": {}}"#, "400"),
        (#"{"attributes": {"request": {"http": {"size": "x"}}}}"#, "400"), ("\u{FEFF}{}", "400"), ("{}", "200"),
    ])
    func jsonThatIsNoCheckRequest(text: String, status: String) throws {
        let (fields, body) = post(text)
        let answer = try Fixture().ask("POST", Self.checkPath, fields, body: body)
        #expect(answer.status == status)
        if status == "400" { #expect(try JSON(parsing: answer.body)["error"]?.stringValue?.isEmpty == false) }
    }

    // MARK: Identity and keys

    @Test func whoIsThisByOnesOwnCredentials() throws {
        let fixture = try Fixture()
        let answer = try fixture.ask("GET", "/v1/identity", [("authorization", "Bearer \(World.bearer)")])
        let json = try JSON(parsing: answer.body)
        #expect(answer.fields["cache-control"] == "no-store")
        #expect(answer.fields["set-cookie"] == nil)
        #expect(json["outcome"]?.stringValue == "authenticated")
        #expect(json["type"]?.stringValue == "oauth2-owner")
        #expect(json["user"]?["id"]?.integerValue == 3)
        #expect(json["user"]?["name"]?.stringValue == "Alice")
        #expect(json["consumer"]?["owner_only"]?.boolValue == true)
        #expect(json["rate_limit_key"]?.stringValue?.hasPrefix("jwt-sub:") == true)
        #expect(json["grants"]?.elements?.count == 1)
        let long = "/v1/identity?a=" + String(repeating: "a", count: 9000)
        let worker = try fixture.ask("GET", long, [("authorization", "Bearer \(World.bearer)")])
        #expect(worker.body == answer.body, "a long query is a worker's")
        let nobody = try fixture.ask("GET", "/v1/identity")
        #expect(try JSON(parsing: nobody.body)["outcome"]?.stringValue == "anonymous")
        let refused = try fixture.ask("GET", "/v1/identity", [("authorization", "Bearer x")])
        #expect(refused.status == "200")
        #expect(try JSON(parsing: refused.body)["outcome"]?.stringValue == "refused")
        let head = try fixture.ask("HEAD", "/v1/identity")
        #expect(head.status == "200" && head.body.isEmpty)
    }

    @Test func whoIsThisByACredentialInTheBody() throws {
        let fixture = try Fixture()
        let (fields, token) = post(#"{"token": "\#(World.bearer)"}"#)
        let answer = try fixture.ask("POST", "/v1/identity", fields, body: token)
        #expect(try JSON(parsing: answer.body)["user"]?["name"]?.stringValue == "Alice")
        // One's own credentials are not asked about then.
        let own = fields + [("authorization", "Bearer \(World.bearer)")]
        let cookie = try fixture.ask("POST", "/v1/identity", own, body: Array(#"{"cookie": "nonsense"}"#.utf8))
        #expect(try JSON(parsing: cookie.body)["outcome"]?.stringValue == "anonymous")
    }

    @Test func aCookieThatWasSetIdentifies() throws {
        let fixture = try Fixture()
        let message = World.check([("authorization", "Bearer \(World.bearer)")])
        let answer = try response(fixture.call(Self.checkPath, message))
        let added = try #require(answer.ok?.responseHeadersToAdd.first { $0.header.key == "set-cookie" }).header.value
        let value = try #require(added.split(separator: ";").first).dropFirst("sessionJwt=".count)
        let (fields, body) = post(#"{"cookie": "\#(value)"}"#)
        let identity = try JSON(parsing: fixture.ask("POST", "/v1/identity", fields, body: body).body)
        #expect(identity["type"]?.stringValue == "cookie")
        #expect(identity["user"]?["id"]?.integerValue == 3)
    }

    @Test(arguments: [
        "", "{}", "[]", #""x""#, #"{"cookie": 5}"#, #"{"cookie": "a", "token": "b"}"#, #"{"other": "a"}"#,
        #"{"cookie": "a; b=c"}"#, #"{"token": "a\r\nx: y"}"#, #"{"token": "ü"}"#,
    ])
    func bodiesThatPresentNothing(text: String) throws {
        let (fields, body) = post(text)
        #expect(try Fixture().ask("POST", "/v1/identity", fields, body: body).status == "400")
    }

    @Test func theKeysArePublished() throws {
        let answer = try Fixture().ask("GET", "/.well-known/jwks.json")
        #expect(answer.fields["cache-control"] == "public, max-age=300")
        #expect(answer.body == World.core().policy.keys.jwks)
        #expect(try JSON(parsing: answer.body)["keys"]?.elements?.count == 1)
    }

    // MARK: Health

    private func health(_ service: String) -> [UInt8] { [0x0A, UInt8(service.utf8.count)] + Array(service.utf8) }

    @Test func healthFollowsReadiness() throws {
        let fixture = try Fixture()
        for service in ["", "envoy.service.auth.v3.Authorization"] {
            fixture.readiness.isReady = true
            let up = try fixture.call("/grpc.health.v1.Health/Check", health(service))
            #expect(up.grpcStatus == "0" && up.body == [0, 0, 0, 0, 2, 8, 1])
            fixture.readiness.isReady = false
            let down = try fixture.call("/grpc.health.v1.Health/Check", health(service))
            #expect(down.grpcStatus == "0" && down.body == [0, 0, 0, 0, 2, 8, 2])
        }
        #expect(try fixture.call("/grpc.health.v1.Health/Check", []).body == [0, 0, 0, 0, 2, 8, 2])
        #expect(try fixture.call("/grpc.health.v1.Health/Check", health("other")).grpcStatus == "5")
        #expect(try fixture.call("/grpc.health.v1.Health/Check", [0x0A, 9]).grpcStatus == "3")
    }

    /// As /readyz does: a server that runs and can't read its store serves nothing.
    @Test func healthFollowsTheStore() throws {
        let fixture = try Fixture()
        for service in ["", "envoy.service.auth.v3.Authorization"] {
            fixture.store.problem.withLock { $0 = "it does not answer" }
            #expect(try fixture.call("/grpc.health.v1.Health/Check", health(service)).body == [0, 0, 0, 0, 2, 8, 2])
            fixture.store.problem.withLock { $0 = nil }
            #expect(try fixture.call("/grpc.health.v1.Health/Check", health(service)).body == [0, 0, 0, 0, 2, 8, 1])
        }
    }

    /// Each change is told once; a service that is unknown stays so.
    @Test func aWatcherIsToldOfChanges() throws {
        let fixture = try Fixture()
        let id = fixture.client.call("/grpc.health.v1.Health/Watch", [])
        let unknown = fixture.client.call("/grpc.health.v1.Health/Watch", health("other"))
        try fixture.run()
        var expected: [UInt8] = [0, 0, 0, 0, 2, 8, 1]
        for problem in ["gone", "gone for longer", nil, "gone again", nil] {
            fixture.store.problem.withLock { $0 = problem }
            for _ in 0..<3 {
                fixture.connection.wait(seconds: 1)
                try fixture.run()
            }
            if problem != "gone for longer" { expected += [0, 0, 0, 0, 2, 8, problem == nil ? 1 : 2] }
            #expect(fixture.client.response(id).body == expected)
        }
        #expect(fixture.client.response(id).closed == nil)
        #expect(fixture.client.response(unknown).body == [0, 0, 0, 0, 2, 8, 3])
    }

    @Test func aWatcherIsToldOfTheEnd() throws {
        let fixture = try Fixture()
        let id = fixture.client.call("/grpc.health.v1.Health/Watch", [])
        let unknown = fixture.client.call("/grpc.health.v1.Health/Watch", health("other"))
        try fixture.run()
        #expect(fixture.client.response(id).body == [0, 0, 0, 0, 2, 8, 1])
        #expect(fixture.client.response(unknown).body == [0, 0, 0, 0, 2, 8, 3])
        #expect(fixture.client.response(id).closed == nil)
        _ = fixture.connection.loop.drain()
        try fixture.run()
        #expect(fixture.client.response(id).body == [0, 0, 0, 0, 2, 8, 1, 0, 0, 0, 0, 2, 8, 2])
        #expect(fixture.client.response(id).grpcStatus == "14")
        #expect(fixture.connection.isClosed)
    }

    // MARK: HTTP/1.1

    @Test func theSameOverHTTP1() throws {
        let fixture = try Fixture()
        func ask(_ request: String) throws -> String {
            try fixture.connection.send(request)
            fixture.connection.channel.embeddedEventLoop.run()
            return try fixture.connection.receivedText()
        }
        let json = #"{"attributes":{"request":{"http":{"method":"GET","path":"/","host":"wiki.test"}}}}"#
        let host = "Host: wiki.test\r\n"
        let check = "POST \(Self.checkPath) HTTP/1.1\r\n\(host)"
        #expect(
            try ask("\(check)Content-Type: application/json\r\nContent-Length: \(json.utf8.count)\r\n\r\n\(json)")
                .contains(#""outcome":"anonymous""#))
        #expect(
            try ask("\(check)Content-Type: application/grpc\r\nContent-Length: 0\r\n\r\n").hasPrefix("HTTP/1.1 415 "))
        #expect(try ask("GET /.well-known/jwks.json HTTP/1.1\r\n\(host)\r\n").contains("max-age=300"))
        #expect(
            try ask("GET /v1/identity HTTP/1.1\r\n\(host)Authorization: Bearer \(World.bearer)\r\n\r\n")
                .contains(#""name":"Alice""#))
        #expect(try ask("GET /nothing HTTP/1.1\r\n\(host)\r\n").hasPrefix("HTTP/1.1 404 "))
        #expect(!fixture.connection.isClosed)
    }
}
