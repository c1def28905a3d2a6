// Tokens: as an access token and as a session cookie.

import Bytes
import Cryptography
import EnvoyProtocol

/// Reads `input` as a token; or, where it has a line feed, as a token's header and payload, which are signed.
func fuzzJWT(_ input: Bytes) throws(BrokenPromise) {
    let (header, payload) = input.split(at: UInt8(ascii: "\n"))
    let isSigned = header.count < input.count
    let token = isSigned ? signed(header, payload) : input.array
    for name in ["authorization", "cookie"] {
        let prefix = name == "cookie" ? "sessionJwt=" : "Bearer "
        var request = FuzzWiki.request()
        request.addHeader(Array(name.utf8), Array(prefix.utf8) + token)
        let outcome = try FuzzWiki().check(request)
        guard outcome.name == "authenticated" else { continue }
        try promise(isSigned, "only a signed token authenticates")
        try promise(saysRS256(header), "only a token that says RS256 authenticates")
    }
}

/// The token with this header and payload.
private func signed(_ header: Bytes, _ payload: Bytes) -> [UInt8] {
    var token: [UInt8] = []
    Base64.encodeURL(header, into: &token)
    token.append(UInt8(ascii: "."))
    Base64.encodeURL(payload, into: &token)
    let signature = try? token.withBytes { (text) throws(KeyError) in
        try FuzzWiki.key.sign(text, digest: .sha256)
    }
    token.append(UInt8(ascii: "."))
    signature?.withBytes { Base64.encodeURL($0, into: &token) }
    return token
}

private func saysRS256(_ header: Bytes) -> Bool {
    (try? JSON(parsing: header))?.members?.last { $0.name == "alg" }?.value == "RS256"
}
