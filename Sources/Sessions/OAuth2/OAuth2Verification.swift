// OAuth 2 access tokens in MediaWiki's order: signature, times, row, subject, client, acceptance, and what both OAuth versions check.

import Bytes
import Cryptography

extension Check {
    /// Verifies the token in an Authorization header that begins with `Bearer`.
    func verifyBearer(_ header: Bytes, wiki: ServedWiki, _ scratch: inout Scratch) throws(Halt) -> Found {
        let token = try verifiedToken(Self.bearerToken(header), &scratch)
        let trace = scratch.trace
        let leeway = settings.oauth2.leeway
        try require(
            !token.period.hasExpired(at: now, leeway: leeway), .accessTokenExpired, "token has not expired", trace)
        try require(
            !token.period.isEarly(at: now, leeway: leeway), .accessTokenNotYetValid, "token is valid already", trace)
        var isDue = false
        guard let rows = memory.oauth2.value(token.rowsKey, at: now, generation: policy.generation, isDue: &isDue)
        else { throw .needs(try token.lookup()) }
        if isDue { scratch.refresh = try token.lookup() }
        try require(rows.isTokenValid, .accessTokenRevoked, "token is known and not revoked", trace)
        try require(
            token.subject != .invalid && rows.subjectExists, .subjectInvalid, "subject is absent or an existing user",
            trace)
        try require(rows.client != nil, .clientUnknown, "audience is an OAuth 2 consumer", trace)
        try require(rows.grant != nil, .accessTokenUnapproved, "token has an approval", trace)
        guard let grant = rows.grant else { throw .refused(.accessTokenUnapproved) }
        try requireStanding(grant, wiki: wiki, trace)
        return .identity(grant.identity, expires: token.period.expires)
    }

    /// The token from memory, or verified now.
    private func verifiedToken(_ text: Bytes, _ scratch: inout Scratch) throws(Halt) -> VerifiedToken {
        let key = CacheKey(token: text)
        if let token = memory.tokens.value(key, at: now, generation: policy.generation), token.isAbout(text) {
            scratch.trace?.check("token is a JWT of a known key", true)
            return token
        }
        if let recorded = scratch.recorded { return try recordedToken(text, recorded, scratch.trace) }
        guard !policy.keys.accessTokenKeys.isEmpty else { throw .failed(.keyUnavailable) }
        let token: VerifiedToken
        do {
            token = try VerifiedToken.verify(text, keys: policy.keys.accessTokenKeys, scope: settings.users.scope)
        } catch {
            scratch.trace?.check("token is a JWT of a known key", false)
            throw error
        }
        scratch.trace?.check("token is a JWT of a known key", true)
        scratch.verified.token = token
        return token
    }

    /// What a masked token says, which was verified when it was checked unless that is what it was refused for.
    private func recordedToken(_ text: Bytes, _ recorded: Reason, _ trace: Trace?) throws(Halt) -> VerifiedToken {
        let name: StaticString = "token was a JWT of a known key when it was checked"
        let isVerified = recorded != .accessTokenSignature && recorded != .accessTokenMalformed
        try require(isVerified, recorded, name, trace)
        guard let token = VerifiedToken.read(verified: text, scope: settings.users.scope) else {
            throw .refused(.accessTokenMalformed)
        }
        return token
    }

    /// One white space after `Bearer` is the separator; white space around the token is trimmed.
    static func bearerToken(_ header: Bytes) -> Bytes {
        var token = header
        if header.count > 6, PHP.isSpace(header[6]) { token = header.dropFirst(7) }
        while let first = token.first, isTrimmed(first) { token = token.dropFirst(1) }
        while !token.isEmpty, isTrimmed(token[token.count - 1]) { token = token.prefix(token.count - 1) }
        return token
    }

    /// What PHP's `trim` removes.
    private static func isTrimmed(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09 || byte == 0x0a || byte == 0x0d || byte == 0 || byte == 0x0b
    }
}
