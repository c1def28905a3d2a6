import Testing
import Bytes

@Suite struct CookieHeaderTests {
    private func pairs(_ header: String) -> [String] {
        utf8(header).withBytes { bytes in
            CookieHeader(bytes).map { pair in "\(pair.name.string)|\(pair.value.string)|\(pair.unquotedValue.string)" }
        }
    }

    private func setting(_ header: String) -> String {
        appended(header) { bytes, output in
            CookieHeader(bytes).copy(setting: Bytes("s"), to: Bytes("new"), into: &output)
        }
    }

    private func removing(_ header: String) -> String {
        appended(header) { bytes, output in CookieHeader(bytes).copy(removing: Bytes("s"), into: &output) }
    }

    @Test func pairsAreReadAsServersReadThem() {
        // RFC 6265 section 3.1.
        #expect(
            pairs("SID=31d4d96e407aad42; lang=en-US") == [
                "SID|31d4d96e407aad42|31d4d96e407aad42", "lang|en-US|en-US",
            ])
        #expect(pairs("a=\"q\"; b=\"; c=\"\"") == ["a|\"q\"|q", "b|\"|\"", "c|\"\"|"])
        #expect(pairs("a=1;b=2;;  ; c") == ["a|1|1", "b|2|2", "c||"])
        #expect(pairs(" a = 1 ;\tb\t=\t2\t") == ["a|1|1", "b|2|2"])
        #expect(pairs("a=b=c; =x; =") == ["a|b=c|b=c", "|x|x", "||"])
        #expect(pairs("") == [] && pairs(" ; ;") == [])
    }

    @Test func findsByExactName() {
        utf8("S=0; s=1; ss=2; s=3; s").withBytes { bytes in
            let header = CookieHeader(bytes)
            #expect(header.first(Bytes("s")) == Bytes("1"))
            #expect(header.last(Bytes("s")) == Bytes.empty)
            #expect(header.count(Bytes("s")) == 3)
            #expect(header.first(Bytes("x")) == nil && header.last(Bytes("x")) == nil && header.count(Bytes("x")) == 0)
        }
    }

    @Test(arguments: [
        ("", "s=new"), ("s=old", "s=new"), ("a=1", "a=1; s=new"), ("a=1; s=old; b=2", "a=1; s=new; b=2"),
        ("s=old; a=1", "s=new; a=1"), ("a=1; s=1; b=2; s=2; c=3", "a=1; s=new; b=2; c=3"), ("s=1; s=2", "s=new"),
        ("s=1;s=2;a=1", "s=new;a=1"), ("a=1;", "a=1; s=new"), ("S=1", "S=1; s=new"), ("s", "s=new"),
        (" s = old ; x", "s=new; x"), ("a=\"1\";;junk; =; s=old", "a=\"1\";;junk; =; s=new"), ("ss=1", "ss=1; s=new"),
    ]) func settingKeepsTheRest(_ header: String, _ expected: String) {
        #expect(setting(header) == expected)
        utf8(expected).withBytes { bytes in
            #expect(CookieHeader(bytes).count(Bytes("s")) == 1 && CookieHeader(bytes).first(Bytes("s")) == Bytes("new"))
        }
    }

    @Test(arguments: [
        ("", ""), ("s=old", ""), ("a=1", "a=1"), ("a=1; s=old; b=2", "a=1; b=2"), ("s=old; a=1", "a=1"),
        ("a=1; s=old", "a=1"), ("s=1; s=2", ""), ("s=1; a=1; s=2; b=2; s=3", "a=1; b=2"), ("s", ""), ("ss=s", "ss=s"),
        ("a=1;;junk; s=1;b", "a=1;;junk;b"),
    ]) func removingKeepsTheRest(_ header: String, _ expected: String) {
        #expect(removing(header) == expected)
    }

    @Test func twoHundredCookiesAndTwoSessions() {
        var cookies = (0..<200).map { index in "cookie\(index)=value\(index)" }
        cookies.insert("s=first", at: 50)
        cookies.insert("s=second", at: 150)
        let header = cookies.joined(separator: "; ")
        #expect(pairs(header).count == 202)
        let rest = cookies.filter { cookie in !cookie.hasPrefix("s=") }
        #expect(removing(header) == rest.joined(separator: "; "))
        var expected = rest
        expected.insert("s=new", at: 50)
        #expect(setting(header) == expected.joined(separator: "; "))
    }

    @Test func aMegabyteIsWalkedOnce() {
        let header = [UInt8](repeating: 0x3B, count: 1 << 20)
        header.withBytes { bytes in
            #expect(CookieHeader(bytes).first(Bytes("s")) == nil)
            var output: [UInt8] = []
            CookieHeader(bytes).copy(removing: Bytes("s"), into: &output)
            #expect(output.count <= header.count)
        }
    }
}
