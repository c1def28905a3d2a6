import SwiftProtobuf
import Testing
import Bytes
import EnvoyProtocol

@Suite struct ProtobufWriterTests {
    @Test func writesTheEncodingGuidesExamples() {
        var writer = ProtobufWriter()
        writer.varint(1, 150)
        writer.string(2, "testing")
        writer.message(3) { message in message.varint(1, 150) }
        #expect(
            writer.bytes == [0x08, 0x96, 0x01, 0x12, 0x07] + utf8("testing") + [0x1A, 0x03, 0x08, 0x96, 0x01])
    }

    @Test(arguments: [0, 1, 126, 127, 128, 129, 16_383, 16_384, 2_097_151, 2_097_152])
    func lengthsAreCanonicalAtEverySize(_ length: Int) throws {
        let body = String(repeating: "x", count: length)
        var writer = ProtobufWriter([9])
        writer.message(3) { denied in denied.string(3, body) }
        var expected = Contract_DeniedHttpResponse()
        expected.body = body
        var outer = ProtobufWriter()
        outer.bytes(3, try expected.serializedBytes() as [UInt8])
        if length > 0 { #expect(writer.bytes == [9] + outer.bytes) }
        try writer.bytes.dropFirst().withUnsafeBufferPointer { buffer in
            var reader = ProtobufReader(Bytes(buffer))
            #expect(try reader.next())
            var inner = ProtobufReader(try reader.delimited())
            #expect(try inner.next())
            #expect(try inner.delimited().count == length)
            #expect(try !inner.next() && !reader.next())
        }
    }

    @Test func nestedMessagesMoveTogether() throws {
        var writer = ProtobufWriter()
        writer.message(3) { ok in
            for index in 0..<40 {
                ok.headerOption(
                    2, key: Bytes("x-name"), value: Bytes("value value value"),
                    append: index % 3 == 0 ? nil : index % 3 == 1,
                    action: index % 2 == 0 ? .overwriteIfExists : .addIfAbsent)
            }
        }
        let response = try Contract_CheckResponse(serializedBytes: writer.bytes)
        #expect(response.okResponse.headers.count == 40)
        for (index, option) in response.okResponse.headers.enumerated() {
            #expect(option.header.key == "x-name" && option.header.value == "value value value")
            #expect(option.hasAppend == (index % 3 != 0) && option.append.value == (index % 3 == 1))
            #expect(option.appendAction == (index % 2 == 0 ? .overwriteIfExists : .addIfAbsent))
        }
    }

    @Test func writesMetadata() throws {
        var writer = ProtobufWriter()
        writer.message(4) { metadata in
            metadata.structField("session") { session in
                session.structField("outcome", Bytes("refused"))
                session.structField("user") { user in user.structField("name", Bytes("Zoë")) }
            }
        }
        let response = try Contract_CheckResponse(serializedBytes: writer.bytes)
        let session = try #require(response.dynamicMetadata.fields["session"]?.structValue)
        #expect(session.fields["outcome"]?.stringValue == "refused")
        #expect(session.fields["user"]?.structValue.fields["name"]?.stringValue == "Zoë")
    }

    @Test func numbersReadBack() throws {
        var writer = ProtobufWriter()
        writer.int64(9, -1)
        writer.bool(6, true)
        var number = ProtobufWriter()
        number.double(2, -0.5)
        #expect(try Contract_AttributeContext.HttpRequest(serializedBytes: Array(writer.bytes.prefix(11))).size == -1)
        #expect(try Contract_SocketAddress(serializedBytes: Array(writer.bytes.suffix(2))).ipv4Compat)
        #expect(try Google_Protobuf_Value(serializedBytes: number.bytes).numberValue == -0.5)
    }

    @Test func appendsInPlaceWithinTheCapacity() {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(4096)
        let before = bytes.withUnsafeBufferPointer { buffer in buffer.baseAddress }
        ProtobufWriter.append(to: &bytes) { writer in
            writer.message(3) { ok in
                for _ in 0..<20 { ok.headerOption(2, key: Bytes("x-session-user-id"), value: Bytes("123456789")) }
            }
        }
        #expect(bytes.count > 500)
        #expect(bytes.withUnsafeBufferPointer { buffer in buffer.baseAddress } == before)
    }

    @Test func appendGivesTheBytesBackOnErrors() {
        struct Stop: Error {}
        var bytes: [UInt8] = [1, 2]
        #expect(throws: Stop.self) {
            try ProtobufWriter.append(to: &bytes) { writer throws(Stop) in
                writer.varint(1, 1)
                throw Stop()
            }
        }
        #expect(bytes == [1, 2, 8, 1])
    }
}
