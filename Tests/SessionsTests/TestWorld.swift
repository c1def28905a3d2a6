// A small wiki in memory, and an OAuth 1 client for it: what the tests of the check start from.

import Sessions
import Cryptography
import Bytes
import EnvoyProtocol
import TestSupport

/// A wiki with Alice (3) and Bob (5), one OAuth 1 consumer and one owner-only OAuth 2 consumer of Alice's.
final class TestWorld {
    static let start = Timestamp(seconds: 1_772_366_400)
    static let accessTokenKey = try! SigningKey.generate(.rs256)
    static let cookieKey = try! SigningKey.generate(.rs256)

    var settings = Settings()
    var accessTokenKeys = [TestWorld.accessTokenKey.publicKey]
    /// Signs cookies: the service's, and those that `cookie` makes.
    var signer = TestWorld.cookieKey
    var publishedKeys: [VerificationKey] = []
    let directory = InMemoryDirectory()
    var now = TestWorld.start
    private(set) lazy var policy = Policy(
        settings: settings,
        keys: KeyRing(
            accessTokenKeys: accessTokenKeys, signer: signer, signerID: settings.cookie.keyID,
            alsoPublished: publishedKeys))
    /// Gets the classes that tokens name and that are not allowed.
    var reportClass: @Sendable (String) -> Void = { _ in }
    private(set) lazy var memory = Memory(settings, reportClass: reportClass)
    var scratch = Scratch()
    var loader: Loader { Loader(policy, memory, directory) }

    init() {
        settings.cookie.issuer = "https://wiki.test"
        settings.users.source = .centralAuth
        settings.wikis.fallback = Wiki(id: "wiki", server: .fixed(scheme: nil, host: "wiki.test", port: nil))
        directory.users = [User(id: 3, name: "Alice"), User(id: 5, name: "Bob")]
        directory.consumers = [
            consumer(id: 1, key: "ck", version: 1), consumer(id: 2, key: "oo", version: 2, ownerOnly: true),
        ]
        directory.acceptances = [
            acceptance(id: 1, user: 3, consumer: 1, token: "ta"), acceptance(id: 2, user: 5, consumer: 1, token: "tb"),
            acceptance(id: 3, user: 3, consumer: 2, token: "to"),
        ]
        directory.tokens = [AccessTokenRow(identifier: Array("jti-1".utf8), acceptanceID: 3, revoked: false)]
    }

    private func consumer(id: Int64, key: String, version: Int, ownerOnly: Bool = false) -> Consumer {
        Consumer(
            id: id, key: Array(key.utf8), name: "App \(id)", ownerID: 3, ownerOnly: ownerOnly, stage: .approved,
            wiki: "*",
            oauthVersion: version, storedSecret: Array("cs".utf8), rsaKey: [],
            restrictions: Array(#"{"IPAddresses":["0.0.0.0/0","::/0"]}"#.utf8), grants: Array(#"["basic"]"#.utf8))
    }

    private func acceptance(id: Int64, user: Int64, consumer: Int64, token: String) -> Acceptance {
        Acceptance(
            id: id, wiki: "*", userID: user, consumerID: consumer, accessToken: Array(token.utf8),
            storedSecret: Array("ts".utf8), grants: Array(#"["basic"]"#.utf8))
    }

    /// What came of a check.
    struct Outcome {
        var decision: Decision?
        var fault: Fault?
        var response: EnvoyCheckResponse?
        var lookups: [Lookup] = []

        var reason: Reason? { decision?.reason }
        var cookies: [String] {
            (response?.ok?.responseHeadersToAdd ?? []).filter { $0.header.key == "set-cookie" }.map(\.header.value)
        }
    }

    /// One step of a check: what is decided is carried out, and the answer written.
    func step(_ message: [UInt8]) -> Step<(settled: SettledDecision, response: [UInt8])> {
        message.withBytes { bytes in
            try! policy.withRequest(bytes) { request in
                let step = decide(request, policy, memory, at: now, &scratch)
                memory.keep(&scratch, policy, at: now)
                return step.flatMap { memory.carryOut($0, policy, at: now) }.flatMap { settled in
                    var response: [UInt8] = []
                    CheckResponseWriter.write(settled, to: request, policy, into: &response)
                    return .decided((settled, response))
                }
            }
        }
    }

    /// Checks `request`, and looks up what is missing as it goes.
    func check(_ request: CheckRequestBuilder) -> Outcome { check(request.encode()) }

    /// Checks an encoded request.
    func check(_ message: [UInt8]) -> Outcome {
        var outcome = Outcome()
        do throws(Fault) {
            let (settled, response) = try settled {
                step(message)
            } load: { (lookup) throws(Fault) in
                outcome.lookups.append(lookup)
                try loader.load(lookup, at: now)
            }
            outcome.decision = settled.decision
            outcome.response = response.withBytes { try! EnvoyCheckResponse(protobuf: $0) }
        } catch {
            outcome.fault = error
        }
        return outcome
    }

    /// The bytes of the answer, when all that is missing is looked up.
    func answer(_ request: CheckRequestBuilder) -> [UInt8] {
        _ = check(request)
        // The same id: a retry, when a nonce was claimed.
        guard case .decided(let (_, response)) = step(request.encode()) else { return [] }
        return response
    }

    /// A request without credentials.
    func request(_ path: String = "/w/api.php?action=query", id: String = "") -> CheckRequestBuilder {
        var builder = CheckRequestBuilder(method: "GET", scheme: "https", host: "wiki.test", path: path)
        builder.sourceAddress = Array("203.0.113.5".utf8)
        builder.id = Array(id.utf8)
        return builder
    }

    /// A request signed by hand: the parameters are plain, so that the base string can be read.
    func signed(
        token: String = "ta", nonce: String, timestamp: Int64? = nil, path: String = "/w/api.php?action=query",
        id: String = "", secrets: String = "cs&ts"
    ) -> CheckRequestBuilder {
        let seconds = timestamp ?? now.seconds
        let parts = path.split(separator: "?", maxSplits: 1)
        let query = parts.count == 2 ? parts[1].replacing("=", with: "%3D").replacing("&", with: "%26") + "%26" : ""
        let base =
            "GET&https%3A%2F%2Fwiki.test\(parts[0].replacing("/", with: "%2F"))&\(query)oauth_consumer_key%3Dck"
            + "%26oauth_nonce%3D\(nonce)%26oauth_signature_method%3DHMAC-SHA1%26oauth_timestamp%3D\(seconds)"
            + "%26oauth_token%3D\(token)"
        let signature = Self.hmac(base, key: secrets)
        var builder = request(path, id: id)
        builder.addHeader(
            Array("authorization".utf8),
            Array(
                (#"OAuth oauth_consumer_key="ck", oauth_token="\#(token)", oauth_signature_method="HMAC-SHA1", "#
                    + #"oauth_timestamp="\#(seconds)", oauth_nonce="\#(nonce)", oauth_signature="\#(signature)""#).utf8)
        )
        return builder
    }

    /// Percent-encoded base64 of an HMAC-SHA1.
    static func hmac(_ text: String, key: String) -> String {
        var base64: [UInt8] = []
        Array(text.utf8).withBytes { Array(key.utf8).withBytes { HMACSHA1Key(key: $0) }.authenticate($0) }
            .withBytes { Base64.encodeStandard($0, into: &base64) }
        var encoded: [UInt8] = []
        base64.withBytes { Percent.encode($0, into: &encoded) }
        return String(decoding: encoded, as: UTF8.self)
    }

    /// A signed JWT; with `header` as its header, whatever the key's algorithm is.
    static func jwt(_ payload: String, header: String? = nil, key: SigningKey) -> String {
        let payload = Array(payload.utf8)
        let token =
            if let header {
                try! JWS.sign(header: Array(header.utf8), payload, with: key)
            } else {
                try! JWS.sign(payload, with: key)
            }
        return String(decoding: token, as: UTF8.self)
    }

    /// A request with a Bearer token of the owner-only consumer.
    func bearer(_ claims: String = #""aud":"oo","jti":"jti-1","sub":"3""#) -> CheckRequestBuilder {
        var builder = request()
        let token = Self.jwt("{\(claims)}", key: Self.accessTokenKey)
        builder.addHeader(Array("authorization".utf8), Array("Bearer \(token)".utf8))
        return builder
    }

    /// A CentralAuth token.
    func centralAuthToken(sub: String = "mw:local:wiki:3", softExpiry: Int64, more: String = "") -> String {
        cookie(sub: sub, softExpiry: softExpiry, more: #","CAToken":1\#(more)"#)
    }

    /// A session cookie of the service's own kind.
    func cookie(sub: String = "mw:local:wiki:3", softExpiry: Int64, more: String = "") -> String {
        Self.jwt(
            #"{"iss":"https://wiki.test","sxp":\#(softExpiry),"jti":"x","sub":"\#(sub)","iat":\#(now.seconds)\#(more)}"#,
            key: signer)
    }
}

extension CheckRequestBuilder {
    /// With one more header.
    func adding(_ name: String, _ value: String) -> CheckRequestBuilder {
        var copy = self
        copy.addHeader(Array(name.utf8), Array(value.utf8))
        return copy
    }
}
