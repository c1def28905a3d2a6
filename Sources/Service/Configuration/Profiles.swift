// Profiles: sets of the keys of `edge`, by name.

import Sessions
import Bytes

extension Codec where Value == String {
    /// The name of a profile.
    static var profileName: Codec {
        text("the name of a profile: letters, digits, _ and -", limit: 64) {
            ASCII.isAlphanumeric($0) || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-")
        }
    }
}

extension Codec where Value == [String: EdgeSettings] {
    /// Profiles by name. What one leaves out has its default, or for `gateway` is as in that preset.
    static var profiles: Codec {
        let expectation = "names, each with keys of edge: {user_id_header: …, inject_cookie: …}"
        return Codec(
            expectation: expectation,
            decode: { source, mismatches in
                guard let entries = source.entries(expected: expectation, &mismatches) else { return nil }
                let count = mismatches.count
                var profiles: [String: EdgeSettings] = [:]
                for entry in entries { profiles[entry.name] = entry.value.profile(named: entry.name, &mismatches) }
                return mismatches.count == count ? profiles : nil
            },
            encode: { profiles in
                .object(
                    profiles.sorted { $0.key < $1.key }.map { name, edge in
                        JSON.Member(name, .object(EdgeKey.all.map { JSON.Member($0.name, $0.write(edge)) }))
                    })
            })
    }
}

extension SourceValue {
    fileprivate func profile(named name: String, _ mismatches: inout [Mismatch]) -> EdgeSettings? {
        let nameCodec = Codec<String>.profileName
        guard nameCodec.decode(SourceValue(.text(name), at: place), part: name, &mismatches) != nil else { return nil }
        if name == EdgeSettings.standardName {
            mismatches.append(
                Mismatch(
                    problem: "standard is what the keys of edge say", expected: "another name", place: place, part: name
                ))
            return nil
        }
        guard let fields = fields(EdgeKey.all.map(\.name), required: [], of: name, &mismatches) else { return nil }
        var edge = name == EdgeSettings.gatewayName ? EdgeSettings.gateway : EdgeSettings()
        for key in EdgeKey.all {
            if let value = fields[key.name] { key.read(value, "\(name).\(key.name)", &edge, &mismatches) }
        }
        return edge
    }
}
