// Tokens: as an access token and as a session cookie.

import Bytes
import Cryptography
import EnvoyProtocol

/// Reads `input` as a token; or, where it has a line feed, as a token's header and payload, which are signed.
func fuzzJWT(_ input: Bytes) throws(BrokenPromise) {
    let (header, payload) = input.split(at: UInt8(ascii: "\n"))
    let isSigned = header.count < input.count
    let token = isSigned ? try signed(header, payload) : input.array
    for name in ["authorization", "cookie"] {
        let prefix = name == "cookie" ? "sessionJwt=" : "Bearer "
        var request = FuzzWiki.request()
        request.addHeader(Array(name.utf8), Array(prefix.utf8) + token)
        var wiki = FuzzWiki()
        let outcome = try wiki.check(request)
        guard outcome.name == "authenticated" else { continue }
        try promise(isSigned, "only a signed token authenticates")
        try promise(saysES256(header), "only a token that says ES256 authenticates")
    }
}

private func signed(_ header: Bytes, _ payload: Bytes) throws(BrokenPromise) -> [UInt8] {
    do throws(KeyError) {
        return try JWS.sign(header: header.array, payload.array, with: FuzzWiki.key)
    } catch {
        throw BrokenPromise(promise: "what is to be signed is signed")
    }
}

private func saysES256(_ header: Bytes) -> Bool {
    (try? JSON(parsing: header))?.members?.last { $0.name == "alg" }?.value == "ES256"
}
