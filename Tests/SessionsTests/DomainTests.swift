// Which wiki a host belongs to, where whole domains are configured.

import Bytes
import EnvoyProtocol
import Sessions
import TestSupport
import Testing

@Suite struct DomainTests {
    /// A world whose consumer may be used on one wiki alone: the reason tells which wiki a host was taken for.
    private func world(_ hosts: [String: String], fallback: String?) -> TestWorld {
        let world = TestWorld()
        world.settings.wikis.byHost = hosts.mapValues { Wiki(id: $0, server: .detect) }
        world.settings.wikis.fallback = fallback.map { Wiki(id: $0, server: .detect) }
        return world
    }

    /// The wiki that `host` is taken for; nil when it is unknown.
    private func wiki(_ host: String, _ hosts: [String: String], fallback: String? = nil) -> String? {
        for id in Set(hosts.values).union(fallback.map { [$0] } ?? []) {
            let world = world(hosts, fallback: fallback)
            world.directory.acceptances[2].wiki = id
            var request = world.bearer()
            request.host = Array(host.utf8)
            if world.check(request).decision?.outcome == .authenticated { return id }
        }
        return nil
    }

    private static let hosts = [
        "*.example": "all", "*.wiki.example": "wikis", "en.wiki.example": "en", "*.test:8080": "port",
        "wiki.test": "test",
    ]

    /// The whole name before domains, the longest domain before others; a domain does not contain itself.
    @Test(arguments: [
        ("en.wiki.example", "en"), ("EN.Wiki.Example:443", "en"), ("en.wiki.example.", "en"),
        ("de.wiki.example", "wikis"),
        ("DE.WIKI.EXAMPLE", "wikis"), ("de.wiki.example:8443", "wikis"), ("de.wiki.example.", "wikis"),
        ("a.b.wiki.example", "wikis"),
        ("x.en.wiki.example", "wikis"), ("wiki.example", "all"), ("shop.example", "all"),
        ("user@de.wiki.example", "wikis"),
        ("xwiki.example", "all"), ("example", nil), ("x.example.org", nil), ("wiki.test", "test"),
        ("a.test:8080", "port"),
        ("a.test", nil), (".example", nil), (".wiki.example", "all"), ("", nil), (".", nil), ("..", nil),
        ("a..example", "all"),
        ("[::1]", nil), ("*.example", "all"), ("*.wiki.example", "wikis"),
    ])
    func longestMatch(host: String, id: String?) {
        #expect(wiki(host, Self.hosts) == id)
        #expect(wiki(host, Self.hosts, fallback: "default") == id ?? "default")
    }

    @Test func domainsAlone() {
        #expect(wiki("a.example", ["*.example": "all"]) == "all")
        #expect(wiki("example", ["*.example": "all"]) == nil)
    }

    /// However many dots a client sends, no longer end is looked up than the longest domain.
    @Test func aHostOfManyDotsIsNoWork() {
        let world = world(["*.example": "all"], fallback: nil)
        var request = world.bearer()
        request.host = Array(String(repeating: "a.", count: 30_000).utf8) + Array("example".utf8)
        let began = ContinuousClock.now
        for _ in 0..<50 { #expect(world.check(request).decision?.outcome == .authenticated) }
        #expect(ContinuousClock.now - began < .seconds(5))
    }
}
