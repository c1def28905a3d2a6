import Testing
import Bytes
import TestSupport

@Suite struct JSONTests {
    @Test func readsTheRFCsExamples() throws {
        // RFC 8259 section 13.
        let image = try JSON(
            parsing: """
                {"Image": {"Width": 800, "Height": 600, "Title": "View from 15th Floor",
                  "Thumbnail": {"Url": "http://www.example.com/image/481989943", "Height": 125, "Width": 100},
                  "Animated" : false, "IDs": [116, 943, 234, 38793]}}
                """)
        let inner = try #require(image["Image"])
        #expect(inner["Width"]?.integerValue == 800 && inner["Animated"]?.boolValue == false)
        #expect(inner["Thumbnail"]?["Url"]?.stringValue == "http://www.example.com/image/481989943")
        #expect(inner["IDs"]?.elements?.map(\.integerValue) == [116, 943, 234, 38793])
        #expect(try JSON(parsing: "\"Hello world!\"") == "Hello world!")
        #expect(try JSON(parsing: " 42\r\n") == 42 && JSON(parsing: "\ttrue ") == true)
    }

    @Test(arguments: [
        "null", "true", "false", "0", "-0", "-1.5e+10", "1E5", "0.25", "[]", "{}", "[1,[2,{}],\"\"]",
        "{\"a\":1,\"b\":{\"c\":[null,true]},\"a\":2}", "\"\\\"\\\\/\\n\\r\\t\\u0000\\u001f\"", "\"é日🦊\"",
        "12345678901234567890",
    ]) func whatIsReadIsWrittenBack(_ text: String) throws {
        let value = try JSON(parsing: text)
        #expect(value.description == text)
        #expect(try JSON(parsing: value.pretty) == value)
    }

    @Test func prettyIsIndented() throws {
        let value: JSON = ["a": [1, ["b": []]], "c": [:]]
        #expect(
            text(value.pretty) == """
                {
                  "a": [
                    1,
                    {
                      "b": []
                    }
                  ],
                  "c": {}
                }
                """)
    }

    @Test func escapesAreRead() throws {
        let text = #""\u0041\u00e9\u65E5\ud83e\udd8a\/\b\f\n\r\t\"\\ \u0000""#
        #expect(try JSON(parsing: text) == .string("Aé日🦊/\u{8}\u{C}\n\r\t\"\\ \u{0}"))
    }

    @Test(arguments: [
        "", " ", "nul", "nulll", "True", "tru", "01", "-", "+1", "1.", ".5", "1e", "1e+", "0x10", "NaN", "Infinity",
        "--1",
        "[", "[1", "[1,", "[1,]", "[,1]", "[1 2]", "]", "{", "{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\":1,", "{\"a\":1,}",
        "{a:1}", "{1:1}", "{\"a\" 1}", "{,}", "\"", "\"a", "\"\\\"", "\"\\x\"", "\"\\u12\"", "\"\\u12G4\"", "\"\n\"",
        "'a'",
        "1 1", "[] []", "// c\n1", "\u{FEFF}1", "\u{A0}1", "{}x", "\"\\",
    ]) func refuses(_ text: String) {
        #expect(throws: JSONError.self) { try JSON(parsing: text) }
    }

    @Test(arguments: [
        #""\ud800""#, #""\ud800x""#, #""\ud800\n""#, #""\ud800\u0041""#, #""\udc00""#, #""\ud83e\ud83e""#,
        #""\ud83e\u""#,
        #"{"\udead":1}"#,
    ]) func refusesLoneSurrogates(_ text: String) {
        #expect(throws: JSONError.self) { try JSON(parsing: text) }
    }

    @Test(arguments: [[0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xC3], [0xF4, 0x90, 0x80, 0x80]] as [[UInt8]])
    func refusesInvalidUTF8(_ odd: [UInt8]) {
        #expect(throws: JSONError.self) { try JSON(parsing: [0x22] + odd + [0x22]) }
        #expect(throws: JSONError.self) { try JSON(parsing: utf8("\"\\n") + odd + [0x22]) }
        #expect(throws: JSONError.self) { try JSON(parsing: odd) }
    }

    @Test func duplicateNamesStayAndTheLastCounts() throws {
        let value = try JSON(parsing: "{\"a\":1,\"b\":2,\"\\u0061\":3}")
        #expect(value.members?.count == 3 && value["a"] == 3 && value["c"] == nil)
        #expect((JSON.string("x"))["a"] == nil && JSON.array([])["a"] == nil)
    }

    /// What is read in place is what a tree would hold, and what is refused there is refused here.
    @Test(arguments: [
        "{}", " {\t} ", #"{"a":1}"#, #"{"a":"x","a":"y"}"#, #"{"\u0061\n":"\ud83e\udd8a"}"#,
        #"{"a":[1,"é",[],{"b":[]}],"":null}"#,
        "{\"a\":tru}", "{\"a\":01}", "{\"a\":\"\u{1}\"}", "{\"a\":\"sixteen plain ones\u{1f}\"}", "{\"a\":[1,]}",
        "{\"a\":[1 2]}",
        "{\"a\":-}", "{\"a\":1,}", "{\"a\" 1}", "{a:1}", "{}x", "{", "[]", "1", "\"{}\"", "", #"{"a":"\ud800"}"#,
    ]) func membersAreReadInPlace(_ text: String) {
        #expect(utf8(text).withBytes { membersInPlace($0) } == (try? JSON(parsing: text))?.members)
    }

    @Test func limitsHoldForWhatIsReadInPlace() {
        for text in ["{}", #"{"a":[[]]}"#, #"{"a":[1,2],"b":3}"#, #"{"a":{"b":[]}}"#] {
            for number in 0...6 {
                for limits in [
                    JSON.Limits(bytes: 3 * number), JSON.Limits(depth: number), JSON.Limits(values: number),
                ] {
                    let tree = try? JSON(parsing: text, limits: limits)
                    #expect(
                        utf8(text).withBytes { membersInPlace($0, limits: limits) } == tree?.members,
                        "\(text) \(limits)")
                }
            }
        }
        let odd = utf8("{\"a\":\"12345678") + [0xED, 0xA0, 0x80] + utf8("\"}")
        #expect(odd.withBytes { membersInPlace($0) } == nil)
    }

    @Test func bombsAreRefused() {
        func nested(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        #expect(throws: Never.self) { try JSON(parsing: nested(64)) }
        #expect(throws: JSONError("nested too deep", offset: 64)) { try JSON(parsing: nested(65)) }
        let deep = String(repeating: "[{\"a\":", count: 500_000)
        #expect(throws: JSONError.self) { try JSON(parsing: deep) }
        let wide = "[" + String(repeating: "0,", count: 200_000) + "0]"
        #expect(throws: JSONError.self) { try JSON(parsing: wide) }
        #expect(throws: Never.self) { try JSON(parsing: wide, limits: JSON.Limits(values: 300_000)) }
        let long = [UInt8](repeating: 0x20, count: 4 << 20) + [0x31]
        #expect(throws: JSONError("longer than 4194304 bytes", offset: 4_194_304)) { try JSON(parsing: long) }
        #expect(throws: JSONError.self) { try JSON(parsing: "[1,2,3]", limits: JSON.Limits(depth: 0)) }
    }

    @Test func errorsSayWhere() {
        #expect(throws: JSONError("expected ',' or '}'", offset: 7)) { try JSON(parsing: "{\"a\":1 \"b\":2}") }
        #expect(throws: JSONError("unexpected text after the value", offset: 2)) { try JSON(parsing: "1 2") }
        #expect(JSONError("expected ':'", offset: 7).description == "expected ':' at byte 7")
        #expect(JSONError("expected a string", path: "a.b").description == "a.b: expected a string")
    }

    @Test func integersAreExact() throws {
        for (literal, value) in [
            ("9223372036854775807", Int64.max), ("-9223372036854775808", .min), ("1e3", 1000), ("1.0", 1), ("-0", 0),
        ] {
            #expect(try JSON(parsing: literal).integerValue == value)
        }
        for literal in ["9223372036854775808", "1.5", "1e300", "1e-1", "9007199254740993.0"] {
            #expect(try JSON(parsing: literal).integerValue == nil)
        }
        #expect(JSON.string("1").integerValue == nil && JSON.null.isNull)
    }

    @Test func bytesAreWrittenAsStrings() {
        func written(_ bytes: [UInt8]) -> String {
            var output: [UInt8] = []
            bytes.withBytes { bytes in JSON.appendString(bytes, into: &output) }
            return text(output)
        }
        #expect(written(utf8("a\"\\\u{1}\u{7F}/é")) == #""a\"\\\u0001\u007f/é""#)
        #expect(written([0x61, 0xFF, 0x22]) == "\"a\u{FFFD}\\\"\"")
    }
}
