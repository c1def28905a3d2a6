// What Envoy's configuration says of one route: what ext_authz's filter would be told in `context_extensions`, without the prefix.
//
//     mode: observe
//     profile: gateway
//     wiki: enwiki
//     form_bodies: always
//     disabled: true

import Bytes
import Sessions

/// The configuration of one route.
final class RouteConfiguration: Sendable {
    /// Whether requests pass without a decision.
    let isDisabled: Bool
    private let mode, profile, wiki, formBodies: KeptBytes?

    /// Reads a route's configuration: a google.protobuf.Struct.
    /// - Throws: All that is wrong with it. Profiles and wikis are not known here: a request finds out, and gets no decision.
    init(_ text: Bytes) throws(OptionErrors) {
        guard let json = JSON(struct: text) else {
            let got = String(
                decoding: text.prefix(80).buffer.map { (0x20...0x7E).contains($0) ? $0 : 0x3F }, as: UTF8.self)
            throw OptionErrors(problems: ["per_route_config: got \(got); expected a google.protobuf.Struct"])
        }
        var reader = OptionReader(json, place: "per_route_config")
        mode = reader.choice("mode", Mode.allCases.map(\.rawValue)).kept
        profile = reader.string("profile").kept
        wiki = reader.string("wiki").kept
        formBodies = reader.choice("form_bodies", OAuth1Settings.FormBodies.allCases.map(\.rawValue)).kept
        isDisabled = reader.bool("disabled") ?? false
        try reader.finish()
    }

    /// As decisions read it. The views are valid as long as this object is.
    var overrides: RouteOverrides {
        var overrides = RouteOverrides()
        overrides.mode = mode?.view
        overrides.profile = profile?.view
        overrides.wiki = wiki?.view
        overrides.formBodies = formBodies?.view
        return overrides
    }
}

extension String? {
    fileprivate var kept: KeptBytes? { map { KeptBytes(Array($0.utf8)) } }
}
