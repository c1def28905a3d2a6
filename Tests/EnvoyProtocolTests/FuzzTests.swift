// Random and mutated input, the same on every run. Nothing is expected of the results but that there is one: no crash, no
// hang, and nothing that reads what isn't there (the views' own preconditions see to that).

import Testing
import Bytes
import EnvoyProtocol

@Suite struct FuzzTests {
    /// Reads everything that a decoded request offers.
    private func exercise(request message: [UInt8]) {
        _ = try? withRequest(message) { request in
            var sum = request.path.count + request.body.count + (request.cookie?.count ?? 0)
            request.forEachHeader { name, value in sum += name.count + value.count }
            request.forEachContextExtension { key, value in sum += key.count + value.count }
            request.forEachSourceLabel { key, value in sum += key.count + value.count }
            sum += request.header(Bytes("authorization"))?.count ?? 0
            _ = try? JSON(protobufStruct: request.metadataContext)
            #expect(sum <= 4 * message.count + 64)
        }
        message.withBytes { bytes in
            if let json = try? CheckRequestJSON.json(protobuf: bytes) {
                #expect(throws: Never.self) { try CheckRequestJSON.transcode(json) }
            }
        }
    }

    private func exercise(response message: [UInt8]) {
        guard let response = try? CheckResponse(protobuf: message) else { return }
        #expect((try? CheckResponse(protobuf: response.encode())) == response)
        #expect(response.json.members != nil)
    }

    private func exercise(text: [UInt8]) {
        #expect(membersInPlace(text) == (try? JSON(parsing: text))?.members)
        if let json = try? JSON(parsing: text) {
            #expect((try? JSON(parsing: json.compact)) == json)
            _ = try? CheckRequestJSON.transcode(json)
            _ = try? CheckResponse(json: json)
        }
        text.withBytes { bytes in
            var output: [UInt8] = []
            CookieHeader(bytes).copy(setting: Bytes("a"), to: Bytes("b"), into: &output)
            output.withBytes { copy in #expect(CookieHeader(copy).first(Bytes("a")) == Bytes("b")) }
            Percent.decodeForm(bytes, into: &output)
            Base64.decodeLenient(bytes, into: &output)
            _ = Base64.decodeURL(bytes, into: &output)
        }
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

    @Test func randomBytes() {
        var generator = SeededGenerator(state: 1)
        for _ in 0..<3000 {
            let length = Int.random(in: 0..<64, using: &generator)
            let bytes = (0..<length).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
            exercise(request: bytes)
            exercise(response: bytes)
            exercise(text: bytes)
        }
    }

    @Test func mutatedRequests() {
        var generator = SeededGenerator(state: 2)
        for fixture in Fixture.requests where fixture.message.count < 6000 {
            for _ in 0..<25 {
                var message = fixture.message
                mutate(&message, &generator)
                exercise(request: message)
            }
        }
    }

    @Test func mutatedResponses() {
        var generator = SeededGenerator(state: 3)
        for fixture in Fixture.responses {
            for _ in 0..<200 {
                var message = fixture.message
                mutate(&message, &generator)
                exercise(response: message)
            }
        }
    }

    @Test func mutatedTexts() {
        var generator = SeededGenerator(state: 4)
        let texts = [
            "a=1; sessionJwt=eyJ.e30.x; b=\"2\"; ;c", "%41%zz+%C3%A9", "Zm9v-_+/==",
            #"{"attributes":{"request":{"http":{"method":"GET","headers":{"a":"\u00e9\ud83e\udd8a"},"size":"-1"}}}}"#,
            #"{"aud":"0123456789abcdef0123456789abcdef","jti":"\u0041bc\\\"é","iat":1.0e3,"sub":"mw:wiki:1","scopes":["a",[],true]}"#,
            #" { "a" : {"b":[ {} ,null] }, "a":"ein langer Text, über acht Zeichen" , "" :-0 } "#,
            #"{"status":{"code":7},"dynamicMetadata":{"a":[1,2.5e-3,null,{"b":[]}]},"okResponse":{}}"#,
        ]
        for text in texts {
            for _ in 0..<600 {
                var bytes = utf8(text)
                mutate(&bytes, &generator)
                exercise(text: bytes)
            }
        }
    }
}
