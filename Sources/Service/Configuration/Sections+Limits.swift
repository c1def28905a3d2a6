// The table of all keys, continued: what tells clients apart beside their credentials.

import Bytes
import Sessions

extension ConfigurationSection {
    static let limits = ConfigurationSection(
        "limits",
        "What limits count requests on beside who they are, with edge.limit_all. The class is known-network at level A, "
            + "known-client at level B, else the user's; of anonymous requests unauthed-bot with a contact at levels C and "
            + "D, anon-browser, or classes.anonymous. The key is the user's; of anonymous requests the user agent at level "
            + "A, the provenance at level B, the contact at levels C and D, else the address. Use a header only if your "
            + "edge overwrites what clients send in it.",
        [
            ConfigurationKey(
                "limits.trust_header", \.settings.limits.trustHeader, Codec.headerName.orNone("none"),
                "Header with the level of trust that the edge in front gives, a letter from A to F."),
            ConfigurationKey(
                "limits.provenance_header", \.settings.limits.provenanceHeader, Codec.headerName.orNone("none"),
                "Header that says which known client it is."),
            ConfigurationKey(
                "limits.contact_header", \.settings.limits.contactHeader, Codec.headerName.orNone("none"),
                "Header with the contact in the client's user agent."),
            ConfigurationKey(
                "limits.browser_header", \.settings.limits.browserHeader, Codec.headerName.orNone("none"),
                "Header with a number that says how likely the client is a browser."),
            ConfigurationKey(
                "limits.browser_score", \.settings.limits.browserScore, .integer(0...1_000_000),
                "The least number with which a client counts as a browser."),
            ConfigurationKey(
                "limits.trusted_networks", \.settings.limits.trustedNetworks,
                Codec.address.list("a list of IP addresses and ranges such as 10.0.0.0/8"),
                "Networks of your own: their requests are at level A.", example: "[10.0.0.0/8, 2001:db8::/32]"),
        ])
}

extension Codec where Value == String {
    /// An IP address or a range of them.
    static var address: Codec {
        scalar(
            "an IP address or a range such as 10.0.0.0/8", { AddressRange($0) == nil ? nil : $0 }, format: { $0 })
    }
}
