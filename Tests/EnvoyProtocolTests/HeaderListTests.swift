// A request as Envoy keeps it, read without a message: the same as from the message that tells it.

import Bytes
import EnvoyProtocol
import Sessions
import Testing

@Suite struct HeaderListTests {
    typealias Field = (name: String, value: String)

    static let lists: [[Field]] = [
        [],
        [("cookie", "a=1"), ("x", "y"), ("cookie", "b=2")],
        [("authorization", ""), ("authorization", "Bearer x"), ("authorization", "Basic y")],
        [("content-type", "text/plain"), ("content-length", "3"), ("origin", "null"), ("treat-as-untrusted", "1")],
        [("x-forwarded-proto", "https"), ("x-forwarded-host", "a"), ("x-forwarded-host", "b"), ("x-client-ip", "::1")],
        (0..<40).map { ("x-\($0)", "v") } + [("Cookie", "upper"), ("cookie", "lower")],
    ]

    @Test(arguments: lists.indices) func theListSaysWhatTheMessageSays(_ index: Int) throws {
        let pseudo: [Field] = [
            (":method", "POST"), (":path", "/w/api.php?a=%C3"), (":authority", "h"), (":scheme", "https"),
        ]
        let fields = (pseudo + Self.lists[index]).map { (Array($0.name.utf8), Array($0.value.utf8)) }
        var builder = CheckRequestBuilder(method: "POST", scheme: "https", host: "h", path: "/w/api.php?a=%C3")
        builder.usesHeaderMap = true
        for (name, value) in fields where name.first != 0x3A { builder.addHeader(name, value) }
        var expected: [[UInt8]?] = []
        try builder.encode().withBytes { message in
            let check = try CheckRequest(protobuf: message, addressHeader: Bytes("x-client-ip"))
            withExtendedLifetime(check) { expected = check.request.texts }
        }
        // Envoy's names are in lower case.
        let lower = fields.map { (name: $0.0.map { ASCII.isUpper($0) ? $0 | 0x20 : $0 }, value: $0.1) }
        withReader(lower, "x-client-ip") { #expect($0.request.texts == expected) }
    }

    @Test func valuesByName() {
        let fields = [(Array("cookie".utf8), Array("a=1".utf8)), (Array("cookie".utf8), Array("b=2".utf8))]
        func value(_ name: StaticString) -> String? {
            HeaderListReader.value(of: Bytes(name)) { body in
                for (name, value) in fields { name.withBytes { name in value.withBytes { body(name, $0) } } }
            }.map { text($0) }
        }
        #expect(value("cookie") == "a=1; b=2")
        #expect(value("x") == nil)
    }

    @Test(arguments: [
        ("192.0.2.1:4711", "192.0.2.1", true), ("[2001:db8::1]:4711", "2001:db8::1", true),
        ("/run/socket", "/run/socket", false),
        ("@envoy:1", "@envoy:1", false), ("", "", false), ("[]:1", "[]:1", false),
        ("envoy://internal/x", "envoy://internal/x", false),
        (":1", ":1", false), ("[::1", "[::1", false),
    ])
    func sources(_ source: String, _ address: String, _ isIP: Bool) {
        utf8(source).withBytes { source in
            var request = Request()
            request.noteSource(source)
            #expect(request.sourceAddress.string == address && request.hasSourceIP == isIP)
        }
    }

    @Test func theMessageForAWorkerSaysTheSame() throws {
        let fields = [
            (Array(":method".utf8), utf8("POST")), (Array("cookie".utf8), utf8("a")), (Array("cookie".utf8), utf8("b")),
        ]
        var message: [UInt8] = []
        utf8("a=b").withBytes { body in
            withReader(fields, "") { reader in
                var request = reader.request
                request.noteSource(Bytes("192.0.2.1:1"))
                request.body = body
                request.bodySize = 3
                request.overrides = RouteOverrides()
                request.overrides?.formBodies = Bytes("always")
                message = request.checkRequest { field in
                    for (name, value) in fields { name.withBytes { n in value.withBytes { field(n, $0) } } }
                }
            }
        }
        try withRequest(message) { check in
            #expect(
                check.request.method == "POST" && check.request.cookie?.string == "a; b" && check.request.body == "a=b")
            #expect(
                check.request.sourceAddress == "192.0.2.1" && check.request.overrides?.formBodies?.string == "always")
            #expect(check.request.bodySize == 3)
        }
    }

    private func withReader(
        _ fields: [([UInt8], [UInt8])], _ addressHeader: StaticString, _ body: (HeaderListReader) -> Void
    ) {
        // Envoy's fields lie side by side, for as long as the request does.
        let kept = fields.map { (KeptBytes($0.0), KeptBytes($0.1)) }
        var reader = HeaderListReader(addressHeader: Bytes(addressHeader))
        for (name, value) in kept { reader.note(name.view, value.view) }
        reader.joinRepeated { field in for (name, value) in kept { field(name.view, value.view) } }
        withExtendedLifetime(kept) { body(reader) }
    }
}

extension Request {
    /// What decisions read of header fields.
    fileprivate var texts: [[UInt8]?] {
        let fields: [Bytes?] = [
            method, target, host, scheme, authorization, cookie, contentType, contentLength, forwardedProto,
            forwardedHost,
            partialBody, treatAsUntrusted, origin, clientAddress,
        ]
        return fields.map { $0?.array }
    }
}
