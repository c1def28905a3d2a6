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
        var expected = EnvoyDeniedHttpResponse()
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
                ok.message(2) { option in
                    option.message(1) { header in
                        header.string(1, "x-name")
                        header.string(2, String(repeating: "v", count: 5 * index))
                    }
                    option.varint(3, UInt64(index % 4))
                }
            }
        }
        let response = try EnvoyCheckResponse(serializedBytes: writer.bytes)
        #expect(response.okResponse.headers.count == 40)
        for (index, option) in response.okResponse.headers.enumerated() {
            #expect(option.header.key == "x-name" && option.header.value.utf8.count == 5 * index)
            #expect(option.appendAction.rawValue == index % 4)
        }
    }

    /// The writer and the generated code name the same numbers.
    @Test func headerAppendActionsAreEnvoys() {
        typealias Theirs = EnvoyHeaderValueOption.HeaderAppendAction
        let pairs: [(HeaderAppendAction, Theirs)] = [
            (.appendIfExistsOrAdd, .appendIfExistsOrAdd), (.addIfAbsent, .addIfAbsent),
            (.overwriteIfExistsOrAdd, .overwriteIfExistsOrAdd), (.overwriteIfExists, .overwriteIfExists),
        ]
        for (ours, theirs) in pairs { #expect(Int(ours.rawValue) == theirs.rawValue) }
    }

    @Test func aLengthGivenInAdvanceIsTheSameMessage() throws {
        for length in [0, 1, 127, 128, 20_000] {
            let content = [UInt8](repeating: 0x61, count: length)
            var writer = ProtobufWriter()
            writer.bytes(3, content)
            #expect(writer.bytes.count == ProtobufWriter.size(3, length: length))
            #expect(try EnvoyDeniedHttpResponse(serializedBytes: writer.bytes).body.utf8.count == length)
        }
    }

    @Test func numbersReadBack() throws {
        var writer = ProtobufWriter()
        writer.int64(9, -1)
        writer.varint(6, 1)
        #expect(try EnvoyAttributeContext.HttpRequest(serializedBytes: Array(writer.bytes.prefix(11))).size == -1)
        #expect(try EnvoySocketAddress(serializedBytes: Array(writer.bytes.suffix(2))).ipv4Compat)
    }

    @Test func appendsInPlaceWithinTheCapacity() {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(4096)
        let before = bytes.withUnsafeBufferPointer { buffer in buffer.baseAddress }
        ProtobufWriter.append(to: &bytes) { writer in
            writer.message(3) { ok in
                for _ in 0..<20 { ok.message(2) { $0.string(1, "x-session-user-id, and a value of it") } }
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
