// Random and mutated messages and documents, the same on every run: no crash, no hang, and no read outside of the input,
// which the views' preconditions check.

import Testing
import Bytes
import EnvoyProtocol

@Suite struct FuzzTests {
    /// Reads everything that a decoded request offers.
    private func exercise(request message: [UInt8]) {
        _ = try? withRequest(message) { request in
            var sum = request.request.target.count + request.request.body.count + (request.request.cookie?.count ?? 0)
            request.forEachHeader { name, value in sum += name.count + value.count }
            sum += request.request.sourceAddress.count
            sum += request.header(Bytes("authorization"))?.count ?? 0
            #expect(sum <= 4 * message.count + 64)
        }
    }

    /// What is read as an answer is written as JSON.
    private func exercise(response message: [UInt8]) throws {
        guard (try? message.withBytes { try EnvoyCheckResponse(protobuf: $0) }) != nil else { return }
        let text = try message.withBytes { try CheckResponseJSON.transcode($0) }
        #expect(try JSON(parsing: text).members != nil)
    }

    /// What is transcoded decodes in place.
    private func exercise(document: [UInt8]) throws {
        guard let message = try? document.withBytes({ try CheckRequestJSON.transcode($0) }) else { return }
        try withRequest(message) { _ in }
    }

    private func mutate(_ bytes: inout [UInt8], _ generator: inout SeededGenerator) {
        for _ in 0...Int.random(in: 0...3, using: &generator) where !bytes.isEmpty {
            let index = Int.random(in: 0..<bytes.count, using: &generator)
            switch Int.random(in: 0..<5, using: &generator) {
            case 0: bytes[index] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
            case 1: bytes[index] = [0, 0x7F, 0x80, 0xFF, 0x22, 0x5C, 0x3B].randomElement(using: &generator) ?? 0
            case 2: bytes.remove(at: index)
            case 3: bytes.insert(.random(in: .min ... .max, using: &generator), at: index)
            default: bytes.removeLast(bytes.count - index)
            }
        }
    }

    private func mutations(of bytes: [UInt8], _ count: Int, _ state: UInt64, _ body: ([UInt8]) throws -> Void) rethrows
    {
        var generator = SeededGenerator(state: state)
        for _ in 0..<count {
            var mutated = bytes
            mutate(&mutated, &generator)
            try body(mutated)
        }
    }

    @Test func randomBytes() throws {
        var generator = SeededGenerator(state: 1)
        for _ in 0..<3000 {
            let length = Int.random(in: 0..<64, using: &generator)
            let bytes = (0..<length).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
            exercise(request: bytes)
            try exercise(response: bytes)
        }
    }

    @Test(arguments: Fixture.requests.filter { $0.message.count < 6000 }) func mutatedRequests(_ fixture: Fixture) {
        mutations(of: fixture.message, 25, 2) { exercise(request: $0) }
    }

    @Test(arguments: Fixture.responses) func mutatedResponses(_ fixture: Fixture) throws {
        try mutations(of: fixture.message, 200, 3) { try exercise(response: $0) }
    }

    @Test(arguments: Fixture.requests.filter { $0.message.count < 6000 }) func mutatedDocuments(_ fixture: Fixture)
        throws
    {
        try mutations(of: fixture.json.compact, 50, 4) { try exercise(document: $0) }
    }
}
