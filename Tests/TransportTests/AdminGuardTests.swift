import Bytes
import Testing
import Transport

@Suite struct AdminGuardTests {
    private func problem(_ listener: ListenerAddress, _ host: String, _ origin: String = "") -> String? {
        Array(host.utf8).withBytes { host in
            Array(origin.utf8).withBytes { origin in
                AdminGuard(listener: listener).problem(host: host, origin: origin).map { "\($0)" }
            }
        }
    }

    private let local = ListenerAddress.tcp(host: "127.0.0.1", port: 9002)

    @Test(arguments: ["127.0.0.1:9002", "localhost:9002", "LOCALHOST", "[::1]:9002", "127.9.9.9", "a.localhost:80"])
    func operatorsAreWelcome(host: String) {
        #expect(problem(local, host) == nil)
        #expect(problem(local, host, "http://\(host)") == nil)
    }

    @Test(arguments: [
        "", "attacker.example", "attacker.example:9002", "10.0.0.5", "localhost.attacker.example", "[::2]", "a b",
    ])
    func otherNamesAreNot(host: String) {
        #expect(problem(local, host)?.contains("Host") == true)
        #expect(problem(local, host, "http://\(host)") != nil)
    }

    @Test(arguments: [
        "null", "http://attacker.example", "https://localhost:9002", "http://localhost:8000", "http://localhost",
        "http://localhost:9002.attacker.example",
    ])
    func otherSitesAreNot(origin: String) {
        #expect(problem(local, "localhost:9002", origin)?.contains("Origin") == true)
    }

    @Test(arguments: [(true, "https"), (false, "http")])
    func theSchemeIsTheListeners(isTLS: Bool, scheme: String) {
        for given in ["http", "https"] {
            let problem = Array("localhost:9002".utf8).withBytes { host in
                Array("\(given)://localhost:9002".utf8).withBytes { origin in
                    AdminGuard(listener: local, isTLS: isTLS).problem(host: host, origin: origin)
                }
            }
            #expect((problem == nil) == (given == scheme))
        }
    }

    @Test func theListenersOwnAddressIsWelcome() {
        #expect(problem(.tcp(host: "10.0.0.5", port: 9002), "10.0.0.5:9002") == nil)
        #expect(problem(.tcp(host: "Admin.Example", port: 9002), "admin.example:9002") == nil)
        #expect(problem(.tcp(host: "10.0.0.5", port: 9002), "10.0.0.6:9002") != nil)
        for every in ["0.0.0.0", "::"] {
            #expect(problem(.tcp(host: every, port: 9002), "10.0.0.5:9002") == nil)
            #expect(problem(.tcp(host: every, port: 9002), "[2001:db8::1]:9002") == nil)
            #expect(problem(.tcp(host: every, port: 9002), "attacker.example:9002") != nil)
        }
        #expect(problem(.unix(path: "/run/admin.sock"), "anything") == nil)
    }
}
