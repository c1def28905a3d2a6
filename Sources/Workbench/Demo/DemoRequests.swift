// Requests as Envoy describes them, for measurements: about 1.5 KB each, correctly signed by made-up clients.

import Sessions
import Cryptography
import Bytes
import EnvoyProtocol

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

    /// Cookies that say nothing about the user.
    static let cookies = "GeoIP=DE:::51.30:9.49:v4; WMF-Last-Access=01-Mar-2026; NetworkProbeLimit=0.001"

    /// A request without OAuth credentials.
    static func anonymous(id: Int, session: String? = nil) -> CheckRequestBuilder {
        var builder = CheckRequestBuilder(method: "GET", scheme: "https", host: "en.wiki.test", path: path)
        builder.id = Array("11982374650918236\(id)".utf8)
        builder.sourceAddress = Array("203.0.113.5".utf8)
        builder.sourcePort = 40_000
        builder.size = 0
        for (name, value) in browserHeaders { builder.addHeader(name, value) }
        builder.addHeader(":path", path)
        builder.addHeader("cookie", cookies + (session.map { "; sessionJwt=" + $0 } ?? ""))
        return builder
    }

    /// An OAuth 1 request of user `user` by consumer `consumer`, correctly signed.
    static func oauth1(
        user: Int, consumer: Int, nonce: Int, session: String? = nil, at now: Timestamp, key: HMACSHA1Key
    ) -> CheckRequestBuilder {
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
        var builder = anonymous(id: nonce, session: session)
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

    /// The owner-only access token of user `user`; those with another `issued` are other tokens.
    static func accessToken(user: Int, issued: Int64, key: SigningKey) -> String {
        jwt(
            #"{"aud":"client-\#(user)","jti":"jti-\#(user)","iat":\#(issued),"sub":"\#(user)","scopes":["basic","editpage"]}"#,
            key)
    }

    /// A JWT over `payload`; empty if libcrypto fails.
    static func jwt(_ payload: String, _ key: SigningKey) -> String {
        String(decoding: (try? JWS.sign(Array(payload.utf8), with: key)) ?? [], as: UTF8.self)
    }
}
