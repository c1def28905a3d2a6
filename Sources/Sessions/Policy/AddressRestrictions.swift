// A consumer's restrictions (`oarc_restrictions`): the addresses that its requests may come from.

import Bytes

/// Addresses that a consumer may be used from. Anything malformed allows nothing.
public struct AddressRestrictions: Sendable, Equatable {
    private let ranges: [AddressRange]
    /// Whether every address is allowed, and so a request whose address is not known.
    let allowsEverything: Bool

    /// Reads `{"IPAddresses":["192.0.2.0/24","2001:db8::/32","198.51.100.7"]}`.
    public init(json: Bytes) {
        guard case .array(let items)? = (try? JSON(parsing: json))?["IPAddresses"] else {
            ranges = []
            allowsEverything = false
            return
        }
        let ranges = items.compactMap { item in
            guard case .string(let text) = item else { return nil as AddressRange? }
            return AddressRange(text)
        }
        self.ranges = ranges == Self.everywhere ? Self.everywhere : ranges
        allowsEverything = Self.areEverything(ranges)
    }

    /// No address.
    static let nowhere = AddressRestrictions(json: .empty)

    /// What nearly all consumers have, MediaWiki's default: one list for all of them is never far away in memory.
    private static let everywhere = ["0.0.0.0/0", "::/0"].compactMap { AddressRange($0) }

    /// The addresses and CIDR ranges in `texts`; nil when one of them is neither.
    public init?(_ texts: [String]) {
        let ranges = texts.map { AddressRange($0) }
        guard !ranges.contains(where: { $0 == nil }) else { return nil }
        self.ranges = ranges.compactMap { $0 }
        allowsEverything = Self.areEverything(self.ranges)
    }

    private static func areEverything(_ ranges: [AddressRange]) -> Bool {
        everywhere.allSatisfy { all in ranges.contains { $0.isEverything && $0.isSameFamily(as: all) } }
    }

    /// Whether a request from `address` (text) is allowed.
    public func allows(_ address: Bytes) -> Bool {
        guard let address = Address(address) else { return false }
        return ranges.contains { $0.contains(address) }
    }
}
