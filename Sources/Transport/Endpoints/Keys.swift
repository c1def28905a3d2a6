// /.well-known/jwks.json: the public keys of the session cookie (RFC 7517).

extension Endpoints {
    func serveKeys(_ exchange: Exchange) {
        guard exchange.requireMethod([.get, .head], "GET, HEAD") else { return }
        // Keys are published long before they sign and long after: five minutes are short.
        exchange.reply.answer(json: policy.keys.jwks, cacheControl: "public, max-age=300")
    }
}
