// Hosts, and the wikis and servers behind them.

import Sessions
import Bytes

extension Wiki.Server {
    /// `detect`, `//host[:port]`, `http://host[:port]` or `https://host[:port]`; nil for anything else.
    init?(parsing text: String) {
        if text == "detect" {
            self = .detect
            return
        }
        guard let separator = text.range(ofText: "//") else { return nil }
        let prefix = text[..<separator.lowerBound]
        guard prefix.isEmpty || ["http:", "https:"].contains(prefix) else { return nil }
        guard let (host, port) = authority(String(text[separator.upperBound...])) else { return nil }
        let scheme = prefix.isEmpty ? nil : String(prefix.dropLast())
        let isDefault = scheme == "http" && port == 80 || scheme == "https" && port == 443
        self = .fixed(scheme: scheme, host: host, port: isDefault ? nil : port)
    }

    /// The server as it is written in the configuration.
    var text: String {
        switch self {
        case .detect: "detect"
        case .fixed(let scheme, let host, let port):
            (scheme.map { $0 + ":" } ?? "") + "//" + host + (port.map { ":\($0)" } ?? "")
        }
    }
}

extension Codec where Value == Wiki.Server {
    /// What a wiki's clients sign.
    static var server: Codec {
        scalar(
            "detect, //host or https://host, with a port where it is not the default", { Wiki.Server(parsing: $0) },
            format: \.text)
    }
}

extension Codec where Value == [String: Wiki] {
    /// Wikis by host.
    static var wikis: Codec {
        Codec(
            expectation: "hosts, each with {id: …, server: …}",
            decode: { source, mismatches in
                guard let entries = source.entries(expected: "hosts, each with {id: …, server: …}", &mismatches) else {
                    return nil
                }
                let count = mismatches.count
                var wikis: [String: Wiki] = [:]
                for entry in entries {
                    guard let host = Codec<String>.hostKey(entry, &mismatches) else { continue }
                    wikis[host] = entry.value.wiki(named: host, &mismatches)
                }
                return mismatches.count == count ? wikis : nil
            },
            encode: { wikis in
                .object(
                    wikis.sorted { $0.key < $1.key }.map { host, wiki in
                        JSON.Member(host, ["id": .string(wiki.id), "server": .string(wiki.server.text)])
                    })
            })
    }
}

extension SourceValue {
    fileprivate func wiki(named host: String, _ mismatches: inout [Mismatch]) -> Wiki? {
        guard let fields = fields(["id", "server"], required: ["id"], of: host, &mismatches) else { return nil }
        let id = fields["id"].flatMap { Codec.wikiID.decode($0, part: "\(host).id", &mismatches) }
        guard let given = fields["server"] else { return id.map { Wiki(id: $0, server: .detect) } }
        let server = Codec.server.decode(given, part: "\(host).server", &mismatches)
        guard let id, let server else { return nil }
        return Wiki(id: id, server: server)
    }
}

extension Codec where Value == String {
    /// The name of an entry, when it is a host as requests name it, or `*.` and a domain.
    fileprivate static func hostKey(_ entry: SourceValue.Entry, _ mismatches: inout [Mismatch]) -> String? {
        let isDomain = entry.name.hasPrefix("*.")
        let written = isDomain ? String(entry.name.dropFirst(2)) : entry.name
        // An address has no names in it.
        if let (host, port) = authority(written), port != 80, port != 443, !(isDomain && host.hasPrefix("[")),
            !host.hasPrefix(".")
        {
            let name = host + (port.map { ":\($0)" } ?? "")
            if name == written { return entry.name }
        }
        mismatches.append(
            Mismatch(
                problem: "\(quoted(entry.name)) is not a host as requests name it",
                expected:
                    "a host in lower case, or \"*.\" and a domain, with a port only where it is neither 80 nor 443",
                place: entry.place))
        return nil
    }
}
