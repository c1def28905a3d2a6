// Random and mutated messages and documents, the same on every run: no crash, no hang, and no read outside of the input,
// which the views' preconditions check.

import Testing
import Bytes
import EnvoyProtocol
import TestSupport

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

    private func mutations(of bytes: [UInt8], _ count: Int, _ state: UInt64, _ body: ([UInt8]) throws -> Void) rethrows
    {
        var generator = SeededGenerator(state: state)
        for _ in 0..<count { try body(bytes.mutated(&generator)) }
    }

    @Test func randomBytes() throws {
        var generator = SeededGenerator(state: 1)
        for _ in 0..<3000 {
            let bytes = generator.bytes()
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
