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
    /// Open addressing over a power of two, at most half full. The operator chooses the hosts, so that no client can make them collide.
    private let places: [(host: [UInt8], wiki: ServedWiki)?]

    init(_ table: WikiTable) {
        let hosts = table.byHost.sorted { $0.key < $1.key }.map {
            (host: Array($0.key.utf8), wiki: ServedWiki($0.value))
        }
        fallback = table.fallback.map { ServedWiki($0) }
        byID = Dictionary(
            ((fallback.map { [$0] } ?? []) + hosts.map(\.wiki)).map { ($0.wiki.id, $0) },
            uniquingKeysWith: { first, _ in first })
        var size = hosts.isEmpty ? 0 : 4
        while size < 2 * hosts.count { size *= 2 }
        var places = [(host: [UInt8], wiki: ServedWiki)?](repeating: nil, count: size)
        for entry in hosts {
            var index = entry.host.withBytes(Self.hash) & (size - 1)
            while places[index] != nil { index = (index + 1) & (size - 1) }
            places[index] = entry
        }
        self.places = places
    }

    /// The wiki with this id.
    func find(id: String) -> ServedWiki? { byID[id] }

    /// The wiki of `host`, in whatever case. What web servers ignore when they choose a site (user, port, trailing dots) does not
    /// change whom a host names: otherwise a client could choose by spelling to be judged by the default wiki's rules.
    func find(host: Bytes) -> ServedWiki? {
        if places.isEmpty { return fallback }
        if let wiki = find(spelled: host) { return wiki }
        let plain = Self.plain(host)
        return (plain.count < host.count ? find(spelled: plain) : nil) ?? fallback
    }

    private static func plain(_ host: Bytes) -> Bytes {
        var plain = host
        if let user = plain.buffer.lastIndex(of: UInt8(ascii: "@")) { plain = plain.dropFirst(user + 1) }
        let bracket = plain.first == UInt8(ascii: "[") ? plain.firstIndex(of: UInt8(ascii: "]")) ?? 0 : 0
        if let colon = plain.firstIndex(of: UInt8(ascii: ":"), from: bracket) { plain = plain.prefix(colon) }
        while plain.ends(with: Bytes(".")) { plain = plain.prefix(plain.count - 1) }
        return plain
    }

    private func find(spelled host: Bytes) -> ServedWiki? {
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
