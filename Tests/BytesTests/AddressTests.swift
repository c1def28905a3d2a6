import Testing
import Bytes

@Suite struct AddressTests {
    private func address(_ text: String) -> Address? { utf8(text).withBytes { Address($0) } }

    private func contains(_ range: String, _ text: String) throws -> Bool {
        try #require(AddressRange(range)).contains(try #require(address(text)))
    }

    @Test func addressesOfBothFamiliesAreRead() {
        #expect(address("203.0.113.5")?.width == 32 && address("203.0.113.5")?.bits == 0xCB00_7105 << 96)
        #expect(address("2001:db8::1")?.width == 128 && address("2001:db8::1")?.bits == 0x2001_0DB8 << 96 | 1)
        #expect(address("::")?.bits == 0 && address("::")?.width == 128)
        #expect(address("1::")?.bits == 1 << 112 && address("::1")?.bits == 1)
        #expect(address("2001:DB8:0:0:0:0:0:1") == address("2001:db8::1"))
    }

    /// RFC 4291, 2.5.5.2.
    @Test func aMappedAddressIsTheIPv4AddressInIt() {
        #expect(address("::ffff:192.0.2.7") == address("192.0.2.7"))
        #expect(address("::ffff:c000:207") == address("192.0.2.7"))
        #expect(address("::192.0.2.7")?.width == 128)
    }

    @Test(arguments: [
        "", "x", "1.2.3", "1.2.3.4.5", "256.1.1.1", "01.2.3.4", "1.2.3.4 ", ":::", "1::2::3", "1:2", "12345::", "1:",
        "::1%eth0", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7::8", "::1.2.3", "[::1]",
    ])
    func otherTextsAreRefused(_ text: String) {
        #expect(address(text) == nil)
    }

    @Test func aRangeContainsItsFamilysAddressesUpToItsEnds() throws {
        #expect(try contains("0.0.0.0/0", "203.0.113.5") && contains("::/0", "2001:db8::1"))
        #expect(try !contains("0.0.0.0/0", "2001:db8::1") && !contains("::/0", "203.0.113.5"))
        #expect(try contains("192.0.2.0/24", "192.0.2.255") && !contains("192.0.2.0/24", "192.0.3.0"))
        #expect(try contains("2001:db8::/33", "2001:db8:7fff::1") && !contains("2001:db8::/33", "2001:db8:8000::1"))
        #expect(try contains("198.51.100.7", "198.51.100.7") && !contains("198.51.100.7", "198.51.100.8"))
    }

    @Test func aPrefixOfAMappedAddressCountsFromItsFirstBit() throws {
        #expect(try contains("::ffff:192.0.2.0/120", "192.0.2.255") && !contains("::ffff:192.0.2.0/120", "192.0.3.0"))
        #expect(AddressRange("::ffff:192.0.2.0/95") == nil)
    }

    @Test(arguments: ["0.0.0.0/33", "0.0.0.0/", "/0", "::/129", "::/-1", "::/ 1", "0.0.0.0/0/0", "x/8"])
    func malformedRangesAreRefused(_ range: String) {
        #expect(AddressRange(range) == nil)
    }
}
