import Testing
import Bytes

@Suite struct PHPValuesTests {
    @Test(arguments: [
        ("1772366400abc", 1_772_366_400), (" 1.5e2x", 150), (".5", 0.5), ("5.", 5), ("-3", -3), ("1e", 1), ("0x10", 0),
    ])
    func leadingNumbersAreRead(_ text: String, _ value: Double) {
        #expect(utf8(text).withBytes { PHP.leadingNumber($0) } == value)
    }

    @Test(arguments: ["", "abc", ".", "-", "e5", "\u{a0}1"])
    func otherTextsHaveNoLeadingNumber(_ text: String) {
        #expect(utf8(text).withBytes { PHP.leadingNumber($0) } == nil)
    }

    @Test(arguments: [
        ("0", 0), ("-1", -1), ("9223372036854775807", Int64.max), ("-9223372036854775808", Int64.min),
    ])
    func canonicalIntegersAreIntegerKeys(_ text: String, _ value: Int64) {
        #expect(utf8(text).withBytes { PHP.integerKey($0) } == value)
    }

    @Test(arguments: ["", "-", "-0", "00", "01", "1.0", "1a", "9223372036854775808", " 1"])
    func otherNamesAreNot(_ text: String) {
        #expect(utf8(text).withBytes { PHP.integerKey($0) } == nil)
    }
}
