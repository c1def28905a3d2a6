// A consumer's restrictions (`oarc_restrictions`): the addresses that its requests may come from.

import Wire

/// Addresses that a consumer may be used from. Anything malformed allows nothing.
public struct AddressRestrictions: Sendable, Equatable {
    private let ranges: [AddressRange]

    /// Reads `{"IPAddresses":["192.0.2.0/24","2001:db8::/32","198.51.100.7"]}`.
    public init(json: Bytes) {
        guard case .object(let members)? = try? JSON(parsing: json),
            let list = members.last(named: "IPAddresses"),
            case .array(let items) = list
        else {
            ranges = []
            return
        }
        ranges = items.compactMap { item in
            guard case .string(let text) = item else { return nil }
            return AddressRange(text)
        }
    }

    /// The addresses and CIDR ranges in `texts`; nil when one of them is neither.
    public init?(_ texts: [String]) {
        let ranges = texts.map { AddressRange($0) }
        guard !ranges.contains(where: { $0 == nil }) else { return nil }
        self.ranges = ranges.compactMap { $0 }
    }

    /// Whether a request from `address` (text) is allowed.
    public func allows(_ address: Bytes) -> Bool {
        guard let address = Address(address) else { return false }
        return ranges.contains { $0.contains(address) }
    }
}

/// An IPv4 or IPv6 address; an IPv4-mapped one is the IPv4 address that it holds.
struct Address: Equatable, Sendable {
    /// 4 or 16 bytes.
    let bytes: [UInt8]

    init?(_ text: Bytes) {
        if let four = Self.parseIPv4(text) {
            bytes = four
        } else if let sixteen = Self.parseIPv6(text) {
            let isMapped = sixteen[..<10].allSatisfy { $0 == 0 } && sixteen[10] == 0xff && sixteen[11] == 0xff
            bytes = isMapped ? Array(sixteen[12...]) : sixteen
        } else {
            return nil
        }
    }

    private static func parseIPv4(_ text: Bytes) -> [UInt8]? {
        var parts: [UInt8] = []
        for part in split(text, at: UInt8(ascii: ".")) {
            guard (1...3).contains(part.count), part.buffer.allSatisfy(PHP.isDigit), let value = UInt8(part.string),
                part.count == 1 || part[0] != UInt8(ascii: "0")
            else { return nil }
            parts.append(value)
        }
        return parts.count == 4 ? parts : nil
    }

    private static func parseIPv6(_ text: Bytes) -> [UInt8]? {
        guard text.count <= 45 else { return nil }
        var groups: [UInt8] = []
        var gap: Int?
        var fields = split(text, at: UInt8(ascii: ":"))
        guard fields.count >= 3, fields.count <= 9 else { return nil }
        if fields[0].isEmpty { fields.removeFirst(); guard fields[0].isEmpty else { return nil } }
        if let last = fields.last, last.isEmpty {
            fields.removeLast()
            guard let before = fields.last, before.isEmpty else { return nil }
        }
        for (index, field) in fields.enumerated() {
            if field.isEmpty {
                guard gap == nil else { return nil }
                gap = groups.count
            } else if index == fields.count - 1, let four = parseIPv4(field) {
                groups += four
            } else {
                guard field.count <= 4, field.buffer.allSatisfy(isHexadecimal),
                    let value = UInt16(field.string, radix: 16)
                else { return nil }
                groups += [UInt8(value >> 8), UInt8(truncatingIfNeeded: value)]
            }
        }
        guard let gap else { return groups.count == 16 ? groups : nil }
        guard groups.count <= 14 else { return nil }
        groups.insert(contentsOf: [UInt8](repeating: 0, count: 16 - groups.count), at: gap)
        return groups
    }

    private static func split(_ text: Bytes, at separator: UInt8) -> [Bytes] {
        var parts: [Bytes] = []
        var start = 0
        while let end = text.firstIndex(of: separator, from: start) {
            parts.append(text[start..<end])
            start = end + 1
        }
        parts.append(text.dropFirst(start))
        return parts
    }
}

/// One address, or a CIDR range of them.
struct AddressRange: Equatable, Sendable {
    private let network: Address
    private let prefix: Int

    init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let address = Array(parts[0].utf8).withBytes({ Address($0) }) else { return nil }
        var length = address.bytes.count * 8
        if parts.count == 2 {
            guard parts[1].utf8.allSatisfy(PHP.isDigit), let given = Int(parts[1]), given <= 128 else { return nil }
            // A prefix on a mapped address counts from the start of its 128 bits.
            let isMapped = address.bytes.count == 4 && parts[0].contains(":")
            length = isMapped ? given - 96 : given
        }
        guard length >= 0, length <= address.bytes.count * 8 else { return nil }
        network = address
        prefix = length
    }

    func contains(_ address: Address) -> Bool {
        guard address.bytes.count == network.bytes.count else { return false }
        let whole = prefix / 8
        guard address.bytes[..<whole] == network.bytes[..<whole] else { return false }
        let bits = prefix % 8
        guard bits > 0 else { return true }
        let mask = ~UInt8(0) << (8 - bits)
        return address.bytes[whole] & mask == network.bytes[whole] & mask
    }
}
