// What a route says about its requests: `context_extensions` of Envoy's per-route configuration. They come from the operator, not
// from the client, and a value that is not understood is the operator's mistake: such a route gets no decision at all.

import Bytes

/// How the requests of one route are judged and answered.
struct Route {
    var mode: Mode
    /// The place of the profile among the policy's.
    var profile = 0
    /// The wiki that the route names; nil: by the request's host.
    var wiki: ServedWiki?
    /// What it means that no form body was forwarded.
    var formBodies: OAuth1Settings.FormBodies

    /// What `overrides` say; what they leave out is as the configuration has it.
    init(_ overrides: RouteOverrides?, _ policy: Policy) throws(Misconfigured) {
        mode = policy.settings.mode
        formBodies = policy.settings.oauth1.formBodies
        if let overrides { try apply(overrides, policy) }
    }

    private mutating func apply(_ overrides: RouteOverrides, _ policy: Policy) throws(Misconfigured) {
        if let unknown = overrides.unknown {
            throw Misconfigured(unknown.name.string, unknown.value, expected: "one of \(Self.names) as a key")
        }
        if let value = overrides.mode {
            guard let mode = Mode(rawValue: value.string) else {
                throw Misconfigured("sessiongate.mode", value, expected: "enforce or observe")
            }
            self.mode = mode
        }
        if let value = overrides.profile {
            guard let profile = policy.profiles.firstIndex(where: { $0.name.utf8.elementsEqual(value.buffer) }) else {
                let names = policy.profiles.map(\.name).sorted().joined(separator: ", ")
                throw Misconfigured("sessiongate.profile", value, expected: "one of the profiles: \(names)")
            }
            self.profile = profile
        }
        if let value = overrides.wiki {
            guard let wiki = policy.wikis.find(id: value.string) else {
                let expected = "the id of a wiki in wikis.hosts or wikis.default"
                throw Misconfigured("sessiongate.wiki", value, expected: expected)
            }
            self.wiki = wiki
        }
        if let value = overrides.formBodies {
            guard let formBodies = OAuth1Settings.FormBodies(rawValue: value.string) else {
                throw Misconfigured("sessiongate.form_bodies", value, expected: "when_present or always")
            }
            self.formBodies = formBodies
        }
    }

    private static let names = "sessiongate.mode, sessiongate.profile, sessiongate.wiki, sessiongate.form_bodies"

    /// A route that says something that is not understood.
    struct Misconfigured: Error {
        /// One sentence for the operator: key, value and what was expected.
        let description: String

        init(_ key: String, _ value: Bytes, expected: String) {
            let key = Array(key.utf8).withBytes(Self.shown)
            description = "context_extensions: \(key): \"\(Self.shown(value))\", expected \(expected)"
        }

        /// The beginning, in printable ASCII.
        private static func shown(_ text: Bytes) -> String {
            let printable = text.prefix(64).buffer.map { (0x20...0x7e).contains($0) ? $0 : UInt8(ascii: "?") }
            return String(decoding: printable, as: UTF8.self)
        }
    }
}
