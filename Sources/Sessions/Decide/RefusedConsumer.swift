// Whose application a refused request says it is of, so that its author can be told. Only refusals are asked about that.
//
// A name counts when it is that of a registered consumer; any other is a stranger's text, which belongs in no log.

import Bytes

/// Where credentials name the consumer.
enum ConsumerPlace {
    /// They name none.
    case nowhere
    /// In what is signed with OAuth 1.
    case inSignature
    /// In the token of this Authorization header.
    case inToken(Bytes)
}

extension Check {
    /// The registered consumer that credentials name, as far as the check had come to know it; nil when it had not.
    func registeredConsumer(named place: ConsumerPlace, _ scratch: borrowing Scratch) -> KnownConsumer? {
        switch place {
        case .inSignature:
            scratch.signer.flatMap { memory.oauth1.value($0, at: now, generation: policy.generation)?.consumer }
        case .inToken(let header): registeredClient(ofToken: Self.bearerToken(header), scratch)
        case .nowhere: nil
        }
    }

    /// The consumer of an access token whose signature was verified. An expired one has no rows in memory, but its consumer is
    /// remembered there when it was used lately.
    private func registeredClient(ofToken text: Bytes, _ scratch: borrowing Scratch) -> KnownConsumer? {
        let generation = policy.generation
        let remembered = memory.tokens.value(CacheKey(token: text), at: now, generation: generation)
        guard let token = remembered ?? scratch.verified.token, token.isAbout(text) else { return nil }
        if let rows = memory.oauth2.value(token.rowsKey, at: now, generation: generation) {
            return rows.client ?? rows.grant?.identity.consumer
        }
        return token.withClientID { memory.consumers.value(CacheKey($0, .empty), at: now, generation: generation) }
    }
}

extension VerifiedToken {
    /// What `body` makes of the consumer key that the token names, of several the first.
    fileprivate func withClientID<Result>(_ body: (Bytes) -> Result?) -> Result? {
        text.withBytes { text in
            JWT.readVerified(text) { claims in
                let client = claims[.aud].flatMap { $0.kind == .array ? $0.firstElement : $0 }
                return client.flatMap { $0.withText(body) ?? nil }
            }
        }
    }
}
