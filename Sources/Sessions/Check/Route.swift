// What a route says about its requests: `context_extensions` of Envoy's per-route configuration. They come from the operator, not
// from the client, and a value that nobody understands is the operator's mistake: such a route gets no verdict at all.

import Bytes
import EnvoyProtocol

/// How the requests of one route are judged and answered.
struct Route {
    var mode: Mode
    var profile: Profile
    /// The wiki that the route names; nil: by the request's host.
    var wiki: ServedWiki?
    /// What it means that no form body was forwarded.
    var formBodies: OAuth1Settings.FormBodies

    private static let prefix: StaticString = "sessiongate."

    /// What `request`'s route says; what it leaves out is as the configuration has it.
    static func of(_ request: CheckRequest, gate: Gate) throws(Misconfigured) -> Route {
        var route = Route(
            mode: gate.settings.mode, profile: gate.defaultProfile, formBodies: gate.settings.oauth1.formBodies)
        guard request.hasContextExtensions else { return route }
        var problem: Misconfigured?
        request.forEachContextExtension { key, value in
            guard key.starts(with: Self.prefix) else { return }
            do throws(Misconfigured) {
                try route.set(key, value, gate: gate)
            } catch { problem = error }
        }
        if let problem { throw problem }
        return route
    }

    private mutating func set(_ key: Bytes, _ value: Bytes, gate: Gate) throws(Misconfigured) {
        if key == "sessiongate.mode" {
            guard let mode = Mode(rawValue: value.string) else {
                throw Misconfigured(key, value, expected: "enforce or observe")
            }
            self.mode = mode
        } else if key == "sessiongate.profile" {
            guard let profile = gate.profiles.first(where: { $0.name.utf8.elementsEqual(value.buffer) }) else {
                let names = gate.profiles.map(\.name).sorted().joined(separator: ", ")
                throw Misconfigured(key, value, expected: "one of the profiles: \(names)")
            }
            self.profile = profile
        } else if key == "sessiongate.wiki" {
            guard let wiki = gate.wikis.find(id: value.string) else {
                throw Misconfigured(key, value, expected: "the id of a wiki in wikis.hosts or wikis.default")
            }
            self.wiki = wiki
        } else if key == "sessiongate.form_bodies" {
            guard let formBodies = OAuth1Settings.FormBodies(rawValue: value.string) else {
                throw Misconfigured(key, value, expected: "when_present or always")
            }
            self.formBodies = formBodies
        } else {
            throw Misconfigured(
                key, value,
                expected:
                    "one of sessiongate.mode, sessiongate.profile, sessiongate.wiki, sessiongate.form_bodies as a key")
        }
    }

    /// A route that says something that nobody understands.
    struct Misconfigured: Error {
        /// One sentence for the operator: key, value and what was expected.
        let description: String

        init(_ key: Bytes, _ value: Bytes, expected: String) {
            description =
                "context_extensions: \(Self.shown(key)): \"\(Self.shown(value))\", expected \(expected)"
        }

        /// The beginning, in printable ASCII.
        private static func shown(_ text: Bytes) -> String {
            let printable = text.prefix(64).buffer.map { (0x20...0x7e).contains($0) ? $0 : UInt8(ascii: "?") }
            return String(decoding: printable, as: UTF8.self)
        }
    }
}
