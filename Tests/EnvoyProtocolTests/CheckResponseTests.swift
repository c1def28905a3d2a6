// Answers of Envoy's Python classes, read and written as JSON.

import SwiftProtobuf
import Testing
import Bytes
import EnvoyProtocol

@Suite struct CheckResponseTests {
    private func json(_ message: [UInt8]) throws -> String {
        text(try message.withBytes { try CheckResponseJSON.transcode($0) })
    }

    private func read(_ message: [UInt8]) throws -> EnvoyCheckResponse {
        try message.withBytes { try EnvoyCheckResponse(protobuf: $0) }
    }

    @Test(arguments: Fixture.responses) func pythonsAnswersBecomePythonsJSON(_ fixture: Fixture) throws {
        #expect(try JSON(parsing: json(fixture.message)).normalized == fixture.json.normalized)
    }

    @Test func theJSONIsProto3JSON() throws {
        var message = ProtobufWriter()
        message.message(1) { status in status.varint(1, 16) }
        message.message(2) { denied in
            denied.message(1) { status in status.varint(1, 401) }
            denied.message(2) { option in
                option.message(1) { header in
                    header.string(1, "a")
                    header.string(2, "b/c")
                }
                option.message(2) { _ in }
            }
            denied.string(3, "{}")
        }
        #expect(
            try json(message.bytes) == """
                {"status":{"code":16},"deniedResponse":{"status":{"code":"Unauthorized"},\
                "headers":[{"header":{"key":"a","value":"b/c"},"append":false}],"body":"{}"}}
                """)
        #expect(try json([]) == "{}")
    }

    /// Swift's dictionaries have another order in every process.
    @Test func metadataIsInTheOrderOfItsNames() throws {
        var response = EnvoyCheckResponse()
        let names = (0..<20).map { "name\($0)" }
        for name in names.shuffled() {
            response.dynamicMetadata.fields[name] = Google_Protobuf_Value(stringValue: "é\"")
        }
        let expected = names.sorted().map { "\"\($0)\":\"é\\\"\"" }.joined(separator: ",")
        #expect(try json(response.serializedBytes()) == "{\"dynamicMetadata\":{\(expected)}}")
    }

    @Test(arguments: [
        (1.0, "1"), (-0.5, "-0.5"), (1000, "1000"), (0.1, "0.1"), (1e300, "1e+300"), (.leastNonzeroMagnitude, "5e-324"),
        (9_007_199_254_740_991, "9007199254740991"), (.infinity, "null"), (.nan, "null"),
    ])
    func metadataNumbersKeepTheirValue(_ number: Double, _ expected: String) throws {
        var response = EnvoyCheckResponse()
        response.dynamicMetadata.fields["n"] = Google_Protobuf_Value(numberValue: number)
        #expect(response.metadata?["n"]?.description == expected)
        #expect(try json(response.serializedBytes()) == "{\"dynamicMetadata\":{\"n\":\(expected)}}")
    }

    @Test func thePartsOfAnAnswerAreApart() throws {
        func fixture(_ name: String) throws -> EnvoyCheckResponse {
            try read(#require(Fixture.responses.first { $0.name == name }).message)
        }
        let (ok, denied, error) = (try fixture("ok"), try fixture("denied"), try fixture("error"))
        #expect(ok.ok?.headersToRemove == ["x-session-sub", "x-session-class"] && ok.denied == nil)
        #expect(ok.metadata?["session"]?["user"]?["name"] == "Zoë")
        #expect(denied.denied?.status.code == .unauthorized && denied.ok == nil && denied.metadata == nil)
        #expect(error.ok == nil && error.denied == nil)
    }

    @Test func stringsThatAreNotUTF8AreRefused() {
        let odd: [UInt8] = [0xFF]
        var message = ProtobufWriter()
        message.message(2) { denied in denied.bytes(3, odd) }
        #expect(throws: BinaryDecodingError.invalidUTF8) { try read(message.bytes) }
        #expect(throws: BinaryDecodingError.invalidUTF8) { try json(message.bytes) }
    }

    @Test func deepMetadataIsRefused() {
        var value = ProtobufWriter()
        for _ in 0..<200 {
            var outer = ProtobufWriter()
            outer.message(6) { list in list.bytes(1, value.bytes) }
            value = outer
        }
        var message = ProtobufWriter()
        message.message(4) { fields in fields.message(1) { entry in entry.bytes(2, value.bytes) } }
        #expect(throws: BinaryDecodingError.messageDepthLimit) { try read(message.bytes) }
    }
}
