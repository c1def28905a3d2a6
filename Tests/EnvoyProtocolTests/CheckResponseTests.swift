// Answers of ours read by swift-protobuf, answers of Envoy's Python classes read by us, and round trips.

import SwiftProtobuf
import Testing
import Bytes
import EnvoyProtocol

@Suite struct CheckResponseTests {
    @Test(arguments: Fixture.responses) func pythonsAnswersReadAndWriteBack(_ fixture: Fixture) throws {
        let response = try CheckResponse(protobuf: fixture.message)
        #expect(response.json.normalized == expectedJSON(fixture).normalized)
        let json = try fixture.message.withBytes { (bytes) throws(WireError) in try CheckResponse.json(protobuf: bytes)
        }
        #expect(json.normalized == fixture.json.normalized)
        #expect(try CheckResponse(json: fixture.json) == response)
        #expect(try CheckResponse(protobuf: response.encode()) == response)

        var theirs = try Contract_CheckResponse(serializedBytes: fixture.message)
        if !theirs.hasStatus { theirs.status = Contract_Status() }
        #expect(try Contract_CheckResponse(serializedBytes: response.encode()) == theirs)
    }

    /// An answer always has a status.
    private func expectedJSON(_ fixture: Fixture) -> JSON {
        guard fixture.json["status"] == nil else { return fixture.json }
        return .object([.init("status", [:])] + (fixture.json.members ?? []))
    }

    @Test func swiftProtobufReadsWhatWeWrite() throws {
        var response = CheckResponse()
        var ok = CheckResponse.OK()
        ok.headers = [.init("x-session-user-id", "7", append: false, appendAction: .overwriteIfExistsOrAdd)]
        ok.headersToRemove = ["x-session-sub", ""]
        ok.responseHeadersToAdd = [.init("set-cookie", String(repeating: "é", count: 9000))]
        ok.queryParametersToSet = [.init("a", "")]
        ok.queryParametersToRemove = ["b"]
        response.answer = .ok(ok)
        response.dynamicMetadata = ["session": ["user": ["id": "7"], "list": [1, nil, true, "x"]]]
        let theirs = try Contract_CheckResponse(serializedBytes: response.encode())
        let option = try #require(theirs.okResponse.headers.first)
        #expect(theirs.okResponse.headers.count == 1 && option.hasAppend && !option.append.value)
        #expect(option.header.key == "x-session-user-id" && option.header.value == "7")
        #expect(option.appendAction == .overwriteIfExistsOrAdd)
        #expect(theirs.okResponse.headersToRemove == ["x-session-sub", ""])
        let cookie = try #require(theirs.okResponse.responseHeadersToAdd.first)
        #expect(!cookie.hasAppend && cookie.appendAction == .appendIfExistsOrAdd && cookie.header.value.count == 9000)
        #expect(theirs.okResponse.queryParametersToSet.first?.key == "a")
        #expect(theirs.okResponse.queryParametersToRemove == ["b"])
        let session = try #require(theirs.dynamicMetadata.fields["session"]?.structValue)
        #expect(session.fields["user"]?.structValue.fields["id"]?.stringValue == "7")
        let list = session.fields["list"]?.listValue.values ?? []
        #expect(list.map(\.kind) == [.numberValue(1), .nullValue(.nullValue), .boolValue(true), .stringValue("x")])
        #expect(try CheckResponse(protobuf: response.encode()) == response)
    }

    @Test func theJSONIsProto3JSON() throws {
        var response = CheckResponse()
        response.statusCode = 16
        response.answer = .denied(.init(status: 401, headers: [.init("a", "b", append: false)], body: "{}"))
        let expected = """
            {"status":{"code":16},"deniedResponse":{"status":{"code":"Unauthorized"},\
            "headers":[{"header":{"key":"a","value":"b"},"append":false}],"body":"{}"}}
            """
        #expect(response.json.description == expected)
        #expect(try CheckResponse(json: JSON(parsing: expected)) == response)
    }

    @Test func stringsThatAreNotUTF8AreRefused() {
        let odd: [UInt8] = [0xFF]
        var message = ProtobufWriter()
        message.message(2) { denied in denied.bytes(3, odd) }
        #expect(throws: WireError.invalidUTF8) { try CheckResponse(protobuf: message.bytes) }
        var metadata = ProtobufWriter()
        metadata.message(4) { fields in
            odd.withBytes { odd in fields.structField("key", odd) }
        }
        #expect(throws: WireError.invalidUTF8) { try CheckResponse(protobuf: metadata.bytes) }
    }

    @Test func outOfRangeIsRefused() {
        #expect(throws: WireError.outOfRange) {
            try CheckResponse(protobuf: [0x1A, 0x04, 0x12, 0x02, 0x18, 0x09])
        }
        #expect(throws: JSONError.self) { try CheckResponse(json: ["okResponse": ["headers": [["appendAction": 9]]]]) }
        var infinite = ProtobufWriter()
        infinite.message(4) { fields in
            fields.message(1) { entry in entry.message(2) { value in value.double(2, .infinity) } }
        }
        #expect(throws: WireError.outOfRange) { try CheckResponse(protobuf: infinite.bytes) }
    }

    @Test func truncatedAnswersAreRefusedOrShorter() {
        for fixture in Fixture.responses {
            for length in 0..<fixture.message.count {
                let cut = try? CheckResponse(protobuf: Array(fixture.message[..<length]))
                if length > 0, let cut { #expect(cut.encode().count <= length + 2) }
            }
        }
    }

    @Test func metadataNumbersKeepTheirValue() throws {
        let values: [(String, String)] = [
            ("1", "1"), ("-0.0", "-0.0"), ("1e3", "1000"), ("0.1", "0.1"), ("1e300", "1e+300"),
            ("9007199254740991", "9007199254740991"),
            ("5e-324", "5e-324"), ("1e999", "null"),
        ]
        for (literal, expected) in values {
            var response = CheckResponse()
            response.dynamicMetadata = ["n": .number(literal)]
            let back = try CheckResponse(protobuf: response.encode())
            #expect(back.dynamicMetadata?["n"]?.description == expected)
        }
    }
}
