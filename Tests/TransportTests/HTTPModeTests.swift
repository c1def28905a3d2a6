// The HTTP modes: which request is judged, what the answer looks like, and who may tell.

import Sessions
import Testing
import Transport
import Bytes

@Suite struct HTTPModeTests {
    private func fixture(_ world: World = World(), trusts names: [String] = ["192.0.2.0/24"]) throws
        -> ServedConnection<Endpoints>
    {
        let core = World.core()
        let readiness = Readiness()
        readiness.isReady = true
        let peers = try #require(TrustedPeers(names: names))
        return try ServedConnection(
            Endpoints(
                policy: core.policy, memory: core.memory, readiness: readiness, maxMessageBytes: 100_000,
                trustedPeers: peers),
            resolver: LoadingResolver(core, world)
        ) {
            $0.http2.maxBodyBytes = 100_000
            $0.http2.maxHeaderBytes = 20_000
        }
    }

    private static let bearer = ("authorization", "Bearer \(World.bearer)")

    private func ask(
        _ connection: ServedConnection<Endpoints>, _ method: String, _ path: String, _ fields: [(String, String)] = [],
        body: [UInt8]? = nil
    ) throws -> ClientSession.Response {
        let id = connection.client.request(method, path, fields, body: body)
        try connection.exchangeBytes()
        #expect(connection.client.response(id).closed == 0)
        #expect(!connection.isClosed)
        return connection.client.response(id)
    }

    // MARK: Envoy's HTTP mode

    @Test(arguments: ["GET", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "HEAD"])
    func anyMethodIsAnswered(method: String) throws {
        let answer = try ask(fixture(), method, "/authz/w/api.php?action=query", [Self.bearer])
        #expect(answer.status == "200")
        #expect(answer.fields["x-session-user-id"] == "3")
        #expect(answer.fields["x-session-type"] == "oauth2-owner")
        #expect(answer.fields["set-cookie"]?.hasPrefix("sessionJwt=") == true)
        #expect(answer.fields["cache-control"] == "private, no-store")
        #expect(answer.fields["x-sessiongate-outcome"] == "authenticated")
        #expect(answer.fields["x-sessiongate-user-name"] == "Alice")
        #expect(answer.fields["x-sessiongate-consumer-name"] == "Alice's bot")
        #expect(answer.fields["x-sessiongate-consumer-owner-only"] == "true")
        #expect(answer.fields["x-sessiongate-rate-limit-key"] == "jwt-sub:mw:local:wiki:3")
        #expect(answer.body.isEmpty)
    }

    @Test func whatIsUnknownIsToBeRemoved() throws {
        let answer = try ask(fixture(), "GET", "/authz/", [("x-session-user-id", "1")])
        #expect(answer.status == "200")
        #expect(
            answer.fields["x-envoy-auth-headers-to-remove"]
                == "x-session-user-id,x-session-sub,x-session-consumer,x-session-class,x-session-type")
        #expect(answer.fields["x-session-user-id"] == nil)
        #expect(answer.fields["x-sessiongate-outcome"] == "anonymous")
    }

    @Test func aRefusalIsTheClientsAnswer() throws {
        let answer = try ask(fixture(), "GET", "/authz/w/api.php", [("authorization", "Bearer x")])
        #expect(answer.status == "401")
        #expect(answer.fields["www-authenticate"] == #"Bearer error="invalid_token""#)
        #expect(answer.fields["content-type"] == "application/json; charset=utf-8")
        #expect(try JSON(parsing: answer.body)["error"]?["reason"]?.stringValue == "access-token-malformed")
        #expect(answer.fields["x-sessiongate-reason"] == "access-token-malformed")
        #expect(answer.fields["set-cookie"] == nil)
    }

    @Test func anOutageIsNoRefusal() throws {
        let answer = try ask(fixture(World(isBroken: true)), "GET", "/authz/w/api.php", [Self.bearer])
        #expect(answer.status == "503")
        #expect(answer.fields["retry-after"] == "5" && !answer.body.isEmpty)
        #expect(answer.fields["x-session-user-id"] == nil)
    }

    /// A proxy lets pass what is answered with 2xx; nginx takes other statuses than 401 and 403 for failures.
    @Test func aRefusalIsNever2xx() throws {
        let connection = try fixture()
        let bad = ("authorization", "Bearer x")
        let api = "/w/api.php?format=xml&errorformat=plaintext"
        let answer = try ask(connection, "GET", "/authz\(api)", [bad])
        #expect(answer.status == "401")
        #expect(answer.fields["content-type"] == "text/xml; charset=utf-8")
        #expect(
            String(decoding: answer.body, as: UTF8.self).contains(
                "<errors><error code=\"mwoauth-invalid-authorization\""))
        #expect(try ask(connection, "GET", "/authz/w/rest.php/v1/page/A", [bad]).status == "403")
        #expect(try ask(connection, "GET", "/authz/wiki/A", [bad]).status == "400")
        #expect(try ask(connection, "GET", "/authz/w/x.php", [bad]).status == "401")
        for (uri, status) in [(api, "401"), ("/w/rest.php/v1/page/A", "403"), ("/wiki/A", "401"), ("/w/x.php", "401")] {
            let refused = try ask(connection, "GET", "/authz", [bad, ("x-original-uri", uri)])
            #expect(refused.status == status && refused.fields["x-sessiongate-outcome"] == "refused")
        }
    }

    @Test func aRefusalIsShownToTheScriptThatAsked() throws {
        let fields = [("authorization", "Bearer x"), ("origin", "https://app.test")]
        let answer = try ask(fixture(), "GET", "/authz/w/api.php", fields)
        #expect(answer.fields["access-control-allow-origin"] == "https://app.test")
        #expect(answer.fields["access-control-allow-credentials"] == "true")
        #expect(answer.fields["vary"] == "Origin")
    }

    @Test func theRestOfThePathIsWhatIsJudged() throws {
        // Pages refuse tokens; only the path can tell.
        let connection = try fixture()
        #expect(try ask(connection, "GET", "/authz/wiki/Main_Page", [Self.bearer]).status == "400")
        #expect(try ask(connection, "GET", "/authz/authz/w/api.php", [Self.bearer]).status == "200")
        #expect(try ask(connection, "GET", "/authzz/w/api.php", [Self.bearer]).status == "404")
        #expect(try ask(connection, "GET", "/authz%2Fw/api.php", [Self.bearer]).status == "404")
        // Fields of forward auth say nothing here.
        let forged = [Self.bearer, ("x-original-uri", "/w/api.php"), ("x-forwarded-uri", "/w/api.php")]
        #expect(try ask(connection, "GET", "/authz/wiki/Main_Page", forged).status == "400")
    }

    /// A proxy goes by the status, whatever content type its client has chosen: an error in the form of gRPC would be a 200.
    @Test(arguments: ["application/grpc", "application/grpc+proto", "Application/GRPC; a=b"])
    func aClientWithTheContentTypeOfGRPCGetsNoOtherAnswer(type: String) throws {
        let type = ("content-type", type)
        let forwarded = ("x-original-uri", "/wiki/A")
        let connection = try fixture()
        #expect(try ask(connection, "POST", "/authz/wiki/A", [type, Self.bearer]).status == "400")
        #expect(try ask(connection, "POST", "/authz", [type, forwarded, Self.bearer]).status == "401")
        #expect(try ask(connection, "POST", "/authz", [type, Self.bearer]).status == "400")
        let anonymous = try ask(connection, "POST", "/authz/wiki/A", [type, ("grpc-timeout", "1n")])
        #expect(anonymous.fields["x-sessiongate-outcome"] == "anonymous")
        let large = [type, forwarded] + [("x-large", String(repeating: "x", count: 20_000))]
        for path in ["/authz/wiki/A", "/authz", "/authz*", "/v1/identity"] {
            #expect(try ask(connection, "POST", path, large).status == "431")
        }
        #expect(try ask(connection, "POST", "/authz*", [type]).status == "404")
        let broken = try fixture(World(isBroken: true))
        #expect(try ask(broken, "POST", "/authz/w/api.php", [type, Self.bearer]).status == "503")
        #expect(
            try ask(broken, "POST", "/authz/w/api.php", [type, ("grpc-timeout", "1n"), Self.bearer]).status == "503")
    }

    // MARK: Forward auth

    @Test func nginxSaysWhichRequest() throws {
        let connection = try fixture()
        let api = [Self.bearer, ("x-original-uri", "/w/api.php?a=1"), ("x-original-method", "POST")]
        let answer = try ask(connection, "GET", "/authz", api)
        #expect(answer.status == "200")
        #expect(answer.fields["x-session-user-id"] == "3")
        #expect(answer.fields["x-envoy-auth-headers-to-remove"] == nil)
        #expect(try ask(connection, "GET", "/authz?x", [Self.bearer, ("x-original-uri", "/wiki/A")]).status == "401")
    }

    @Test func traefikSaysWhichRequest() throws {
        let fields = [
            Self.bearer, ("x-forwarded-uri", "/w/api.php"), ("x-forwarded-method", "GET"),
            ("x-forwarded-proto", "https"), ("x-forwarded-host", "wiki.test"), ("x-forwarded-for", "203.0.113.9"),
        ]
        #expect(try ask(fixture(), "GET", "/authz", fields).status == "200")
    }

    @Test func onlyProxiesAreBelieved() throws {
        let connection = try fixture(trusts: ["198.51.100.0/24", "unix"])
        let answer = try ask(connection, "GET", "/authz", [Self.bearer, ("x-original-uri", "/w/api.php")])
        #expect(answer.status == "403")
        #expect(try JSON(parsing: answer.body)["error"]?.stringValue == "not a trusted proxy: http.trusted_peers")
        #expect(answer.fields["x-session-user-id"] == nil)
    }

    /// Whoever sends a question and resets the connection at once has no address. That is nobody's, not a Unix socket's.
    @Test(arguments: [
        "GET /authz HTTP/1.1\r\nHost: a\r\nX-Original-URI: /w/api.php\r\nAuthorization: Bearer x\r\n\r\n", nil,
    ])
    func whoHasGoneIsNotBelieved(request: String?) throws {
        let core = World.core()
        let peers = try #require(TrustedPeers(names: ["unix"]))
        let connection = try ServedConnection(
            Endpoints(
                policy: core.policy, memory: core.memory, readiness: Readiness(), maxMessageBytes: 100_000,
                trustedPeers: peers),
            resolver: LoadingResolver(core, World()), isReset: true)
        if let request {
            try connection.send(request)
        } else {
            connection.client.request(
                "GET", "/authz", [("x-original-uri", "/w/api.php"), ("authorization", "Bearer x")])
            try connection.exchangeBytes()
        }
        #expect(connection.isClosed)
        #expect(connection.loop.service.counters.refused.allSatisfy { $0.current == 0 })
    }

    @Test(
        arguments: [
            [], [("x-original-uri", "")], [("x-original-uri", "w/api.php")], [("x-original-uri", "https://a/b")],
            [("x-original-uri", "/a b")],
            [("x-original-uri", "/a"), ("x-original-uri", "/b")],
            [("x-original-uri", "/a"), ("x-forwarded-uri", "/b")],
            [("x-original-uri", "/a"), ("x-forwarded-uri", "/a")],
            [("x-forwarded-uri", "/a"), ("x-forwarded-method", "GET, POST")],
            [("x-forwarded-uri", "/a"), ("x-forwarded-method", "")],
            [("x-forwarded-uri", "/a"), ("x-forwarded-proto", "ftp")],
            [("x-forwarded-uri", "/a"), ("x-forwarded-proto", "https"), ("x-forwarded-proto", "http")],
            [("x-forwarded-uri", "/a"), ("x-forwarded-host", "a, b")],
            [("x-forwarded-uri", "/a"), ("x-forwarded-host", "a/b")],
        ] as [[(String, String)]])
    func whatIsNotToldInOneWayIsNotGuessed(fields: [(String, String)]) throws {
        let answer = try ask(fixture(), "GET", "/authz", [Self.bearer] + fields)
        #expect(answer.status == "400")
    }

    /// A client's own fields of the other family complete nothing.
    @Test func familiesAreNotMixed() throws {
        let fields = [("x-original-uri", "/w/index.php"), ("x-forwarded-method", "POST"), Self.bearer]
        #expect(try ask(fixture(), "GET", "/authz", fields).status == "401")
    }

    // MARK: HTTP/1.1

    @Test func theSameOverHTTP1() throws {
        let connection = try fixture()
        func ask(_ request: String) throws -> String {
            try connection.send(request)
            connection.channel.embeddedEventLoop.run()
            return try connection.receivedText()
        }
        let head = "Host: wiki.test\r\nAuthorization: Bearer \(World.bearer)\r\n"
        let answer = try ask("GET /authz/w/api.php?a=1 HTTP/1.1\r\n\(head)\r\n")
        #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"))
        #expect(answer.contains("\r\nx-session-user-id: 3\r\n"))
        #expect(answer.components(separatedBy: "set-cookie: sessionJwt=") == 2)
        let refused = try ask("GET /authz/wiki/A HTTP/1.1\r\n\(head)\r\n")
        #expect(refused.hasPrefix("HTTP/1.1 400 Bad Request\r\n"))
        #expect(refused.contains("mwoauth-not-api"))
        let forwarded = try ask("GET /authz HTTP/1.1\r\n\(head)X-Original-URI: /w/api.php\r\n\r\n")
        #expect(forwarded.hasPrefix("HTTP/1.1 200 OK\r\n"))
        let malformed = try ask("GET /authz HTTP/1.1\r\n\(head)X-Original-URI: /w\u{1}\r\n\r\n")
        #expect(malformed.hasPrefix("HTTP/1.1 400 "), "HTTP/2 does not even let it through")
    }
}

extension String {
    fileprivate func components(separatedBy text: String) -> Int {
        var count = 1
        var rest = self[...]
        while let found = rest.firstRange(of: text) {
            count += 1
            rest = rest[found.upperBound...]
        }
        return count
    }
}
