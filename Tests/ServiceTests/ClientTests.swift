import Cryptography
import Tools
import Testing
import Bytes

@Suite struct OAuth1ClientTests {
    /// RFC 5849, 3.4.1.1.
    @Test func theBaseStringOfTheRFC() throws {
        let request = try #require(
            ClientRequest(
                method: "post", url: "http://EXAMPLE.COM:80/request?b5=%3D%253D&a3=a&c%40=&a2=r%20b", form: "c2&a3=2+q")
        )
        let base = request.signatureBaseString(protocolParameters: [
            ("oauth_consumer_key", "9djdj82h48djs9d2"), ("oauth_token", "kkk9d7dh3k39sjv7"),
            ("oauth_signature_method", "HMAC-SHA1"), ("oauth_timestamp", "137131201"), ("oauth_nonce", "7d8f3e4a"),
        ])
        #expect(
            base == """
                POST&http%3A%2F%2Fexample.com%2Frequest&a2%3Dr%2520b%26a3%3D2%2520q%26a3%3Da%26b5%3D%253D%25253D%26c%2540%3D\
                %26c2%3D%26oauth_consumer_key%3D9djdj82h48djs9d2%26oauth_nonce%3D7d8f3e4a%26oauth_signature_method%3D\
                HMAC-SHA1%26oauth_timestamp%3D137131201%26oauth_token%3Dkkk9d7dh3k39sjv7
                """)
    }

    /// RFC 5849, 1.2, the request for the photo.
    @Test func theSignatureOfTheRFC() throws {
        let request = try #require(
            ClientRequest(method: "GET", url: "http://photos.example.net/photos?file=vacation.jpg&size=original"))
        let client = OAuth1Client(
            consumerKey: "dpf43f3p2l4k3l03", token: "nnch734d00sl2jdk",
            signing: .secrets(consumer: "kd94hf93k423kf44", token: "pfkkdhi9sl3r4s00"))
        let header = try client.authorization(for: request, timestamp: 137_131_202, nonce: "chapoH")
        #expect(header.hasPrefix("OAuth oauth_consumer_key=\"dpf43f3p2l4k3l03\", oauth_token="))
        #expect(header.hasSuffix(", oauth_signature=\"MdpQcU8iPSUjWoN%2FUDMsK2sui9I%3D\""))
    }

    @Test func anRSASignatureVerifies() throws {
        let key = try RSAPrivateKey.generate()
        let request = try #require(ClientRequest(method: "GET", url: "https://wiki.example"))
        let client = OAuth1Client(consumerKey: "c", token: "t", signing: .key(key))
        let header = try client.authorization(for: request, timestamp: 1, nonce: "n")
        let encoded = try #require(header.firstMatch(of: /oauth_signature="([^"]+)"/)).1
        var (text, signature): ([UInt8], [UInt8]) = ([], [])
        Array(encoded.utf8).withBytes { Percent.decode($0, into: &text) }
        #expect(text.withBytes { Base64.decodeStandard($0, into: &signature) })
        let base = Array(
            """
            GET&https%3A%2F%2Fwiki.example%2F&oauth_consumer_key%3Dc%26oauth_nonce%3Dn%26oauth_signature_method%3DRSA-SHA1%26\
            oauth_timestamp%3D1%26oauth_token%3Dt
            """.utf8)
        let isValid = signature.withBytes { signature in
            base.withBytes { key.publicKey.verify(signature: signature, message: $0, digest: .sha1) }
        }
        #expect(isValid)
    }

    @Test(arguments: [
        "", "wiki.example", "/w/api.php", "ftp://wiki.example/", "https://", "https:///w", "https://a b/",
        "https://a:x/",
        "https://a/ b", "https://a/\nb", "https://user@wiki.example/",
    ])
    func aURLThatCannotBeSignedIsNone(url: String) {
        #expect(ClientRequest(method: "GET", url: url) == nil)
    }

    @Test func aCurlCommandSurvivesTheShell() throws {
        let request = try #require(ClientRequest(method: "PUT", url: "http://h/it's?a=$b&c", form: "d=`e`"))
        #expect(
            request.curl(authorization: "OAuth a=\"b\"") == """
                curl -i --path-as-is -g -X PUT -H 'Authorization: OAuth a="b"' --data-raw 'd=`e`' 'http://h/it'\\''s?a=$b&c'
                """)
        let plain = try #require(ClientRequest(method: "GET", url: "http://h/a"))
        #expect(
            plain.curl(authorization: "Bearer x") == "curl -i --path-as-is -g -H 'Authorization: Bearer x' http://h/a")
    }
}
