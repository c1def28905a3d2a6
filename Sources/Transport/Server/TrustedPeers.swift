// The proxies that are believed about their clients. Over gRPC the message describes the client; in the HTTP modes header fields
// do, which every client can write.

import Sessions
import Bytes

/// Addresses of proxies.
public struct TrustedPeers: Sendable, Equatable {
    /// IP addresses and CIDR ranges; the word `unix` stands for every process that may connect to a Unix socket.
    public let names: [String]
    private let addresses: AddressRestrictions
    private let includesUnix: Bool

    /// This machine.
    public init() {
        names = ["127.0.0.0/8", "::1", "unix"]
        addresses = AddressRestrictions(["127.0.0.0/8", "::1"]) ?? AddressRestrictions(json: .empty)
        includesUnix = true
    }

    /// The peers of these names; nil when one of them is neither an address, a range, nor `unix`.
    public init?(names: [String]) {
        guard let addresses = AddressRestrictions(names.filter { $0 != "unix" }) else { return nil }
        self.names = names
        self.addresses = addresses
        includesUnix = names.contains("unix")
    }

    /// Whether `peer` is one of them.
    func contains(_ remote: RemoteEnd) -> Bool {
        remote.isUnix ? includesUnix : remote.address.withBytes { addresses.allows($0) }
    }
}
