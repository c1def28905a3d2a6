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

    @Test(arguments: [
        ("/w/api.php", "/w/api.php"), ("/w/api.php?action=query&titles=A%20B", "/w/api.php?action=query&titles=A%20B"),
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
