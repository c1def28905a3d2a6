// What limits count requests on where all requests are limited: the order of Wikimedia's gateway.

import Bytes
import EnvoyProtocol
import Sessions
import TestSupport
import Testing

@Suite struct LimitsTests {
    /// A world behind an edge that sets Wikimedia's headers.
    private func world(_ change: (inout Settings) -> Void = { _ in }) -> TestWorld {
        let world = TestWorld()
        world.settings.defaultProfile = EdgeSettings.gatewayName
        world.settings.trust.clientAddressHeader = "x-client-ip"
        world.settings.limits.trustHeader = "x-trusted-request"
        world.settings.limits.provenanceHeader = "x-provenance"
        world.settings.limits.contactHeader = "x-ua-contact"
        world.settings.limits.browserHeader = "x-is-browser"
        change(&world.settings)
        return world
    }

    private struct Told: Equatable {
        var key: String?
        var name: String?
    }

    /// What is told in headers, which has to be what is told in metadata.
    private func told(_ outcome: TestWorld.Outcome) -> Told {
        let headers = outcome.requestHeaders
        let session = outcome.response?.metadata?["session"]
        #expect(headers["x-wmf-user-id"] == session?["rate_limit_key"]?.stringValue)
        #expect(headers["x-wmf-ratelimit-class"] == session?["class"]?.stringValue)
        let removed = outcome.response?.ok?.headersToRemove ?? []
        for name in ["x-wmf-user-id", "x-wmf-ratelimit-class"] {
            #expect(removed.contains(name) == (headers[name] == nil))
        }
        return Told(key: headers["x-wmf-user-id"], name: headers["x-wmf-ratelimit-class"])
    }

    private func anonymous(_ headers: [String: String], _ change: (inout Settings) -> Void = { _ in }) -> Told {
        let world = world(change)
        let request = headers.sorted { $0.key < $1.key }.reduce(world.request()) { $0.adding($1.key, $1.value) }
        return told(world.check(request))
    }

    private static let ip = ["x-client-ip": "198.51.100.7", "user-agent": "Tool/1.0", "x-provenance": "client=x"]
    private static let contact = ["x-ua-contact": "me@tool.example"]

    @Test(
        arguments: [
            ([:], "x-client-ip:198.51.100.7", "anon"), (["x-trusted-request": "F"], "x-client-ip:198.51.100.7", "anon"),
            (["x-trusted-request": "A"], "user-agent:Tool/1.0", "known-network"),
            (["x-trusted-request": "A", "user-agent": ""], "x-client-ip:198.51.100.7", "known-network"),
            (["x-trusted-request": "B"], "x-provenance:client=x", "known-client"),
            (["x-trusted-request": "B", "x-provenance": ""], "x-client-ip:198.51.100.7", "known-client"),
            (["x-trusted-request": "C"], "x-client-ip:198.51.100.7", "anon"),
            (contact, "x-client-ip:198.51.100.7", "anon"),
            (contact.merging(["x-trusted-request": "C"]) { $1 }, "x-ua-contact:me@tool.example", "unauthed-bot"),
            (contact.merging(["x-trusted-request": "D"]) { $1 }, "x-ua-contact:me@tool.example", "unauthed-bot"),
            (contact.merging(["x-trusted-request": "E"]) { $1 }, "x-client-ip:198.51.100.7", "anon"),
            (["x-is-browser": "35"], "x-client-ip:198.51.100.7", "anon-browser"),
            (["x-is-browser": "34"], "x-client-ip:198.51.100.7", "anon"),
            (["x-is-browser": "many"], "x-client-ip:198.51.100.7", "anon"),
            // Not a letter alone: several headers, or what a client has written.
            (["x-trusted-request": "A,F"], "x-client-ip:198.51.100.7", "anon"),
        ] as [([String: String], String, String)])
    func anonymousRequests(headers: [String: String], key: String, name: String) {
        #expect(anonymous(Self.ip.merging(headers) { $1 }) == Told(key: key, name: name))
    }

    /// Without an edge in front the same headers are a client's own.
    @Test func headersThatAreNotConfiguredCountForNothing() {
        let headers = [
            "x-trusted-request": "A", "x-ua-contact": "me", "x-is-browser": "99", "x-client-ip": "192.0.2.1",
        ]
        let found = anonymous(headers) { settings in
            settings.limits = LimitSettings()
            settings.trust.clientAddressHeader = nil
        }
        #expect(found == Told(key: "x-client-ip:203.0.113.5", name: "anon"))
    }

    @Test func networksOfOnesOwn() {
        let change: (inout Settings) -> Void = { $0.limits.trustedNetworks = ["198.51.100.0/24"] }
        #expect(anonymous(Self.ip, change) == Told(key: "user-agent:Tool/1.0", name: "known-network"))
        let outside = Self.ip.merging(["x-client-ip": "198.51.101.7"]) { $1 }
        #expect(anonymous(outside, change) == Told(key: "x-client-ip:198.51.101.7", name: "anon"))
        let list = Self.ip.merging(["x-client-ip": "198.51.100.7, 192.0.2.1"]) { $1 }
        #expect(anonymous(list, change) == Told(key: "user-agent:Tool/1.0", name: "known-network"))
    }

    @Test func whatIsNotLimited() {
        #expect(anonymous([:]) == Told(), "it has not come through the edge in front")
        let world = world()
        var preflight = world.request().adding("x-client-ip", "198.51.100.7")
        preflight.method = Array("OPTIONS".utf8)
        #expect(told(world.check(preflight)) == Told())
        #expect(
            told(world.check(world.signed(nonce: "n1"))) == Told(),
            "one with credentials, of a consumer that may be used from everywhere")
    }

    /// The user's key whatever the address; the operator's networks and known clients keep their class.
    @Test func requestsWithAnIdentity() {
        let world = world()
        func told(_ nonce: String, _ headers: [String: String]) -> Told {
            let request = Self.ip.merging(headers) { $1 }.reduce(world.signed(nonce: nonce)) {
                $0.adding($1.key, $1.value)
            }
            return self.told(world.check(request))
        }
        let key = "jwt-sub:mw:local:wiki:3"
        #expect(told("n1", [:]) == Told(key: key, name: "authed-user"))
        #expect(told("n2", ["x-trusted-request": "A"]) == Told(key: key, name: "known-network"))
        #expect(told("n3", ["x-trusted-request": "B"]) == Told(key: key, name: "known-client"))
        #expect(told("n4", ["x-trusted-request": "C", "x-ua-contact": "me"]) == Told(key: key, name: "authed-user"))
        #expect(told("n5", ["x-is-browser": "99"]) == Told(key: key, name: "authed-user"))
        #expect(
            told("n6", [:]) == Told(key: key, name: "authed-user"),
            "what was told of one request is not told of another")
    }

    /// A class that is not allowed is left out; the request has the class of anonymous ones, not none.
    @Test func classesThatAreNotAllowed() {
        let headers = Self.ip.merging(["x-trusted-request": "A"]) { $1 }
        #expect(anonymous(headers) { $0.classes.allowed = ["anon", "authed-user"] }.name == "anon")
        let other = anonymous(Self.ip) {
            $0.classes.anonymous = "crowd"; $0.classes.allowed.insert("crowd")
        }
        #expect(other.name == "crowd")
    }

    /// What clients write is bounded, and is a header's value whatever it was.
    @Test func longAndStrangeTexts() {
        let long = Self.ip.merging(["x-trusted-request": "A", "user-agent": String(repeating: "a", count: 5000)]) { $1 }
        #expect(anonymous(long).key == "user-agent:" + String(repeating: "a", count: 256))
        let world = world()
        let strange = world.request().adding("x-client-ip", "198.51.100.7").adding("x-trusted-request", "A")
            .adding("user-agent", "ünï")
        #expect(world.check(strange).requestHeaders["x-wmf-user-id"] == "user-agent:%C3%BCn%C3%AF")
    }

    /// Raw headers are read as the map is.
    @Test func rawHeaders() {
        let world = world()
        var request = world.request()
        request.usesHeaderMap = true
        request = request.adding("x-client-ip", "198.51.100.7").adding("x-trusted-request", "B").adding(
            "x-provenance", "a")
        #expect(world.check(request).requestHeaders["x-wmf-user-id"] == "x-provenance:a")
    }

    /// Other profiles say nothing of anonymous requests, unless they are told to.
    @Test func otherProfiles() {
        let world = TestWorld()
        #expect(world.check(world.request()).response?.ok?.headers.isEmpty == true)
        let all = TestWorld()
        all.settings.edge.limitsAll = true
        all.settings.edge.rateLimitKeyHeader = "x-key"
        #expect(
            all.check(all.request()).requestHeaders == ["x-session-class": "anon", "x-key": "x-client-ip:203.0.113.5"])
    }
}
