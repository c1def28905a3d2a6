// Encrypted connections: to servers that are who they say, and to no others.

import Sessions
import Storage
import TestSupport
import Testing

/// One server with a certificate for `localhost` and an account that must use TLS.
@Suite struct MariaDBEncryptionTests {
    let authority: TestAuthority
    let server: DatabaseServer
    let store: TestStore
    let port: Int

    init() throws {
        authority = try TestAuthority()
        authority.issue("server", names: "DNS:localhost")
        authority.issue("client", names: "DNS:client")
        port = DatabaseServer.freePort()
        server = try DatabaseServer([
            "--bind-address=127.0.0.1", "--port=\(port)", "--ssl-ca=\(authority.path("ca.pem"))",
            "--ssl-cert=\(authority.path("server.pem"))", "--ssl-key=\(authority.path("server.key"))",
        ])
        store = try TestStore(.mariadb, Tables.oauth + [.users], on: server)
        try store.addUser(7, "Alice")
        try store.execute(
            """
            CREATE USER safe IDENTIFIED BY 'x' REQUIRE SSL; GRANT ALL ON *.* TO safe;
            CREATE USER safest IDENTIFIED BY 'x' REQUIRE X509; GRANT ALL ON *.* TO safest
            """)
    }

    private func name(
        host: String = "localhost", user: String = "safe", _ change: (inout MariaDBSource.TLS) -> Void
    ) throws -> String? {
        var source = store.source()
        source.wiki.replicas = [.tcp(host: host, port: port)]
        (source.wiki.user, source.wiki.password, source.maxLag) = (user, "x", nil)
        change(&source.tls)
        return try MariaDBDirectory(source, toleratesOutage: true).user(id: 7, at: now)?.name
    }

    @Test func encryption() throws {
        let ca = authority.path("ca.pem")
        #expect(try name { $0.authorities = ca } == "Alice")
        #expect(try name { $0.verify = false } == "Alice")
        #expect(throws: StoreError.self, "the account must use TLS") { try name { _ in } }
        #expect(throws: StoreError.self, "not the name in the certificate") {
            try name(host: "127.0.0.1") { $0.authorities = ca }
        }
        let other = try TestAuthority()
        let foreign = #expect(throws: StoreError.self) { try name { $0.authorities = other.path("ca.pem") } }
        #expect(foreign?.description.contains("ertificate") == true, "\(foreign as Any)")
        #expect(throws: StoreError.self, "not one of the machine's authorities") {
            try name { $0.authorities = "system" }
        }
        #expect(throws: StoreError.self, "without a certificate") { try name(user: "safest") { $0.authorities = ca } }
        let own = try name(user: "safest") {
            ($0.authorities, $0.certificate, $0.key) = (ca, authority.path("client.pem"), authority.path("client.key"))
        }
        #expect(own == "Alice")
    }

    /// A server without TLS is not talked to, whatever it offers.
    @Test func noPlainTextInstead() throws {
        let plainPort = DatabaseServer.freePort()
        let plain = try DatabaseServer(["--bind-address=127.0.0.1", "--port=\(plainPort)", "--skip-ssl"])
        let other = try TestStore(.mariadb, Tables.oauth + [.users], on: plain)
        try other.execute("CREATE USER any IDENTIFIED BY 'x'; GRANT ALL ON *.* TO any")
        var source = other.source()
        source.wiki.replicas = [.tcp(host: "localhost", port: plainPort)]
        (source.wiki.user, source.wiki.password, source.maxLag) = ("any", "x", nil)
        _ = try MariaDBDirectory(source)
        for verify in [true, false] {
            source.tls.verify = verify
            source.tls.authorities = authority.path("ca.pem")
            #expect(throws: StoreError.self) { try MariaDBDirectory(source) }
        }
    }
}
