// Presets: other defaults for one kind of edge. They are laid down before the keys of the file, so that each key that is written
// counts.

import Sessions

/// A set of defaults.
enum Preset: String, Sendable {
    /// The program's own.
    case none
    /// Wikimedia's gateway: `jwt_authn` reads the session cookie, and Lua derives key and class from what it verified.
    case wikimedia
}

extension Configuration {
    /// Takes the defaults of `preset`.
    mutating func adopt(_ preset: Preset) {
        guard preset == .wikimedia else { return }
        settings.users.source = .centralAuth
        settings.edge.injectCookie = true
        settings.cookie.issuer = "https://meta.wikimedia.org"
        // The gateway's JWKS names its keys as it likes; a token without a name is tried with all of them.
        settings.cookie.includeKeyID = false
        settings.trust.clientAddressHeader = "x-client-ip"
        settings.classes.groups = Self.wikimediaGroups
        settings.limits.trustHeader = "x-trusted-request"
        settings.limits.provenanceHeader = "x-provenance"
        settings.limits.contactHeader = "x-ua-contact"
        settings.limits.browserHeader = "x-is-browser"
    }

    /// Global groups and their classes (`$wgWMCGlobalGroupToRateLimitClass`, August 2026), in its order.
    private static let wikimediaGroups =
        ["local-bot", "global-bot"].map { ClassSettings.GroupClass(group: $0, name: "approved-bot") }
        + ["steward", "global-rollbacker", "global-sysop", "apihighlimits-requestor", "ombuds"].map {
            ClassSettings.GroupClass(group: $0, name: "highlimits-user")
        }
}

extension Reading {
    /// Takes the defaults of the preset that is given; one that is not understood is reported with all other values.
    mutating func adoptPreset() {
        guard case .text(let name)? = given.values["edge.preset"]?.content, let preset = Preset(rawValue: name) else {
            return
        }
        configuration.adopt(preset)
    }
}
