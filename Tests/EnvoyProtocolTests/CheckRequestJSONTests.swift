// proto3 JSON to protobuf and back, held to Python's printer and to swift-protobuf.

import SwiftProtobuf
import Testing
import Bytes
import EnvoyProtocol

@Suite struct CheckRequestJSONTests {
    private func transcode(_ text: String, _ unknown: UnknownFields = .refused) throws -> Contract_CheckRequest {
        let message = try utf8(text).withBytes { (bytes) throws(JSONError) in
            try CheckRequestJSON.transcode(bytes, unknownFields: unknown)
        }
        return try Contract_CheckRequest(serializedBytes: message)
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
        let message = try CheckRequestJSON.transcode(fixture.json)
        var expected = try Contract_CheckRequest(serializedBytes: fixture.message)
        if expected.attributes.hasMetadataContext {
            expected.attributes.metadataContext.typedFilterMetadata = [:]
        }
        if !expected.attributes.request.http.headers.isEmpty {
            let headers = expected.attributes.request.http.headers.map { ($0.lowercasedASCII, $1) }
            expected.attributes.request.http.headers = Dictionary(uniqueKeysWithValues: headers)
        }
        for index in expected.attributes.request.http.headerMap.headers.indices {
            let name = expected.attributes.request.http.headerMap.headers[index].key
            expected.attributes.request.http.headerMap.headers[index].key = name.lowercasedASCII
        }
        let found = try Contract_CheckRequest(serializedBytes: message)
        #expect(withoutUnknown(try found.jsonString()) == withoutUnknown(try expected.jsonString()))
    }

    /// Compared as JSON: an unknown field stays in a message, but not in its JSON.
    private func withoutUnknown(_ json: String) -> JSON? { (try? JSON(parsing: json))?.normalized }

    @Test(arguments: Fixture.requests) func theMessageBecomesPythonsJSON(_ fixture: Fixture) throws {
        let json = try fixture.message.withBytes { (bytes) throws -> JSON? in
            do {
                return try CheckRequestJSON.json(protobuf: bytes)
            } catch WireError.invalidUTF8 {
                return nil
            }
        }
        #expect(json?.normalized == fixture.json.normalized)
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
            "attributes.request.http.size: expected a whole number"
        ),
        (
            #"{"attributes":{"request":{"http":{"size":"0x1"}}}}"#,
            "attributes.request.http.size: expected a whole number"
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
            #"{"attributes":{"request":{"http":{"rawBody":"", "raw_body":""}}}}"#,
            "attributes.request.http.raw_body: is given twice"
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
            "attributes.source.address.socketAddress: excludes another field that is given"
        ),
        (
            #"{"attributes":{"source":{"address":{"socketAddress":{"portValue":-1}}}}}"#,
            "attributes.source.address.socketAddress.portValue: expected a number from 0 to 4294967295"
        ),
        (
            #"{"attributes":{"source":{"address":{"socketAddress":{"protocol":"udp"}}}}}"#,
            "attributes.source.address.socketAddress.protocol: expected one of TCP, UDP"
        ),
        (
            #"{"attributes":{"source":{"address":{"socketAddress":{"ipv4Compat":1}}}}}"#,
            "attributes.source.address.socketAddress.ipv4Compat: expected true or false"
        ),
        (
            #"{"attributes":{"metadataContext":{"filterMetadata":{"a":{"b":1e999}}}}}"#,
            "attributes.metadataContext.filterMetadata.a.b: is too large a number"
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

    @Test func unknownNamesMayBeIgnored() throws {
        let json = #"{"x": [{}], "attributes": {"y": 1, "request": {"http": {"id": "7"}}}}"#
        let request = try transcode(json, .ignored)
        #expect(request.attributes.request.http.id == "7")
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

extension String {
    /// As header names are read.
    fileprivate var lowercasedASCII: String {
        String(decoding: utf8.map { (0x41...0x5a).contains($0) ? $0 + 0x20 : $0 }, as: UTF8.self)
    }
}
