import Bytes
import EnvoyProtocol
import Testing

@Suite struct CredentialMaskTests {
    private func masked(_ text: String, _ mask: (Bytes) -> [UInt8]) -> String {
        String(decoding: Array(text.utf8).withBytes(mask), as: UTF8.self)
    }

    private let jwt = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIzIn0.c2lnbmF0dXJlLXNpZ25hdHVyZQ"

    @Test(arguments: [
        (
            #"OAuth oauth_consumer_key="k", oauth_token="t", oauth_signature="abcdefghijklmnopqrstuvwxyz%3D", oauth_nonce="n""#,
            #"OAuth oauth_consumer_key="k", oauth_token="t", oauth_signature="abcdef…", oauth_nonce="n""#
        ),
        (#"OAuth oauth_signature=short, oauth_verifier="v""#, #"OAuth oauth_signature=…, oauth_verifier=…"#),
        (
            #"OAuth oauth_signature_method="PLAINTEXT", oauth_signature="consumersecret%26tokensecret""#,
            #"OAuth oauth_signature_method="PLAINTEXT", oauth_signature="…""#
        ),
        ("Bearer opaque-token", "Bearer …"), ("CentralAuthToken 0123", "CentralAuthToken …"),
        ("Basic dXNlcjpwYXNz", "Basic …"), ("OAuth", "OAuth"), ("", ""),
    ])
    func authorization(_ value: String, _ expected: String) {
        #expect(masked(value, CredentialMask.authorization) == expected)
    }

    @Test func ofAJWTTheClaimsStay() {
        let kept = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIzIn0.…"
        #expect(masked("Bearer \(jwt)", CredentialMask.authorization) == "Bearer \(kept)")
        #expect(
            masked("a=1; sessionJwt=\(jwt); b", { CredentialMask.cookie($0, session: Array("sessionJwt".utf8)) })
                == "a=…; sessionJwt=\(kept);…")
        #expect(masked("a=\(jwt)", { CredentialMask.cookie($0, session: Array("sessionJwt".utf8)) }) == "a=…")
    }

    /// However odd a request is, what proves whose it is must not be kept: the signature of a token, a secret, a password.
    @Test(arguments: [
        "OAuth JWT", "OAuth k=\"…\", Bearer JWT", "Bearer JWT.", "Bearer JWT,Bearer JWT", "Bearer JWT v1.0", "JWT",
        "x JWT",
        "OAuth oauth_signature_method=\"PLAINTEXT\" oauth_signature=\"hunter2%26hunter2\"",
        "OAuth oauth_signature_method=PLAINTEXT; oauth_signature=hunter2%26hunter2",
        "OAuth oauth_signature=\"PLAINTEXThunter2,hunter2\"",
    ])
    func nothingUsableOfAHeaderStays(_ pattern: String) {
        let masked = masked(pattern.replacing("JWT", with: jwt), CredentialMask.authorization)
        #expect(!masked.contains("c2lnbmF0") && !masked.contains("hunter2"), "\(masked)")
    }

    @Test(arguments: ["sessionJwt=JWT.", "sessionJwt=JWT|JWT", "sessionJwt=\"JWT\"", "JWT", "a; JWT=b"])
    func nothingUsableOfACookieStays(_ pattern: String) {
        let masked = masked(pattern.replacing("JWT", with: jwt)) {
            CredentialMask.cookie($0, session: Array("sessionJwt".utf8))
        }
        #expect(!masked.contains("c2lnbmF0"), "\(masked)")
    }

    @Test(arguments: [
        "/w/api.php?JWT", "/w/api.php?JWT=x", "/w/JWT/x", "/w/api.php%3Faccess_token=hunter2",
        "/w/api.php;access_token=hunter2", "/w/api.php&token=hunter2", "/w/api.php#access_token=hunter2",
        "http://user:hunter2@h/w",
        "/?session=hunter2&sid=hunter2&otp=hunter2&auth=hunter2&jwt=hunter2&passphrase=hunter2",
        "/?{\"password\":\"hunter2\"}", "/?--x\r\nname=\"password\"\r\n\r\nhunter2",
    ])
    func nothingUsableOfATargetStays(_ pattern: String) {
        let masked = masked(pattern.replacing("JWT", with: jwt), CredentialMask.target)
        #expect(!masked.contains("c2lnbmF0") && !masked.contains("hunter2"), "\(masked)")
    }

    @Test func aHostHasNoPassword() {
        #expect(masked("user:hunter2@wiki.example", CredentialMask.host) == "…@wiki.example")
        #expect(masked("wiki.example:8080", CredentialMask.host) == "wiki.example:8080")
    }

    @Test(arguments: [
        ("/w/api.php", "/w/api.php"), ("/wiki/A=B", "/wiki/A=B"),
        ("/w/api.php?action=query&titles=A%20B", "/w/api.php?action=query&titles=A%20B"),
        (
            "/w/api.php?token=abc%2B%5C&lgpassword=p&centralauthtoken=x&a",
            "/w/api.php?token=…&lgpassword=…&centralauthtoken=…&a"
        ),
        ("/?returnto=%2Fw%3Faccess_token%3Dsecret", "/?returnto=…"), ("/?%74oken=x;pass=y", "/?%74oken=…;pass=…"),
        ("/eyJhbGciOiJub25lIn0.e30./x?a=b", "/…?a=b"), ("/?a=eyJhbGciOiJub25lIn0.e30.", "/?a=…"),
    ])
    func targets(_ value: String, _ expected: String) {
        #expect(masked(value, CredentialMask.target) == expected)
    }
}
