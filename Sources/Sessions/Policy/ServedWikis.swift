// The wikis that requests are for, found by host without a copy of it.

import Bytes

/// A wiki, with what is made of it once.
final class ServedWiki: Sendable {
    let wiki: Wiki
    /// Its id, as the database has it.
    let id: String
    /// `scheme://host[:port]` as the base string has it, for requests over http and https; nil where the request names the server.
    private let signed: (http: [UInt8], https: [UInt8])?

    init(_ wiki: Wiki) {
        self.wiki = wiki
        id = wiki.id
        guard case .fixed = wiki.server else {
            signed = nil
            return
        }
        var (http, https): ([UInt8], [UInt8]) = ([], [])
        SignedServer.append(wiki, scheme: Bytes("http"), host: .empty, into: &http)
        SignedServer.append(wiki, scheme: Bytes("https"), host: .empty, into: &https)
        signed = (http, https)
    }

    /// Appends the server that a request to `scheme` (`http` or `https`) and `host` is signed over, percent-encoded.
    func appendServer(scheme: Bytes, host: Bytes, into text: inout [UInt8]) {
        if let signed {
            text.append(contentsOf: scheme == "https" ? signed.https : signed.http)
        } else {
            SignedServer.append(wiki, scheme: scheme, host: host, into: &text)
        }
    }
}

/// All wikis, by host and by id.
struct ServedWikis: Sendable {
    /// The wiki of every host that is not in the table.
    let fallback: ServedWiki?
    private let byID: [String: ServedWiki]
    /// Hosts by their whole name.
    private let hosts: HostTable
    /// Ends of hosts, each with the dot that it begins with: `.wikipedia.org` of `*.wikipedia.org`.
    private let domains: HostTable

    init(_ table: WikiTable) {
        let entries = table.byHost.sorted { $0.key < $1.key }.map {
            (host: Array($0.key.utf8), wiki: ServedWiki($0.value))
        }
        fallback = table.fallback.map { ServedWiki($0) }
        byID = Dictionary(
            ((fallback.map { [$0] } ?? []) + entries.map(\.wiki)).map { ($0.wiki.id, $0) },
            uniquingKeysWith: { first, _ in first })
        let star = UInt8(ascii: "*")
        hosts = HostTable(entries.filter { $0.host.first != star })
        domains = HostTable(entries.filter { $0.host.first == star }.map { (Array($0.host.dropFirst()), $0.wiki) })
    }

    /// The ids of all wikis.
    var ids: Set<String> { Set(byID.keys) }

    /// The wiki with this id.
    func find(id: String) -> ServedWiki? { byID[id] }

    /// The wiki of `host`, in whatever case. What web servers ignore when they choose a site (user, port, trailing dots) does not
    /// change whom a host names: otherwise a client could choose by spelling to be judged by the default wiki's rules.
    func find(host: Bytes) -> ServedWiki? {
        if hosts.isEmpty, domains.isEmpty { return fallback }
        if let wiki = hosts.find(host) { return wiki }
        let plain = Self.plain(host)
        let isPlain = plain.count == host.count
        if !isPlain, let wiki = hosts.find(plain) { return wiki }
        if domains.isEmpty { return fallback }
        return find(inDomain: host) ?? (isPlain ? nil : find(inDomain: plain)) ?? fallback
    }

    /// The wiki of the longest domain that `host` is in. A domain does not contain itself.
    private func find(inDomain host: Bytes) -> ServedWiki? {
        // No longer end than the longest domain is looked up, so that a host of many dots is no work.
        let start = max(1, host.count - domains.longest)
        var dot = start < host.count ? host.firstIndex(of: UInt8(ascii: "."), from: start) : nil
        while let found = dot {
            if let wiki = domains.find(host.dropFirst(found)) { return wiki }
            dot = host.firstIndex(of: UInt8(ascii: "."), from: found + 1)
        }
        return nil
    }

    private static func plain(_ host: Bytes) -> Bytes {
        var plain = host
        if let user = plain.buffer.lastIndex(of: UInt8(ascii: "@")) { plain = plain.dropFirst(user + 1) }
        let bracket = plain.first == UInt8(ascii: "[") ? plain.firstIndex(of: UInt8(ascii: "]")) ?? 0 : 0
        if let colon = plain.firstIndex(of: UInt8(ascii: ":"), from: bracket) { plain = plain.prefix(colon) }
        while plain.ends(with: Bytes(".")) { plain = plain.prefix(plain.count - 1) }
        return plain
    }
}

/// Wikis by a name in whatever case. Open addressing over a power of two, at most half full. The operator chooses the names, so that
/// no client can make them collide.
private struct HostTable: Sendable {
    /// Bytes of the longest name.
    let longest: Int
    private let places: [(host: [UInt8], wiki: ServedWiki)?]

    init(_ entries: [(host: [UInt8], wiki: ServedWiki)]) {
        longest = entries.map(\.host.count).max() ?? 0
        var size = entries.isEmpty ? 0 : 4
        while size < 2 * entries.count { size *= 2 }
        var places = [(host: [UInt8], wiki: ServedWiki)?](repeating: nil, count: size)
        for entry in entries {
            var index = entry.host.withBytes(Self.hash) & (size - 1)
            while places[index] != nil { index = (index + 1) & (size - 1) }
            places[index] = entry
        }
        self.places = places
    }

    var isEmpty: Bool { places.isEmpty }

    func find(_ host: Bytes) -> ServedWiki? {
        if places.isEmpty { return nil }
        var index = Self.hash(host) & (places.count - 1)
        while let place = places[index] {
            if place.host.withBytes({ Self.isSame(host, lowercase: $0) }) { return place.wiki }
            index = (index + 1) & (places.count - 1)
        }
        return nil
    }

    private static func isSame(_ host: Bytes, lowercase name: Bytes) -> Bool {
        guard host.count == name.count else { return false }
        for index in 0..<host.count where host[index].asciiLowercased != name[index] { return false }
        return true
    }

    /// FNV-1a of the lower-case text.
    private static func hash(_ host: Bytes) -> Int {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in host.buffer { hash = (hash ^ UInt64(byte.asciiLowercased)) &* 0x100_0000_01b3 }
        return Int(truncatingIfNeeded: hash >> 8)
    }
}
