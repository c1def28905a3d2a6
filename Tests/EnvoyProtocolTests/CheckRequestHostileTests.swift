import Testing
import Bytes
import EnvoyProtocol

@Suite struct CheckRequestHostileTests {
    /// Wraps `content` as field `path`'s numbers say, the outermost first.
    private func wrap(_ content: [UInt8], _ path: Int...) -> [UInt8] {
        path.reversed().reduce(content) { inner, field in
            var writer = ProtobufWriter()
            writer.bytes(field, inner)
            return writer.bytes
        }
    }

    private func http(_ content: [UInt8]) -> [UInt8] { wrap(content, 1, 4, 2) }

    private func error(_ message: [UInt8]) -> WireError? {
        do {
            try withRequest(message) { _ in }
            return nil
        } catch {
            return error as? WireError
        }
    }

    /// Cut short at any byte, a message decodes only where a whole number of its outermost fields is left.
    @Test func messagesCutAtEveryByteAreRefused() throws {
        for fixture in Fixture.requests where fixture.message.count < 6000 {
            let boundaries = try outermostBoundaries(fixture.message)
            let step = fixture.message.count > 1500 ? 7 : 1
            for length in stride(from: 0, to: fixture.message.count, by: step) {
                let isWhole = boundaries.contains(length)
                #expect((error(Array(fixture.message[..<length])) == nil) == isWhole, "\(fixture.name) at \(length)")
            }
        }
    }

    private func outermostBoundaries(_ message: [UInt8]) throws -> Set<Int> {
        try message.withBytes { (bytes) throws -> Set<Int> in
            var boundaries: Set<Int> = [0]
            var reader = ProtobufReader(bytes)
            while try reader.next() {
                try reader.skip()
                boundaries.insert(bytes.count - reader.remaining)
            }
            return boundaries
        }
    }

    @Test func innerLengthsBeyondTheirMessageAreRefused() {
        let paths = [
            [1], [1, 1], [1, 1, 1], [1, 4], [1, 4, 2], [1, 4, 2, 3], [1, 4, 2, 13], [1, 4, 2, 13, 1], [1, 10],
        ]
        for path in paths {
            var message: [UInt8] = [0x0A, 0x7F]
            for field in path.reversed() {
                var writer = ProtobufWriter()
                writer.bytes(field, message)
                message = writer.bytes
            }
            #expect(error(message + [UInt8](repeating: 0x0A, count: 200)) != nil)
            #expect(error(message) == .lengthBeyondMessage)
        }
    }

    @Test func wrongWireTypesAreRefused() {
        for field in [1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13] {
            var writer = ProtobufWriter()
            writer.varint(field, 1)
            #expect(error(http(writer.bytes)) == .wrongWireType, "http field \(field)")
        }
        #expect(error(http([0x4A, 0x00])) == .wrongWireType, "size as bytes")
        #expect(error([0x08, 0x01]) == .wrongWireType)
        for field in [1, 2, 4, 10, 11, 12, 13] {
            var writer = ProtobufWriter()
            writer.varint(field, 1)
            #expect(error(wrap(writer.bytes, 1)) == .wrongWireType, "attributes field \(field)")
        }
    }

    @Test func groupsAreRefusedEverywhere() {
        #expect(error([0x0B, 0x0C]) == .unsupportedWireType)
        #expect(error(http([0x1B, 0x1C])) == .unsupportedWireType)
        #expect(error(http([0x9B, 0x3E, 0x9C, 0x3E])) == .unsupportedWireType, "an unknown group")
        #expect(error([UInt8](repeating: 0x0B, count: 100_000)) == .unsupportedWireType)
    }

    @Test func elevenByteVarintsAreRefused() {
        let long = [UInt8](repeating: 0x80, count: 10) + [0x00]
        #expect(error(http([0x48] + long)) == .varintTooLong)
        #expect(error(http([0x0A] + long)) == .varintTooLong)
        #expect(error(long) == .varintTooLong)
    }

    @Test(arguments: [Int64.min, -1, 0, .max]) func sizesAreSixtyFourBitsWide(_ size: Int64) throws {
        try withBuiltRequest { builder in
            builder.size = size
        } _: { request in
            #expect(request.request.bodySize == size)
        }
    }

    @Test func deepNestingCostsNothing() {
        var message: [UInt8] = []
        for _ in 0..<5000 {
            var writer = ProtobufWriter()
            writer.bytes(11, message)
            message = writer.bytes
        }
        #expect(error(wrap(message, 1)) == nil, "metadata is not decoded here")
    }

    @Test func aLaterKindOfAddressReplacesTheFirst() throws {
        var socket = ProtobufWriter()
        socket.message(1) { address in
            address.varint(1, 1)
            address.string(2, "192.0.2.1")
            address.varint(3, 80)
        }
        var pipe = ProtobufWriter()
        pipe.message(2) { address in address.string(1, "/run/x") }
        try withRequest(wrap(socket.bytes + pipe.bytes, 1, 1, 1)) { request in
            #expect(!request.request.hasSourceIP && request.request.sourceAddress == "/run/x")
        }
        try withRequest(wrap(pipe.bytes + socket.bytes, 1, 1, 1)) { request in
            #expect(request.request.hasSourceIP && request.request.sourceAddress == "192.0.2.1")
        }
    }
}
