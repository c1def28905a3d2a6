import Testing
import Bytes
import EnvoyProtocol

@Suite struct CheckRequestTests {
    @Test func anEmptyMessageIsAnEmptyRequest() throws {
        try withRequest([]) { request in
            #expect(
                request.request.method.isEmpty && request.request.target.isEmpty && request.request.bodySize == 0
                    && request.request.body.isEmpty)
            #expect(
                request.request.authorization == nil && request.request.cookie == nil
                    && request.header(Bytes("host")) == nil)
            #expect(!request.request.hasSourceIP && request.request.sourceAddress.isEmpty)
            #expect(!request.usesHeaderMap)
        }
    }

    @Test(arguments: [false, true]) func theBuildersRequestReadsBack(_ usesHeaderMap: Bool) throws {
        try withBuiltRequest { builder in
            builder.usesHeaderMap = usesHeaderMap
            builder.id = utf8("17")
            builder.method = utf8("POST")
            builder.path = utf8("/w/api.php?a=é")
            builder.body = utf8("a=b")
            builder.timeSeconds = 1_772_380_800
            builder.timeNanos = 5
            builder.sourceAddress = utf8("192.0.2.1")
            builder.sourcePort = 40_000
            builder.sourcePrincipal = utf8("spiffe://edge")
            builder.destinationAddress = utf8("::1")
            builder.destinationPort = 443
            builder.contextExtensions = [.init(name: utf8("sessiongate.wiki"), value: utf8("enwiki"))]
            builder.addHeader("Authorization", "OAuth x")
            builder.addHeader("X-Other", "1")
        } _: { request in
            #expect(
                request.request.id == "17" && request.request.method == "POST"
                    && request.request.host == "wiki.example.org")
            #expect(request.request.target.string == "/w/api.php?a=é" && request.request.scheme == "https")
            #expect(request.request.body == "a=b" && request.request.bodySize == 3)
            #expect(CheckRequestTime.read(request.message)?.seconds == 1_772_380_800)
            #expect(CheckRequestTime.read(request.message)?.nanos == 5)
            #expect(request.request.hasSourceIP && request.request.sourceAddress == "192.0.2.1")
            #expect(request.request.overrides?.wiki == Bytes("enwiki"))
            #expect(request.request.authorization == Bytes("OAuth x") && request.header(Bytes("x-other")) == Bytes("1"))
            #expect(request.header(Bytes("X-Other")) == nil, "names are lower-case")
            #expect(request.usesHeaderMap == usesHeaderMap)
        }
    }

    @Test(arguments: [false, true]) func repeatedHeadersAreJoined(_ usesHeaderMap: Bool) throws {
        try withBuiltRequest { builder in
            builder.usesHeaderMap = usesHeaderMap
            for value in ["Basic x", "OAuth y", ""] { builder.addHeader("authorization", value) }
            for value in ["a=1", "sessionJwt=x"] { builder.addHeader("cookie", value) }
            for value in ["1", "2"] { builder.addHeader("x-many", value) }
            builder.addHeader("content-type", "text/plain")
            builder.addHeader("x-forwarded-proto", "http")
            builder.addHeader("x-forwarded-host", "h")
            builder.addHeader("x-envoy-auth-partial-body", "true")
            builder.addHeader("origin", "https://a.test")
            builder.addHeader("accept", "origin")
        } _: { request in
            // Envoy joins a line without a value too; where the lines are given, it is left out.
            #expect(request.request.authorization == Bytes(usesHeaderMap ? "Basic x,OAuth y" : "Basic x,OAuth y,"))
            #expect(request.request.cookie == Bytes("a=1; sessionJwt=x"))
            #expect(request.header(Bytes("cookie")) == Bytes("a=1; sessionJwt=x"))
            #expect(request.header(Bytes("x-many")) == Bytes("1,2"))
            #expect(request.request.contentType == Bytes("text/plain") && request.request.partialBody == Bytes("true"))
            #expect(request.request.origin == Bytes("https://a.test"))
            #expect(request.request.forwardedProto == Bytes("http") && request.request.forwardedHost == Bytes("h"))
        }
    }

    @Test func theHeaderMapReplacesTheMapInEitherOrder() throws {
        var map = CheckRequestBuilder()
        map.addHeader("authorization", "map")
        map.addHeader("cookie", "map")
        var list = CheckRequestBuilder()
        list.usesHeaderMap = true
        list.addHeader("authorization", "list")
        for message in [map.encode() + list.encode(), list.encode() + map.encode()] {
            try withRequest(message) { request in
                #expect(request.request.authorization == Bytes("list") && request.request.cookie == nil)
                #expect(request.header(Bytes("cookie")) == nil)
                #expect(request.header(Bytes("authorization")) == Bytes("list"))
            }
        }
    }

    @Test func theLastOfAMapsKeyCounts() throws {
        var first = CheckRequestBuilder()
        first.addHeader("authorization", "first")
        first.addHeader("cookie", "first")
        first.contextExtensions = [.init(name: utf8("sessiongate.mode"), value: utf8("first"))]
        var second = CheckRequestBuilder()
        second.addHeader("authorization", "second")
        second.contextExtensions = [.init(name: utf8("sessiongate.mode"), value: utf8("second"))]
        try withRequest(first.encode() + second.encode()) { request in
            #expect(request.request.authorization == Bytes("second") && request.request.cookie == Bytes("first"))
            #expect(request.header(Bytes("authorization")) == Bytes("second"))
            #expect(request.request.overrides?.mode == Bytes("second"))
        }
    }

    @Test func unknownFieldsInAMapsEntryAreSkipped() throws {
        var writer = ProtobufWriter()
        writer.message(1) { attributes in
            attributes.message(4) { request in
                request.message(2) { http in
                    http.message(3) { entry in
                        entry.varint(1000, 1)
                        entry.string(2, "value")
                        entry.string(7, "future")
                        entry.string(1, "cookie")
                    }
                }
            }
        }
        try withRequest(writer.bytes) { request in
            #expect(request.request.cookie == Bytes("value") && request.header(Bytes("cookie")) == Bytes("value"))
        }
    }

    @Test func bytesThatAreNotUTF8ComeThrough() throws {
        let odd: [UInt8] = [0x2F, 0xFF, 0xC0, 0x80, 0x00]
        try withBuiltRequest { builder in
            builder.path = odd
            builder.addHeader(utf8("cookie"), odd)
        } _: { request in
            #expect(request.request.target.array == odd && !request.request.target.isUTF8)
            #expect(request.request.cookie?.array == odd)
        }
    }

    @Test func aTextBodyCountsWhenThereIsNoRawOne() throws {
        try withBuiltRequest { builder in
            builder.body = utf8("text")
            builder.sendsBodyAsText = true
        } _: { request in
            #expect(request.request.body == "text")
        }
    }

    @Test func aHeaderOfAMegabyteIsRead() throws {
        let value = [UInt8](repeating: 0x61, count: 1 << 20)
        for usesHeaderMap in [false, true] {
            try withBuiltRequest { builder in
                builder.usesHeaderMap = usesHeaderMap
                builder.addHeader(utf8("cookie"), value)
                builder.addHeader("authorization", "after")
            } _: { request in
                #expect(request.request.cookie?.count == 1 << 20 && request.request.authorization == Bytes("after"))
            }
        }
    }

    @Test func manyRepeatsAreJoinedInLinearTime() throws {
        try withBuiltRequest { builder in
            builder.usesHeaderMap = true
            for index in 0..<20_000 { builder.addHeader("cookie", "name\(index)=value") }
        } _: { request in
            let lengths = (0..<20_000).map { index in "name\(index)=value; ".utf8.count }
            #expect(request.request.cookie?.count == lengths.reduce(-2, +))
        }
    }
}
