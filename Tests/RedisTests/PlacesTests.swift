// Where Redis can be: on a port, behind TLS, behind a Sentinel.

import Foundation
import Redis
import Sessions
import Synchronization
import TestSupport
import Testing

@Suite(.serialized, .timeLimit(.minutes(2))) struct PlacesTests {
    /// A free port of loopback.
    private func freePort() -> Int {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(listener) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                _ = bind(listener, $0, length)
                _ = getsockname(listener, $0, &length)
            }
        }
        return Int(UInt16(bigEndian: address.sin_port))
    }

    private func claimsWork(_ url: String, _ change: (inout RedisSettings) -> Void = { _ in }) async throws {
        try await withInstance(url, change) { (instance) async throws in
            #expect(try await instance.claim(nonce("a \(UUID())")) == .fresh)
            #expect(instance.farm.nonces.sum(\.fresh) == 1, "\(instance.log.lines)")
            #expect(await instance.announce(.user(1)) == .told(1))
        }
    }

    @Test func aPort() async throws {
        let port = freePort()
        try await withRedis(["--port", "\(port)"]) { (_) async throws in
            try await claimsWork("redis://127.0.0.1:\(port)/2")
            try await claimsWork("redis://localhost:\(port)")
        }
    }

    /// The command in deploy/redis.md, as it is there.
    @Test func aUserWithNoMoreRightsThanItNeeds() async throws {
        let page = try String(contentsOf: TestFiles.root.appending(path: "deploy/redis.md"), encoding: .utf8)
        let command = try #require(page.split(separator: "\n").first { $0.hasPrefix("    ACL SETUSER gate ") })
        let port = freePort()
        try await withRedis(["--port", "\(port)"]) { (redis) async throws in
            #expect(try redis.ask(command.split(separator: " ").map(String.init)) == "OK")
            try await claimsWork("redis://gate@127.0.0.1:\(port)") { $0.password = Array("password".utf8) }
        }
    }

    @Test func tls() async throws {
        let (authority, other) = (try TestAuthority(), try TestAuthority())
        authority.issue("redis", names: "DNS:localhost,IP:127.0.0.1")
        authority.issue("client", names: "DNS:gate")
        let port = freePort()
        let arguments = [
            "--tls-port", "\(port)", "--port", "0", "--tls-cert-file", authority.path("redis.pem"),
            "--tls-key-file", authority.path("redis.key"), "--tls-ca-cert-file", authority.path("ca.pem"),
        ]
        try await withRedis(arguments) { (_) async throws in
            let trust: (inout RedisSettings) -> Void = {
                $0.certificateAuthority = authority.path("ca.pem")
                $0.certificate = authority.path("client.pem")
                $0.key = authority.path("client.key")
            }
            try await claimsWork("rediss://localhost:\(port)", trust)
            try await claimsWork("rediss://127.0.0.1:\(port)", trust)
            let wrong: [(String, String, (inout RedisSettings) -> Void)] = [
                ("the CA is another's", "localhost", { $0.certificateAuthority = other.path("ca.pem") }),
                ("the name is another's", "127.0.0.2", { _ in }),
                ("no certificate is shown", "localhost", { ($0.certificate, $0.key) = (nil, nil) }),
            ]
            for (what, host, change) in wrong {
                try await withInstance("rediss://\(host):\(port)") {
                    trust(&$0)
                    change(&$0)
                    $0.whenDown = .fail
                } _: { (instance) async throws in
                    #expect(await eventually { instance.farm.nonces.problem != nil }, "\(what)")
                    #expect(try await instance.claim(nonce("b")) == .unavailable, "\(what)")
                    #expect(instance.farm.nonces.problem?.contains("TLS failed") == true, "\(what)")
                }
            }
            // Plain text to a port that speaks TLS.
            try await withInstance("redis://127.0.0.1:\(port)") { (instance) async throws in
                #expect(await eventually { instance.farm.nonces.problem != nil })
            }
        }
    }

    @Test func filesOfTLSThatCantBeUsed() throws {
        let authority = try TestAuthority()
        authority.issue("client", names: "DNS:gate")
        authority.issue("other", names: "DNS:other")
        var settings = RedisSettings()
        settings.certificateAuthority = "/nonexistent"
        #expect(throws: RedisTLSProblem.self) { try settings.openTLS() }
        settings.certificateAuthority = authority.path("ca.pem")
        (settings.certificate, settings.key) = (authority.path("client.pem"), authority.path("other.key"))
        #expect(throws: RedisTLSProblem.self) { try settings.openTLS() }
        settings.key = authority.path("client.key")
        #expect(throws: Never.self) { try settings.openTLS() }
    }

    @Test func aSentinelIsAskedWhereTheServerIsEachTime() async throws {
        let ports = [freePort(), freePort()]
        try await withRedis(["--port", "\(ports[0])"]) { (first) async throws in
            try await withRedis(["--port", "\(ports[1])"]) { (second) async throws in
                let current = Current()
                let sentinel = try await FakeRedis { command in
                    guard command[0] == "SENTINEL" else { return nil }
                    let port = "\(ports[current.index])"
                    return command[2] == "main"
                        ? "*2\r\n$9\r\n127.0.0.1\r\n$\(port.utf8.count)\r\n\(port)\r\n" : "*-1\r\n"
                }
                // The first one of the two is not there.
                let url = "redis+sentinel://127.0.0.1:1,127.0.0.1:\(sentinel.port)/main"
                try await withInstance(url) { (instance) async throws in
                    #expect(try await instance.claim(nonce("a")) == .fresh)
                    #expect(try first.ask("KEYS", "*:n:*") != "")
                    current.index = 1
                    first.end()
                    #expect(
                        await eventually { instance.farm.nonces.outages == 1 && instance.farm.nonces.problem == nil })
                    #expect(try await instance.claim(nonce("b")) == .fresh)
                    #expect(try second.ask("KEYS", "*:n:*") != "")
                }
                try await withInstance("redis+sentinel://127.0.0.1:\(sentinel.port)/other") { (instance) async throws in
                    #expect(await eventually { instance.farm.nonces.problem == "no Sentinel knows other" })
                }
                try await sentinel.stop()
            }
        }
    }

    private final class Current: Sendable {
        private let value = Atomic(0)

        var index: Int {
            get { value.load(ordering: .relaxed) }
            set { value.store(newValue, ordering: .relaxed) }
        }
    }
}
