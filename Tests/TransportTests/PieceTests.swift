// The small parts: routes, media types, timeouts, heads, replies.

import Sessions
import Testing
import Transport
import Bytes

@Suite struct PieceTests {
    @Test(arguments: [
        ("/envoy.service.auth.v3.Authorization/Check", Endpoint.check),
        ("/envoy.service.auth.v3.Authorization/Check?x=1", .check),
        ("/envoy.service.auth.v3.Authorization/check", .other),
        ("/envoy.service.auth.v3.Authorization/Check/", .other),
        ("/envoy.service.auth.v2.Authorization/Check", .other),
        ("/v1/identity", .identity), ("/v1/identity?a=b", .identity), ("/v1/identityx", .other),
        ("/.well-known/jwks.json", .keys), ("/grpc.health.v1.Health/Check", .healthCheck),
        ("/grpc.health.v1.Health/Watch", .healthWatch), ("/", .other), ("", .other), ("?", .other),
    ])
    func endpoints(path: String, endpoint: Endpoint) {
        #expect(Array(path.utf8).withBytes { Endpoint(path: $0) } == endpoint)
    }

    @Test(arguments: [
        ("application/grpc", MediaType.grpc), ("application/grpc+proto", .grpc), ("Application/GRPC", .grpc),
        ("application/grpc;x=y", .grpc), ("application/grpc+json", .other), ("application/grpc-web", .other),
        ("application/json", .json), ("application/json; charset=utf-8", .json), ("application/json ;x", .json),
        ("APPLICATION/JSON", .json), ("application/jsonp", .other), ("text/plain", .other), ("", .other),
    ])
    func mediaTypes(value: String, type: MediaType) {
        #expect(Array(value.utf8).withBytes { MediaType($0) } == type)
    }

    @Test(
        arguments: [
            ("200m", 200_000_000), ("1S", 1_000_000_000), ("2M", 120_000_000_000), ("1H", 3_600_000_000_000),
            ("5u", 5000), ("7n", 7), ("0m", 0), ("99999999H", Int64.max), ("99999999n", 99_999_999),
            ("100000000n", nil), ("", nil), ("m", nil), ("5", nil), ("-5m", nil), ("5x", nil), ("5 m", nil),
            ("1.5S", nil),
        ] as [(String, Int64?)])
    func timeouts(value: String, nanoseconds: Int64?) {
        #expect(Array(value.utf8).withBytes { GRPCTimeout.nanoseconds($0) } == nanoseconds)
    }

    @Test func aHeadKeepsFieldsOnlyWhereTheyAreRead() {
        var head = RequestHead()
        for path in ["/v1/identity", "/envoy.service.auth.v3.Authorization/Check"] as [StaticString] {
            head.reset()
            head.setMethod(Bytes("POST"))
            head.setPath(Bytes(path))
            head.setAuthority(Bytes("gate.test"))
            head.setScheme(Bytes("https"))
            head.addField(Bytes("content-type"), Bytes("application/grpc"))
            head.addField(Bytes("grpc-timeout"), Bytes("200m"))
            head.addField(Bytes("x-one"), Bytes("1"))
            var names: [String] = []
            head.withView { view in
                #expect(view.method == "POST")
                #expect(view.path == Bytes(path))
                #expect(view.authority == "gate.test")
                #expect(view.scheme == "https")
                view.forEachField { name, _ in names.append(name.string) }
            }
            #expect(head.mediaType == .grpc)
            #expect(head.timeout == 200_000_000)
            #expect(names == (head.endpoint == .identity ? ["content-type", "grpc-timeout", "x-one"] : []))
        }
        head.reset()
        #expect(head.method == .other)
        #expect(head.mediaType == .none)
        #expect(head.timeout == nil)
        #expect(head.size == 0)
        head.withView { #expect($0.path.isEmpty) }
    }

    @Test(arguments: Fault.allCases)
    func anOutageNeverReadsLikeARefusal(fault: Fault) {
        var reply = Reply()
        reply.fail(fault, isCall: true)
        #expect(reply.shape == .trailersOnly)
        #expect([.unavailable, .deadlineExceeded, .resourceExhausted, .failedPrecondition].contains(reply.grpcStatus))
        reply.fail(fault, isCall: false)
        #expect(reply.shape == .http)
        #expect(reply.status == (fault == .deadlineExceeded ? 504 : 503))
        #expect(reply.fields.text.starts(with: "retry-after: 5\r\n".utf8) && !reply.body.isEmpty)
    }

    @Test(arguments: GRPCStatus.allCases)
    func statusesAreWrittenInDecimal(status: GRPCStatus) {
        #expect("\(status.digits)" == "\(status.rawValue)")
    }

    @Test func roomOfAnUnusualRequestIsGivenBack() {
        var bytes = [UInt8](repeating: 1, count: 1000)
        bytes.recycle()
        #expect(bytes.isEmpty && bytes.capacity >= 1000)
        bytes = [UInt8](repeating: 1, count: 100_000)
        bytes.recycle()
        #expect(bytes.isEmpty && bytes.capacity < 1000)
    }
}
