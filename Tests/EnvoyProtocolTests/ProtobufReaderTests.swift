import Testing
import Bytes
import EnvoyProtocol

@Suite struct ProtobufReaderTests {
    /// The fields of a message as text, or its error.
    private func fields(_ message: [UInt8]) throws -> [String] {
        try message.withBytes { (bytes) throws -> [String] in
            var found: [String] = []
            var reader = ProtobufReader(bytes)
            while try reader.next() {
                switch reader.wireType {
                case .varint: found.append("\(reader.field)=\(try reader.varint())")
                case .delimited: found.append("\(reader.field)=\"\(try reader.delimited().string)\"")
                case .fixed64, .fixed32:
                    try reader.skip()
                    found.append("\(reader.field) skipped")
                }
            }
            return found
        }
    }

    @Test func readsTheEncodingGuidesExamples() throws {
        // https://protobuf.dev/programming-guides/encoding/
        #expect(try fields([0x08, 0x96, 0x01]) == ["1=150"])
        #expect(try fields([0x12, 0x07, 0x74, 0x65, 0x73, 0x74, 0x69, 0x6E, 0x67]) == ["2=\"testing\""])
    }

    @Test func readsEveryWireType() throws {
        #expect(try fields([]) == [])
        #expect(try fields([0x0A, 0x00]) == ["1=\"\""])
        #expect(try fields([0x09, 0, 0, 0, 0, 0, 0, 0xF8, 0x3F]) == ["1 skipped"])
        #expect(try fields([0x0D, 1, 2, 3, 4, 0x08, 0x00]) == ["1 skipped", "1=0"])
        #expect(try fields([0xF8, 0xFF, 0xFF, 0xFF, 0x0F, 0x01]) == ["536870911=1"])
    }

    @Test func readsVarintsUpToTenBytes() throws {
        let ones = [UInt8](repeating: 0xFF, count: 9)
        #expect(try fields([0x08] + ones + [0x01]) == ["1=\(UInt64.max)"])
        #expect(try fields([0x08, 0x80, 0x80, 0x00]) == ["1=0"], "not canonical, and allowed")
        #expect(throws: WireError.varintTooLong) { try fields([0x08] + ones + [0x02]) }
        #expect(throws: WireError.varintTooLong) { try fields([0x08] + ones + [0x80, 0x00]) }
        #expect(throws: WireError.varintTooLong) { try fields([0x08] + ones + [0xFF, 0x01]) }
        #expect(throws: WireError.varintTooLong) { try fields([0x0A] + ones + [0xFF, 0x01]) }
        #expect(throws: WireError.varintTooLong) { try fields(ones + [0xFF, 0x01]) }
    }

    @Test func refusesFieldNumbersThatDoNotExist() {
        #expect(throws: WireError.badFieldNumber) { try fields([0x00, 0x00]) }
        #expect(throws: WireError.badFieldNumber) { try fields([0x02, 0x00]) }
        #expect(throws: WireError.badFieldNumber) { try fields([0x80, 0x80, 0x80, 0x80, 0x10, 0x00]) }
    }

    @Test(arguments: [UInt8(3), 4, 6, 7]) func refusesGroupsAndUnknownWireTypes(_ type: UInt8) {
        #expect(throws: WireError.unsupportedWireType) { try fields([0x08 | type]) }
        #expect(throws: WireError.unsupportedWireType) { try fields([0x08, 0x01, 0x08 | type, 0x0C]) }
    }

    @Test func refusesLengthsBeyondTheMessage() {
        #expect(throws: WireError.lengthBeyondMessage) { try fields([0x0A, 0x01]) }
        #expect(throws: WireError.lengthBeyondMessage) { try fields([0x0A, 0x05, 1, 2, 3, 4]) }
        let huge: [UInt8] = [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01]
        #expect(throws: WireError.lengthBeyondMessage) { try fields([0x0A] + huge) }
        #expect(throws: WireError.lengthBeyondMessage) { try fields([0x0A] + huge.dropLast(2) + [0x7F, 1, 2]) }
    }

    @Test func refusesValuesThatEndEarly() {
        for message: [UInt8] in [[0x08], [0x08, 0x80], [0x80], [0x0A], [0x0D, 1, 2, 3], [0x09, 1, 2, 3, 4, 5, 6, 7]] {
            #expect(throws: WireError.truncated) { try fields(message) }
        }
    }

    @Test func refusesWrongTypesAndCutNumbers() {
        func read<Value>(_ message: [UInt8], _ value: (inout ProtobufReader) throws -> Value) throws -> Value {
            try message.withBytes { (bytes) throws -> Value in
                var reader = ProtobufReader(bytes)
                _ = try reader.next()
                return try value(&reader)
            }
        }
        #expect(throws: WireError.wrongWireType) { try read([0x08, 0x01]) { reader in try reader.delimited().count } }
        #expect(throws: WireError.wrongWireType) { try read([0x0A, 0x00]) { reader in try reader.varint() } }
        let tooLong: [UInt8] = [0x08, 0x80, 0x80, 0x80, 0x80, 0x10]
        #expect(throws: WireError.outOfRange) { try read(tooLong) { reader in try reader.uint32() } }
        #expect(throws: WireError.outOfRange) { try read(tooLong) { reader in try reader.int32() } }
        let minusOne = [0x08] + [UInt8](repeating: 0xFF, count: 9) + [0x01]
        #expect((try? read(minusOne) { reader in try reader.int32() }) == -1)
        #expect((try? read(minusOne) { reader in try reader.int64() }) == -1)
    }
}
