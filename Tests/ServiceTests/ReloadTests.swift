// A configuration that changes while the server runs.

import Cryptography
import Foundation
import Service
import Testing
import Tools
import Transport

@Suite struct ReloadTests {
    /// Runs a server on a configuration that the test may change, in `directory`.
    private func withChangingServer(
        _ directory: ScratchDirectory, log: Lines = Lines(),
        _ body: (_ configuration: (String) throws -> Void, _ metric: (String) throws -> String?, Server.Addresses)
            async throws
            -> Void
    ) async throws {
        let state = try SharedDemo.state().directory
        func text(_ more: String) -> String {
            """
            server: {listen: ["127.0.0.1:0"], admin: "127.0.0.1:0"}
            store: {sqlite: {file: \(state)/oauth.sqlite}}
            keys:
              access_token: \(state)/keys/access-token.pub
              cookie: \(directory.file("cookie.key"))
              wiki_cookie: []
            oauth1: {secret_key_file: \(state)/keys/oauth1-secret-key}
            cookie: {issuer: "https://wiki.demo.test"}
            wikis: {default: {id: demowiki}}
            \(more)
            """
        }
        try directory.write("cookie.key", SharedDemo.cookieKey)
        try directory.write("c.yaml", text(""))
        let loaded = try LoadedConfiguration(file: directory.file("c.yaml"), environment: [:])
        try await withServer(loaded, log: log) { addresses in
            try await body(
                { try directory.write("c.yaml", text($0)) },
                { name in
                    let page = try ask(addresses.admin, "GET", "/metrics").body
                    return page.split(separator: "\n").first { $0.hasPrefix(name + " ") }?.split(separator: " ").last
                        .map(String.init)
                }, addresses)
        }
    }

    private func eventually(_ isTrue: () throws -> Bool) async throws -> Bool {
        for _ in 0..<200 {
            if try isTrue() { return true }
            try await Task.sleep(for: .milliseconds(50))
        }
        return false
    }

    private let adopted = #"sessiongate_configuration_reloads_total{result="adopted"}"#
    private let rejected = #"sessiongate_configuration_reloads_total{result="rejected"}"#

    @Test func aChangedFileIsTakenIntoUse() async throws {
        let directory = try ScratchDirectory()
        let log = Lines()
        try await withChangingServer(directory, log: log) { write, metric, addresses in
            try write("mode: observe\nworkers: {rows: 3}")
            #expect(try await eventually { try metric(adopted) == "1" })
            #expect(try ask(addresses.admin, "GET", "/config").body.contains(#""mode": "observe""#))
            // What can't change keeps its value.
            #expect(try ask(addresses.admin, "GET", "/config").body.contains(#""rows": 2"#))
        }
        let named = log.all.filter { $0.contains("a restart is needed") }
        #expect(named.count == 1 && named[0].contains("keys=workers.rows"), "\(log.all)")
    }

    @Test func aBrokenFileChangesNothingAndIsReportedOnce() async throws {
        let directory = try ScratchDirectory()
        let log = Lines()
        try await withChangingServer(directory, log: log) { write, metric, addresses in
            try write("mode: obey\nlog: {format: xml}")
            #expect(try await eventually { try metric(rejected) == "1" })
            try await Task.sleep(for: .seconds(2))
            #expect(try metric(rejected) == "1")
            #expect(try ask(addresses.admin, "GET", "/config").body.contains(#""mode": "enforce""#))
            // A file that it names and that is not there yet.
            try write("tls: {certificate: late.pem, key: late.key}\nkeys2: 1")
            #expect(try await eventually { try metric(rejected) == "2" })
            try write("mode: observe")
            #expect(try await eventually { try metric(adopted) == "1" })
        }
        let lines = log.all
        #expect(
            lines.contains { $0.contains("c.yaml:10: mode: got \"obey\"; expected enforce or observe") }, "\(lines)")
        #expect(lines.contains { $0.contains("c.yaml:11: log.format: got \"xml\"") })
    }

    @Test func anotherKeySignsAtOnceAndOnlyKeysThatAreThereCount() async throws {
        let directory = try ScratchDirectory()
        try await withChangingServer(directory) { write, metric, addresses in
            func published() throws -> String { try ask(addresses.data[0], "GET", "/.well-known/jwks.json").body }
            let before = try published()
            let bearer = try SharedDemo.state().credentials.oauth2OwnerOnly.accessToken
            func identity() throws -> (status: Int, body: String) {
                try ask(addresses.data[0], "GET", "/v1/identity", headers: "authorization: Bearer \(bearer)\r\n")
            }
            #expect(try identity().status == 200)
            let key = try SigningKey.generate(.rs256)
            try directory.write("cookie.key", String(decoding: key.pem, as: UTF8.self))
            #expect(try await eventually { try published() != before })
            #expect(try metric(adopted) == "1")
            #expect(try identity().status == 200)
        }
    }
}
