// IP addresses and ranges of them, read from text in place: a consumer's restrictions ask for it at every request.

/// An IPv4 or IPv6 address; an IPv4-mapped one is the IPv4 address that it holds.
package struct Address: Equatable, Sendable {
    /// 32 or 128.
    package let width: Int
    /// The bits, the first at the top.
    package let bits: UInt128

    package init?(_ text: Bytes) {
        if let four = Self.parseIPv4(text) {
            self.init(four)
        } else if let sixteen = Self.parseIPv6(text) {
            let isMapped = sixteen >> 32 == 0xffff
            self = isMapped ? Address(UInt32(truncatingIfNeeded: sixteen)) : Address(width: 128, bits: sixteen)
        } else {
            return nil
        }
    }

    private init(_ four: UInt32) { self.init(width: 32, bits: UInt128(four) << 96) }

    private init(width: Int, bits: UInt128) {
        self.width = width
        self.bits = bits
    }

    /// Four decimal numbers without leading zeros.
    private static func parseIPv4(_ text: Bytes) -> UInt32? {
        guard text.count >= 7, text.count <= 15 else { return nil }
        var address: UInt32 = 0
        var (parts, digits, value) = (0, 0, UInt32(0))
        for index in 0...text.count {
            let byte = index < text.count ? text[index] : UInt8(ascii: ".")
            if byte == UInt8(ascii: ".") {
                guard digits > 0, value <= 255, parts < 4 else { return nil }
                address = address << 8 | value
                (parts, digits, value) = (parts + 1, 0, 0)
            } else {
                guard PHP.isDigit(byte), digits < 3, digits == 0 || value > 0 else { return nil }
                value = value * 10 + UInt32(byte - UInt8(ascii: "0"))
                digits += 1
            }
        }
        return parts == 4 ? address : nil
    }

    /// Eight groups of hexadecimal digits; `::` stands for those left out; the last two may be an IPv4 address.
    private static func parseIPv6(_ text: Bytes) -> UInt128? {
        guard text.count >= 2, text.count <= 45 else { return nil }
        var groups: UInt128 = 0
        var count = 0
        /// Groups before the `::`.
        var gap: Int?
        var index = 0
        if text[0] == UInt8(ascii: ":") {
            guard text[1] == UInt8(ascii: ":") else { return nil }
            (gap, index) = (0, 2)
        }
        while index < text.count {
            let end = text.firstIndex(of: UInt8(ascii: ":"), from: index) ?? text.count
            let field = text[index..<end]
            if field.isEmpty {
                guard gap == nil else { return nil }
                gap = count
            } else if end == text.count, let four = parseIPv4(field) {
                (groups, count) = (groups << 32 | UInt128(four), count + 2)
            } else {
                guard let group = parseGroup(field) else { return nil }
                (groups, count) = (groups << 16 | UInt128(group), count + 1)
            }
            guard count <= 8 else { return nil }
            index = end + 1
            // A single colon at the end is none of the forms.
            if index == text.count, !field.isEmpty { return nil }
        }
        guard let gap else { return count == 8 ? groups : nil }
        guard count < 8 else { return nil }
        let behind = 16 * (count - gap)
        let tail = groups & ((UInt128(1) << behind) - 1)
        return (groups >> behind) << (128 - 16 * gap) | tail
    }

    private static func parseGroup(_ field: Bytes) -> UInt16? {
        guard field.count <= 4 else { return nil }
        var value: UInt16 = 0
        for byte in field.buffer {
            guard let digit = Percent.hexValue(byte) else { return nil }
            value = value << 4 | UInt16(digit)
        }
        return value
    }
}

/// One address, or a CIDR range of them.
package struct AddressRange: Equatable, Sendable {
    private let network: Address
    private let mask: UInt128

    package init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let address = Array(parts[0].utf8).withBytes({ Address($0) }) else { return nil }
        var length = address.width
        if parts.count == 2 {
            guard parts[1].utf8.allSatisfy(PHP.isDigit), let given = Int(parts[1]), given <= 128 else { return nil }
            // A prefix on a mapped address counts from the start of its 128 bits.
            let isMapped = address.width == 32 && parts[0].contains(":")
            length = isMapped ? given - 96 : given
        }
        guard length >= 0, length <= address.width else { return nil }
        network = address
        mask = length == 0 ? 0 : UInt128.max << (128 - length)
    }

    /// Whether both are of IPv4, or both of IPv6.
    package func isSameFamily(as other: AddressRange) -> Bool { network.width == other.network.width }

    /// Whether every address of its version is in it.
    package var isEverything: Bool { mask == 0 }

    package func contains(_ address: Address) -> Bool {
        address.width == network.width && (address.bits ^ network.bits) & mask == 0
    }
}
