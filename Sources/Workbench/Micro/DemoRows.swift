// Rows and signed requests for measurements: a wiki of any size, in memory.

import Authorization
import Cryptography
import Wire

/// As many users, consumers and tokens as are asked for; every key is computed from its number.
struct DemoRows: Directory {
    func consumer(key: [UInt8]) throws -> Consumer? {
        guard let number = Self.number(key, prefix: "consumer-") else {
            return Self.number(key, prefix: "client-").map { Self.consumer($0, oauthVersion: 2) }
        }
        return Self.consumer(number, oauthVersion: 1)
    }

    func consumer(id: Int64) throws -> Consumer? {
        Self.consumer(id % 1_000_000_000, oauthVersion: id < 1_000_000_000 ? 1 : 2)
    }

    func acceptance(token: [UInt8]) throws -> Acceptance? {
        // token-<user>-<consumer>
        let parts = String(decoding: token, as: UTF8.self).split(separator: "-")
        guard parts.count == 3, let user = Int64(parts[1]), let consumer = Int64(parts[2]) else { return nil }
        return Self.acceptance(user: user, consumer: consumer)
    }

    func acceptance(id: Int64) throws -> Acceptance? {
        Self.acceptance(user: id, consumer: 1_000_000_000 + id)
    }

    func accessToken(identifier: [UInt8]) throws -> AccessTokenRow? {
        Self.number(identifier, prefix: "jti-").map {
            AccessTokenRow(identifier: identifier, acceptanceID: $0, revoked: false)
        }
    }

    func user(id: Int64, at now: Timestamp) throws -> User? {
        User(id: id, name: "User \(id)", editCount: 5000, registration: 0)
    }

    private static func number(_ key: [UInt8], prefix: String) -> Int64? {
        let text = String(decoding: key, as: UTF8.self)
        return text.hasPrefix(prefix) ? Int64(text.dropFirst(prefix.count)) : nil
    }

    private static func consumer(_ number: Int64, oauthVersion: Int) -> Consumer {
        let isOwnerOnly = oauthVersion == 2
        return Consumer(
            id: number + (oauthVersion == 2 ? 1_000_000_000 : 0),
            key: Array((isOwnerOnly ? "client-\(number)" : "consumer-\(number)").utf8), name: "Consumer \(number)",
            ownerID: number, ownerOnly: isOwnerOnly, stage: .approved, wiki: "*", oauthVersion: oauthVersion,
            storedSecret: Array("consumer-secret-0123456789abcdef".utf8), rsaKey: [],
            restrictions: Array(#"{"IPAddresses":["0.0.0.0/0","::/0"]}"#.utf8), grants: Array(#"["basic"]"#.utf8))
    }

    private static func acceptance(user: Int64, consumer: Int64) -> Acceptance {
        Acceptance(
            id: user, wiki: "*", userID: user, consumerID: consumer,
            accessToken: Array("token-\(user)-\(consumer)".utf8),
            storedSecret: Array("token-secret-0123456789abcdef".utf8), grants: Array(#"["basic"]"#.utf8))
    }
}

/// Requests as Envoy describes them, about 1.5 KB each.
struct DemoRequests {
    private static let browserHeaders: [(String, String)] = [
        (":authority", "en.wiki.test"), (":method", "GET"), (":scheme", "https"), ("accept", "application/json"),
        ("accept-encoding", "gzip, deflate, br"), ("accept-language", "en-GB,en;q=0.7,de;q=0.3"),
        ("user-agent", "ExampleBot/3.2 (https://meta.wiki.test/wiki/User:ExampleBot; bot@example.org) mwclient/0.11.0"),
        ("x-forwarded-for", "203.0.113.5"), ("x-forwarded-proto", "https"), ("x-client-ip", "203.0.113.5"),
        ("x-request-id", "c712d656-96da-4f99-8f8e-cb5db3c2c779"), ("cache-control", "no-cache"),
    ]
    static let path =
        "/w/api.php?action=query&prop=revisions&titles=Main%20Page&rvprop=content&format=json&formatversion=2"

    /// A request without credentials.
    static func anonymous(id: Int) -> CheckRequestBuilder {
        var builder = CheckRequestBuilder(method: "GET", scheme: "https", host: "en.wiki.test", path: path)
        builder.id = Array("11982374650918236\(id)".utf8)
        builder.sourceAddress = Array("203.0.113.5".utf8)
        builder.sourcePort = 40_000
        builder.size = 0
        for (name, value) in browserHeaders { builder.addHeader(name, value) }
        builder.addHeader(":path", path)
        builder.addHeader("cookie", "GeoIP=DE:::51.30:9.49:v4; WMF-Last-Access=01-Mar-2026; NetworkProbeLimit=0.001")
        return builder
    }

    /// An OAuth 1 request of user `user` by consumer `consumer`, correctly signed.
    static func oauth1(user: Int, consumer: Int, nonce: Int, at now: Timestamp, key: HMACSHA1Key) -> CheckRequestBuilder
    {
        let token = "token-\(user)-\(consumer)"
        let base =
            "GET&https%3A%2F%2Fen.wiki.test%2Fw%2Fapi.php&action%3Dquery%26format%3Djson%26formatversion%3D2"
            + "%26oauth_consumer_key%3Dconsumer-\(consumer)%26oauth_nonce%3Dnonce\(nonce)%26oauth_signature_method%3DHMAC-SHA1"
            + "%26oauth_timestamp%3D\(now.seconds)%26oauth_token%3D\(token)%26oauth_version%3D1.0%26prop%3Drevisions"
            + "%26rvprop%3Dcontent%26titles%3DMain%2520Page"
        var code: [UInt8] = []
        Array(base.utf8).withBytes { key.authenticate($0) }.withBytes { Base64.encodeStandard($0, into: &code) }
        var signature: [UInt8] = []
        code.withBytes { Percent.encode($0, into: &signature) }
        var builder = anonymous(id: nonce)
        builder.addHeader(
            "authorization",
            #"OAuth oauth_consumer_key="consumer-\#(consumer)", oauth_token="\#(token)", oauth_signature_method="HMAC-SHA1", "#
                + #"oauth_timestamp="\#(now.seconds)", oauth_nonce="nonce\#(nonce)", oauth_version="1.0", "#
                + #"oauth_signature="\#(String(decoding: signature, as: UTF8.self))""#)
        return builder
    }

    /// The HMAC key behind every consumer and token of `DemoRows`.
    static var signingKey: HMACSHA1Key {
        Array("consumer-secret-0123456789abcdef&token-secret-0123456789abcdef".utf8).withBytes { HMACSHA1Key(key: $0) }
    }

    /// A request with the owner-only access token of user `user`.
    static func bearer(user: Int, id: Int, key: RSAPrivateKey) -> CheckRequestBuilder {
        var builder = anonymous(id: id)
        builder.addHeader(
            "authorization", "Bearer " + jwt(#"{"aud":"client-\#(user)","jti":"jti-\#(user)","sub":"\#(user)"}"#, key))
        return builder
    }

    /// A JWT over `payload`.
    static func jwt(_ payload: String, _ key: RSAPrivateKey) -> String {
        var token: [UInt8] = []
        Array(#"{"typ":"JWT","alg":"RS256"}"#.utf8).withBytes { Base64.encodeURL($0, into: &token) }
        token.append(UInt8(ascii: "."))
        Array(payload.utf8).withBytes { Base64.encodeURL($0, into: &token) }
        let signature = (try? token.withBytes { try key.sign($0, digest: .sha256) }) ?? []
        token.append(UInt8(ascii: "."))
        signature.withBytes { Base64.encodeURL($0, into: &token) }
        return String(decoding: token, as: UTF8.self)
    }
}
