// Messages of Envoy's Python classes, read by our reader and by swift-protobuf: every field of the contract must be the same.

import SwiftProtobuf
import Testing
import Bytes
import EnvoyProtocol

@Suite struct CheckRequestFixtureTests {
    @Test func thereAreFixtures() {
        #expect(Fixture.requests.count >= 30 && Fixture.responses.count >= 6)
    }

    @Test(arguments: Fixture.requests) func everyFieldIsWhatSwiftProtobufReads(_ fixture: Fixture) throws {
        let attributes = try EnvoyCheckRequest(serializedBytes: fixture.message).attributes
        let http = attributes.request.http
        try withRequest(fixture.message) { request in
            #expect(request.request.id.string == http.id && request.request.method.string == http.method)
            #expect(request.request.target.string == http.path && request.request.host.string == http.host)
            #expect(request.request.scheme.string == http.scheme)
            #expect(request.request.bodySize == http.size)
            #expect(request.request.body.array == (http.rawBody.isEmpty ? utf8(http.body) : Array(http.rawBody)))
            #expect(!request.request.body.isEmpty == !(http.rawBody.isEmpty && http.body.isEmpty))
            expect(request, comesFrom: attributes.source.address)

            let extensions = attributes.contextExtensions
            #expect((request.request.overrides == nil) == extensions.isEmpty)
            #expect(request.request.overrides?.mode?.string == extensions["sessiongate.mode"])
            #expect(request.request.overrides?.wiki?.string == extensions["sessiongate.wiki"])

            let time = CheckRequestTime.read(request.message)
            #expect(time?.seconds ?? 0 == attributes.request.time.seconds)
            #expect(time?.nanos ?? 0 == attributes.request.time.nanos)
        }
    }

    @Test(arguments: Fixture.requests) func everyHeaderIsWhatSwiftProtobufReads(_ fixture: Fixture) throws {
        let http = try EnvoyCheckRequest(serializedBytes: fixture.message).attributes.request.http
        var expected: [String: [UInt8]] = http.headers.mapValues(utf8)
        if !http.headerMap.headers.isEmpty {
            expected = [:]
            for header in http.headerMap.headers {
                let value = header.rawValue.isEmpty ? utf8(header.value) : Array(header.rawValue)
                let separator = header.key == "cookie" ? "; " : ","
                expected[header.key] = expected[header.key].map { joined in joined + utf8(separator) + value } ?? value
            }
        }
        try withRequest(fixture.message) { request in
            var names: Set<String> = []
            request.forEachHeader { name, _ in names.insert(name.string) }
            #expect(names == Set(expected.keys))
            for (name, value) in expected {
                let found = utf8(name).withBytes { name in request.header(name)?.array }
                #expect(found == value, "\(name)")
            }
            #expect(request.request.authorization?.array == expected["authorization"])
            #expect(request.request.cookie?.array == expected["cookie"])
            #expect(request.request.contentType?.array == expected["content-type"])
            #expect(request.request.forwardedProto?.array == expected["x-forwarded-proto"])
            #expect(request.request.forwardedHost?.array == expected["x-forwarded-host"])
            #expect(request.request.partialBody?.array == expected["x-envoy-auth-partial-body"])
        }
    }

    private func expect(_ request: CheckRequest, comesFrom address: EnvoyAddress) {
        let request = request.request
        switch address.address {
        case nil: #expect(!request.hasSourceIP && request.sourceAddress.isEmpty)
        case .pipe(let pipe): #expect(!request.hasSourceIP && request.sourceAddress.string == pipe.path)
        case .envoyInternalAddress(let address):
            #expect(!request.hasSourceIP && request.sourceAddress.string == address.serverListenerName)
        case .socketAddress(let socket):
            #expect(request.hasSourceIP && request.sourceAddress.string == socket.address)
        }
    }
}
