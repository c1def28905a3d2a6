// Random and mutated texts, the same on every run: no reader crashes, hangs or reads outside of its input, and what is
// written reads back.

import Testing
import Bytes
import TestSupport

@Suite struct TextFuzzTests {
    private func exercise(_ text: [UInt8]) {
        let json = try? JSON(parsing: text)
        #expect(text.withBytes { membersInPlace($0) } == json?.members)
        if let json { #expect((try? JSON(parsing: json.compact)) == json) }
        text.withBytes { bytes in
            var output: [UInt8] = []
            CookieHeader(bytes).copy(setting: Bytes("a"), to: Bytes("b"), into: &output)
            output.withBytes { copy in #expect(CookieHeader(copy).first(Bytes("a")) == Bytes("b")) }
            Percent.decodeForm(bytes, into: &output)
            Base64.decodeLenient(bytes, into: &output)
            exerciseBase64(bytes)
        }
    }

    /// Base64url is canonical: what decodes is what the bytes encode to.
    private func exerciseBase64(_ text: Bytes) {
        var bytes: [UInt8] = []
        guard Base64.decodeURL(text, into: &bytes) else { return #expect(bytes.isEmpty) }
        var again: [UInt8] = []
        bytes.withBytes { Base64.encodeURL($0, into: &again) }
        #expect(again == text.array)
    }

    @Test func randomBytes() {
        var generator = SeededGenerator(state: 1)
        for _ in 0..<3000 {
            exercise(generator.bytes())
        }
    }

    @Test(arguments: [
        "a=1; sessionJwt=eyJ.e30.x; b=\"2\"; ;c", "%41%zz+%C3%A9", "Zm9v-_+/==",
        #"{"aud":"0123456789abcdef","jti":"\u0041bc\\\"é","iat":1.0e3,"sub":"mw:wiki:1","scopes":["a",[],true]}"#,
        #" { "a" : {"b":[ {} ,null] }, "a":"ein langer Text, über acht Zeichen" , "" :-0 } "#,
    ])
    func mutatedTexts(_ text: String) {
        var generator = SeededGenerator(state: 4)
        for _ in 0..<600 {
            exercise(utf8(text).mutated(&generator))
        }
    }
}
