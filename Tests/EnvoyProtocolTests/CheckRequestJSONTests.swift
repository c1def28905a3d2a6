// CheckRequests in proto3 JSON: Python's documents give Python's messages, and errors name the field.

import SwiftProtobuf
import Testing
import Bytes
import EnvoyProtocol

@Suite struct CheckRequestJSONTests {
    private func transcode(_ text: String) throws -> EnvoyCheckRequest {
        try EnvoyCheckRequest(serializedBytes: utf8(text).withBytes { try CheckRequestJSON.transcode($0) })
    }

    private func error(_ text: String) -> String? {
        do {
            _ = try transcode(text)
            return nil
        } catch {
            return "\(error)"
        }
    }

    @Test(arguments: Fixture.requests) func pythonsJSONBecomesTheSameMessage(_ fixture: Fixture) throws {
        let found = try transcode(fixture.json.description)
        var expected = try EnvoyCheckRequest(serializedBytes: fixture.message)
        if expected.attributes.hasMetadataContext {
            expected.attributes.metadataContext.typedFilterMetadata = [:]
        }
        if expected.attributes.request.hasHTTP { lowercaseNames(&expected.attributes.request.http) }
        // Compared as JSON, which leaves out the fields that the contract does not have.
        #expect(try normalized(found) == normalized(expected))
    }

    private func normalized(_ request: EnvoyCheckRequest) throws -> JSON {
        try JSON(parsing: request.jsonString()).normalized
    }

    private func lowercaseNames(_ http: inout EnvoyAttributeContext.HttpRequest) {
        http.headers = Dictionary(uniqueKeysWithValues: http.headers.map { (lowercased($0), $1) })
        for index in http.headerMap.headers.indices {
            http.headerMap.headers[index].key = lowercased(http.headerMap.headers[index].key)
        }
    }

    private func lowercased(_ name: String) -> String {
        text(name.utf8.map { (0x41...0x5A).contains($0) ? $0 + 0x20 : $0 })
    }

    @Test(arguments: Fixture.requests) func aDocumentAlwaysGivesTheSameBytes(_ fixture: Fixture) throws {
        let document = fixture.json.compact
        let first = try document.withBytes { try CheckRequestJSON.transcode($0) }
        #expect(try document.withBytes { try CheckRequestJSON.transcode($0) } == first)
    }

    @Test func bothSpellingsOfNamesAreRead() throws {
        let request = try transcode(
            """
            {"attributes": {"tlsSession": {"sni": "a"}, "context_extensions": {"k": "v"}, "route_metadata_context": null,
              "source": {"address": {"socket_address": {"portValue": "80", "protocol": "UDP", "ipv4_compat": true}}},
              "destination": {"address": {"socketAddress": {"named_port": "https", "protocol": 1}}},
              "request": {"time": "2026-03-01T16:00:00.5+01:30", "http": {"raw_body": "_-8", "size": "-1",
                "header_map": {"headers": [{"key": "a", "rawValue": "/+8="}, {"key": "b", "value": "x"}]}}}}}
            """)
        let attributes = request.attributes
        #expect(attributes.tlsSession.sni == "a" && attributes.contextExtensions == ["k": "v"])
        #expect(!attributes.hasRouteMetadataContext)
        #expect(attributes.source.address.socketAddress.portValue == 80)
        #expect(attributes.source.address.socketAddress.protocol == .udp)
        #expect(attributes.destination.address.socketAddress.namedPort == "https")
        #expect(attributes.destination.address.socketAddress.protocol == .udp)
        #expect(attributes.request.time.seconds == 1_772_375_400 && attributes.request.time.nanos == 500_000_000)
        #expect(Array(attributes.request.http.rawBody) == [0xFF, 0xEF] && attributes.request.http.size == -1)
        let headers = attributes.request.http.headerMap.headers
        #expect(headers.count == 2 && Array(headers[0].rawValue) == [0xFF, 0xEF] && headers[1].value == "x")
    }

    /// A header name in capitals would be one that nothing looks for.
    @Test func headerNamesAreReadInLowerCase() throws {
        let request = try transcode(
            """
            {"attributes": {"request": {"http": {"headers": {"Authorization": "OAuth X", ":authority": "H"},
              "headerMap": {"headers": [{"key": "COOKIE", "value": "A=B"}]}}}}}
            """)
        #expect(request.attributes.request.http.headers == ["authorization": "OAuth X", ":authority": "H"])
        let header = request.attributes.request.http.headerMap.headers[0]
        #expect(header.key == "cookie" && header.value == "A=B")
    }

    /// What other filters leave for each other is no reason to refuse a recorded request.
    @Test func typedMetadataIsPassedOver() throws {
        let request = try transcode(
            """
            {"attributes": {"metadataContext": {"typedFilterMetadata": {"a.filter": {"@type": "x/y", "z": [1]}},
              "filterMetadata": {"f": {"k": "v"}}}, "request": {"http": {"id": "7"}}}}
            """)
        #expect(request.attributes.metadataContext.filterMetadata.keys.sorted() == ["f"])
        #expect(request.attributes.metadataContext.typedFilterMetadata.isEmpty)
        #expect(request.attributes.request.http.id == "7")
    }

    @Test(arguments: [
        (
            #"{"attributes":{"x":1}}"#,
            "attributes.x: is not a field of this message"
        ),
        (
            #"{"attributes":1}"#,
            "attributes: expected an object"
        ),
        (
            #"[]"#,
            "expected an object"
        ),
        (
            #"{"attributes":{"request":{"http":{"size":1.5}}}}"#,
            "attributes.request.http.size: expected a whole number in the field's range"
        ),
        (
            #"{"attributes":{"request":{"http":{"size":"0x1"}}}}"#,
            "attributes.request.http.size: expected a number"
        ),
        (
            #"{"attributes":{"request":{"http":{"path":1}}}}"#,
            "attributes.request.http.path: expected a string"
        ),
        (
            #"{"attributes":{"request":{"http":{"headers":{"a":null}}}}}"#,
            "attributes.request.http.headers.a: expected a string"
        ),
        (
            #"{"attributes":{"request":{"http":{"headers":{"a":"", "a":""}}}}}"#,
            "attributes.request.http.headers.a: is given twice"
        ),
        (
            #"{"attributes":{"request":{"http":{"headers":{"Cookie":"", "cookie":""}}}}}"#,
            "attributes.request.http.headers.cookie: is given twice"
        ),
        (
            #"{"attributes":{"request":{"http":{"rawBody":"a"}}}}"#,
            "attributes.request.http.rawBody: expected base64"
        ),
        (
            #"{"attributes":{}, "attributes":{}}"#,
            "attributes: is given twice"
        ),
        (
            #"{"attributes":{"request":{"http":{"headerMap":{"headers":{}}}}}}"#,
            "attributes.request.http.headerMap.headers: expected an array"
        ),
        (
            #"{"attributes":{"request":{"http":{"headerMap":{"headers":[{}, {"key":1}]}}}}}"#,
            "attributes.request.http.headerMap.headers[1].key: expected a string"
        ),
        (
            #"{"attributes":{"request":{"time":"2026-02-30T00:00:00Z"}}}"#,
            "attributes.request.time: expected an RFC 3339 time"
        ),
        (
            #"{"attributes":{"source":{"address":{"pipe":{}, "socketAddress":{}}}}}"#,
            "attributes.source.address: has two fields that exclude each other"
        ),
        (
            #"{"attributes":{"source":{"address":{"socketAddress":{"portValue":-1}}}}}"#,
            "attributes.source.address.socketAddress.portValue: expected a whole number in the field's range"
        ),
        (
            #"{"attributes":{"source":{"address":{"socketAddress":{"protocol":"udp"}}}}}"#,
            "attributes.source.address.socketAddress.protocol: is not a value of this enumeration"
        ),
        (
            #"{"attributes":{"source":{"address":{"socketAddress":{"ipv4Compat":1}}}}}"#,
            "attributes.source.address.socketAddress.ipv4Compat: expected true or false"
        ),
        (
            #"{"attributes":{"metadataContext":{"filterMetadata":{"a":{"b":1e999}}}}}"#,
            "attributes.metadataContext.filterMetadata.a.b: has a value that protobuf can't hold"
        ),
        (
            #"{"attributes":{"metadataContext":{"filterMetadata":{"a":1}}}}"#,
            "attributes.metadataContext.filterMetadata.a: expected an object"
        ),
        (
            #"{"attributes":{"metadataContext":{"typedFilterMetadata":[{}]}}}"#,
            "attributes.metadataContext.typedFilterMetadata: expected an object"
        ),
        (
            #"{"attributes""#,
            "expected ':' at byte 13"
        ),
    ]) func errorsNameThePlace(_ json: String, _ expected: String) {
        #expect(error(json) == expected)
    }

    /// A search in the members of a large document ends at the field that it has reached.
    @Test func errorsInLargeDocumentsNameAnOuterField() {
        let entries = (0..<20_000).map { "\"k\($0)\":\"\"" }.joined(separator: ",")
        let document = "{\"attributes\":{\"contextExtensions\":{\(entries),\"last\":null}}}"
        #expect(error(document) == "attributes.contextExtensions: has a null where a value is expected")
    }

    @Test func documentsAreBounded() {
        func deep(_ depth: Int) -> String {
            let value = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
            return #"{"attributes":{"metadataContext":{"filterMetadata":{"a":{"b":\#(value)}}}}}"#
        }
        #expect(error(deep(40)) == nil)
        #expect(error(deep(60)) == "nested too deep at byte 120")
        #expect(error(String(repeating: " ", count: 5 << 20))?.hasPrefix("longer than 4194304 bytes") == true)
    }

    @Test(
        arguments: [
            ("1970-01-01T00:00:00Z", 0, 0), ("2026-03-01T16:00:00Z", 1_772_380_800, 0),
            ("2026-03-01T16:00:00.000000001Z", 1_772_380_800, 1),
            ("2026-03-01T16:00:00.120Z", 1_772_380_800, 120_000_000),
            ("2026-03-01T17:00:00+01:00", 1_772_380_800, 0), ("2026-03-01T10:30:00-05:30", 1_772_380_800, 0),
            ("9999-12-31T23:59:59.999999999Z", 253_402_300_799, 999_999_999),
        ] as [(String, Int64, Int32)]) func timesAreRead(_ time: String, _ seconds: Int64, _ nanos: Int32) throws
    {
        let request = try transcode("{\"attributes\":{\"request\":{\"time\":\"\(time)\"}}}")
        #expect(request.attributes.request.time.seconds == seconds && request.attributes.request.time.nanos == nanos)
    }

    @Test(arguments: [
        "", "2026", "2026-03-01", "2026-03-01T16:00:00", "2026-03-01 16:00:00Z", "2026-03-01T16:00:00z",
        "2026-13-01T16:00:00Z",
        "2026-03-01T24:00:00Z", "2026-03-01T16:60:00Z", "2026-03-01T16:00:00.Z", "2026-03-01T16:00:00.1234567890Z",
        "2026-03-01T16:00:00+1:00", "2026-03-01T16:00:00+24:00", "2026-03-01T16:00:00Zx", "-026-03-01T16:00:00Z",
        "2026-03-01T16:00:00+01:60", "2023-02-29T00:00:00Z",
    ]) func otherTimesAreRefused(_ time: String) {
        #expect(
            error("{\"attributes\":{\"request\":{\"time\":\"\(time)\"}}}")?.hasSuffix("expected an RFC 3339 time")
                == true)
    }
}
