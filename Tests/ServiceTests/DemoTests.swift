import Sessions
import Cryptography
import Foundation
import Service
import Tools
import TestSupport
import Testing
import Bytes

private let now = SharedDemo.now

/// Asks a replay; its clock is `now`.
private struct Asker {
    let demo: DemoCredentials
    let replay: Replay

    init(_ demo: DemoCredentials? = nil, environment: [String: String] = [:]) throws {
        self.demo = try demo ?? SharedDemo.state().credentials
        replay = try Replay(SharedDemo.load(environment: environment), clock: .fixed(now)) { Timestamp(seconds: 0) }
    }

    /// The metadata of the answer to a request with these credentials.
    func session(_ name: String, url: String = "https://demo.wiki.example/w/api.php?action=query&b=c%20d") throws
        -> JSON
    {
        let request = try #require(ClientRequest(method: "GET", url: url))
        let header =
            switch try demo.credential(named: name) {
            case .bearer(let token): "Bearer \(token)"
            case .client(let client): try client.authorization(for: request, timestamp: now, nonce: "n-\(name)")
            }
        let json: JSON = [
            "attributes": [
                "source": ["address": ["socketAddress": ["address": "203.0.113.9", "portValue": 1]]],
                "request": [
                    "http": [
                        "method": "GET", "scheme": "https", "host": "demo.wiki.example",
                        "path": .string(String(url.dropFirst("https://demo.wiki.example".count))),
                        "headers": ["authorization": .string(header), "x-forwarded-proto": "https"],
                    ]
                ],
            ]
        ]
        let answer = try JSON(parsing: json.compact.withBytes { try replay.answer($0) })
        return try #require(answer["dynamicMetadata"]?["session"])
    }
}

@Suite struct DemoStateTests {
    @Test func everyCredentialIsWhatItSays() throws {
        let asker = try Asker()
        for (name, credential) in asker.demo.namedOAuth1 {
            let session = try asker.session(name)
            if name.hasPrefix("refused.") {
                #expect(session["outcome"] == "refused", "\(name)")
            } else {
                #expect(session["outcome"] == "authenticated", "\(name): \(session)")
                #expect(session["user"]?["id"] == .string("\(credential.userID)"), "\(name)")
                #expect(session["user"]?["name"] == .string(credential.userName), "\(name)")
                #expect(session["consumer"]?["key"] == .string(credential.consumerKey), "\(name)")
                #expect(session["cookie"] == "set", "\(name)")
            }
        }
        let expected = [
            "oauth2_owner_only": ("oauth2-owner", "set"), "oauth2": ("oauth2", "none"),
            "oauth2_client_credentials": ("oauth2-client", "none"), "oauth2_revoked": ("none", "none"),
        ]
        for (name, credential) in asker.demo.namedOAuth2 {
            let session = try asker.session(name)
            #expect(session["type"]?.stringValue == expected[name]?.0, "\(name): \(session)")
            #expect(session["cookie"]?.stringValue == expected[name]?.1, "\(name): \(session)")
            if credential.userID != 0, name != "oauth2_revoked" {
                #expect(session["user"]?["id"] == .string("\(credential.userID)"), "\(name)")
            }
        }
        #expect(try asker.session("oauth2_revoked")["reason"] == "access-token-revoked")
    }

    @Test func classesShowEachRule() throws {
        let asker = try Asker()
        #expect(try asker.session("oauth1")["class"] == "established-user")
        #expect(try asker.session("oauth1_other_user")["class"] == "authed-user")
        #expect(try asker.session("oauth1_owner_only")["class"] == "approved-bot")
    }

    @Test func whatIsRefusedHasTheReasonItIsNamedFor() throws {
        let asker = try Asker()
        let reasons = [
            "proposed": "consumer-not-approved", "rejected": "consumer-not-approved",
            "expired": "consumer-not-approved",
            "disabled": "consumer-not-approved", "other_wiki": "wrong-wiki", "other_address": "address-not-allowed",
        ]
        #expect(asker.demo.refused.keys.sorted() == reasons.keys.sorted())
        for (name, reason) in reasons {
            #expect(try asker.session("refused.\(name)")["reason"] == .string(reason), "\(name)")
        }
    }

    @Test func centralAuthTablesAreThereToo() throws {
        let asker = try Asker(environment: ["SESSIONGATE_USERS_SOURCE": "CentralAuth"])
        let session = try asker.session("oauth1_owner_only")
        #expect(session["user"]?["sub"] == .string("mw:CentralAuth::\(asker.demo.oauth1OwnerOnly.userID)"))
        #expect(session["class"] == "approved-bot")
    }

    @Test func aNewTokenIsValidForTheUserItIsFor() throws {
        let directory = try SharedDemo.state().directory
        var demo = try SharedDemo.state().credentials
        demo.oauth2.accessToken = try demo.issueToken(
            for: "oauth2", user: "Bob", lifetime: 60, now: now, directory: directory)
        demo.oauth2ClientCredentials.accessToken = try demo.issueToken(
            for: "oauth2_client_credentials", user: nil, lifetime: 60, now: now, directory: directory)
        let renewed = try Asker(demo)
        #expect(try renewed.session("oauth2")["user"]?["name"] == "Bob")
        #expect(try renewed.session("oauth2_client_credentials")["type"] == "oauth2-client")
        for (name, user) in [("oauth2", "Dave"), ("oauth2", "Nobody"), ("oauth1", nil), ("oauth2_owner_only", "Alice")]
        {
            #expect(throws: DemoError.self) {
                try demo.issueToken(for: name, user: user, lifetime: 60, now: now, directory: directory)
            }
        }
    }
}

@Suite struct DemoFileTests {
    @Test func secretsAreTheirOwnersOnly() throws {
        let state = try SharedDemo.state()
        for file in state.files {
            let expected = file == "sessiongate.yaml" ? 0o644 : 0o600
            #expect(try ScratchDirectory.mode(of: "\(state.directory)/\(file)") == expected, "\(file)")
        }
        #expect(try ScratchDirectory.mode(of: "\(state.directory)/keys") == 0o700)
        #expect(state.files.contains("demo.json"))
        #expect(state.summary.contains(state.credentials.oauth1.tokenSecret))
    }

    @Test func nothingIsEverOverwritten() throws {
        let directory = try ScratchDirectory()
        let state = try DemoState(creatingIn: directory.path, now: now)
        let before = try state.files.map { try directory.bytes($0) }
        #expect(throws: FileProblem.self) { try DemoState(creatingIn: directory.path, now: now) }
        #expect(try state.files.map { try directory.bytes($0) } == before)
    }

    @Test(arguments: ["demo.json", "keys/session-cookie.key"]) func oneFileIsEnoughToRefuse(file: String) throws {
        let directory = try ScratchDirectory()
        try FileManager.default.createDirectory(atPath: directory.file("keys"), withIntermediateDirectories: true)
        try directory.write(file, "mine")
        let problem = #expect(throws: FileProblem.self) { try DemoState(creatingIn: directory.path, now: now) }
        #expect(problem?.description.contains(file) == true)
        #expect(try directory.bytes(file) == Array("mine".utf8))
        #expect(!FileManager.default.fileExists(atPath: directory.file("oauth.sqlite")))
    }

    /// The names are an interface: scripts read them.
    @Test func theNamesInDemoJSON() throws {
        let file = try SharedDemo.state().directory + "/demo.json"
        let demo = try JSON(parsing: Array(Data(contentsOf: URL(filePath: file))))
        let oauth1 = ["consumer_key", "consumer_secret", "token", "token_secret", "user_id", "user_name"]
        for name in ["oauth1", "oauth1_other_user", "oauth1_owner_only"] {
            #expect(demo[name]?.members?.map(\.name) == oauth1)
        }
        #expect(demo["oauth1_rsa"]?.members?.map(\.name).sorted() == (oauth1 + ["private_key_pem"]).sorted())
        for name in ["oauth2_owner_only", "oauth2", "oauth2_client_credentials", "oauth2_revoked"] {
            #expect(demo[name]?.members?.map(\.name) == ["access_token", "client_id", "user_id", "user_name"])
        }
        #expect(demo["oauth1"]?["consumer_key"] == demo["oauth1_other_user"]?["consumer_key"])
        #expect(demo["oauth1"]?["user_id"] != demo["oauth1_other_user"]?["user_id"])
        #expect(demo["issuer"] == "https://wiki.demo.test")
        #expect(demo["cookie_name"] == "sessionJwt")
    }
}
