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
            #expect(request.id.string == http.id && request.method.string == http.method)
            #expect(request.path.string == http.path && request.host.string == http.host)
            #expect(request.scheme.string == http.scheme && request.httpProtocol.string == http.protocol)
            #expect(request.query.string == http.query && request.fragment.string == http.fragment)
            #expect(request.size == http.size)
            #expect(request.body.array == (http.rawBody.isEmpty ? utf8(http.body) : Array(http.rawBody)))
            #expect(!request.body.isEmpty == !(http.rawBody.isEmpty && http.body.isEmpty))
            #expect(request.timeSeconds == attributes.request.time.seconds)
            #expect(request.timeNanos == attributes.request.time.nanos)
            #expect(request.serverName.string == attributes.tlsSession.sni)
            expect(request.source, is: attributes.source)
            expect(request.destination, is: attributes.destination)
            expect(request.metadataContext, is: attributes.metadataContext)
            expect(request.routeMetadataContext, is: attributes.routeMetadataContext)

            var extensions: [String: String] = [:]
            request.forEachContextExtension { key, value in extensions[key.string] = value.string }
            #expect(extensions == attributes.contextExtensions)
            var labels: [String: String] = [:]
            request.forEachSourceLabel { key, value in labels[key.string] = value.string }
            #expect(labels == attributes.source.labels)
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
            #expect(request.cookie?.array == expected["cookie"])
            #expect(request.request.contentType?.array == expected["content-type"])
            #expect(request.request.forwardedProto?.array == expected["x-forwarded-proto"])
            #expect(request.request.forwardedHost?.array == expected["x-forwarded-host"])
            #expect(request.request.partialBody?.array == expected["x-envoy-auth-partial-body"])
        }
    }

    private func expect(_ peer: CheckRequest.Peer, is expected: EnvoyAttributeContext.Peer) {
        #expect(peer.service.string == expected.service && peer.principal.string == expected.principal)
        #expect(peer.certificate.string == expected.certificate)
        switch expected.address.address {
        case nil: #expect(peer.kind == .none && peer.address.isEmpty)
        case .pipe(let pipe): #expect(peer.kind == .pipe && peer.address.string == pipe.path && peer.port == 0)
        case .envoyInternalAddress(let address):
            #expect(peer.kind == .envoyInternal && peer.address.string == address.serverListenerName)
            #expect(peer.endpointID.string == address.endpointID)
        case .socketAddress(let socket):
            #expect(peer.kind == .socket && peer.address.string == socket.address)
            #expect(peer.port == socket.portValue && peer.namedPort.string == socket.namedPort)
            #expect(peer.isUDP == (socket.protocol == .udp))
        }
    }

    private func expect(_ metadata: Bytes, is expected: EnvoyMetadata) {
        let found = try? EnvoyMetadata(serializedBytes: metadata.array)
        #expect(found == expected)
    }
}
