// OAuth 2 access tokens (RFC 6750; RS256 JWTs): the token itself is verified once, its rows and times at every request.

import Cryptography
import Synchronization
import Bytes

/// A token whose signature was verified, with what of it decides later requests. There may be millions: what is needed only when
/// its rows are fetched stays in the text.
final class VerifiedToken: Sendable {
    let period: ValidityPeriod
    /// The user that `sub` names.
    let subject: Subject
    /// Where the rows are kept.
    let rowsKey: CacheKey
    /// The token.
    private let text: [UInt8]
    /// Where that lies which its last request has needed.
    private let trail = Mutex(Trail())

    private struct Trail {
        var rows: UInt = 0
        var rest = Prefetch(nil)
        var cookie = Prefetch.Cookie(nil)
    }

    /// What a `sub` says. It does not choose the user, but one that names nobody is refused.
    enum Subject: Sendable, Equatable {
        /// Nothing.
        case absent
        /// A central id.
        case user(Int64)
        /// Something that can be nobody.
        case invalid
    }

    /// Verifies `text` with any of `keys`.
    static func verify(_ text: Bytes, keys: [VerificationKey], scope: String) throws(Halt) -> VerifiedToken {
        let token: VerifiedToken?
        do {
            token = try JWT.verify(text, keys: keys) { VerifiedToken($0, of: text, scope: scope) }
        } catch {
            throw .refused(error == .signature ? .accessTokenSignature : .accessTokenMalformed)
        }
        guard let token else { throw .refused(.accessTokenMalformed) }
        return token
    }

    /// Nil when the claims are not those of an access token.
    private init?(_ claims: JWTClaims, of text: Bytes, scope: String) {
        guard let period = ValidityPeriod(claims), let subject = Subject(claims[.sub], scope: scope),
            Self.names(claims) != nil
        else { return nil }
        self.period = period
        self.subject = subject
        rowsKey = CacheKey(rowsOf: claims)
        self.text = text.array
    }

    /// What its rows are looked up by.
    func lookup() throws(Halt) -> Lookup {
        let lookup = text.withBytes { text in
            JWT.readVerified(text) { claims -> Lookup? in
                guard let names = Self.names(claims), let identifier = names.token.withText(\.array),
                    let client = names.client.withText(\.array)
                else { return nil }
                var looked = AccessTokenClaims(rowsKey: rowsKey, tokenID: identifier, clientID: client)
                if case .user(let id) = subject { looked.subject = id }
                looked.scopes = Grants.strings(claims[.scopes]?.json)
                looked.rateLimitClass = claims[.rlc]?.withText(\.string)
                return .oauth2(looked)
            }
        }
        guard let lookup else { throw .failed(.unresolved) }
        return lookup
    }

    /// Begins to fetch what its last request has needed.
    func prefetch() {
        let trail = trail.withLock { $0 }
        Prefetch.fetch(trail.rows, Prefetch.rowsSize)
        trail.rest.begin()
        trail.cookie.begin()
    }

    /// Notes the rows that were found for it; its next request has them fetched.
    func note(_ rows: OAuth2Rows) {
        let address = Prefetch.address(rows)
        trail.withLock { trail in
            guard trail.rows != address else { return }
            trail.rows = address
            trail.rest = Prefetch(rows.grant)
        }
    }

    /// Notes the cookie that is set beside it, nil when none needs to be.
    func note(_ cookie: MintedCookie?) {
        let found = Prefetch.Cookie(cookie)
        trail.withLock { $0.cookie = found }
    }

    /// Whether it was made of `text`, byte for byte.
    func isAbout(_ text: Bytes) -> Bool { self.text.withBytes { $0 == text } }

    /// The token's own name and its client's, of several the first; nil when there is none or one is no string.
    private static func names(_ claims: JWTClaims) -> (token: JSONText, client: JSONText)? {
        guard let token = claims[.jti], token.kind == .string, let audience = claims[.aud],
            let client = audience.kind == .array ? audience.firstElement : audience, client.kind == .string
        else { return nil }
        return (token, client)
    }
}

extension VerifiedToken.Subject {
    /// PHP's reading of the claim: false values name nobody; a user is named by an integer exactly as PHP writes it, or by
    /// `mw:<scope>:<id>`. Nil for a type that MediaWiki dies of.
    init?(_ claim: JSONText?, scope: String) {
        guard let claim else {
            self = .absent
            return
        }
        switch claim.kind {
        case .null: self = .absent
        case .bool: self = claim.json == true ? .user(1) : .absent
        case .number:
            guard let number = Double(claim.bytes.string), let id = Int64(exactly: number.rounded(.towardZero)) else {
                self = .invalid
                return
            }
            self = number == 0 ? .absent : .user(id)
        case .string:
            var scope = scope
            self = claim.withText { text in scope.withUTF8 { Self.parse(text, scope: Bytes($0)) } } ?? .invalid
        case .array, .object: return nil
        }
    }

    private static func parse(_ text: Bytes, scope: Bytes) -> VerifiedToken.Subject {
        if !PHP.isTruthy(text) { return .absent }
        var id = text
        if text.starts(with: "mw:") {
            guard let end = text.buffer.lastIndex(of: UInt8(ascii: ":")), end >= 3, text[3..<end] == scope else {
                return .invalid
            }
            id = text.dropFirst(end + 1)
            if id == "0" { return .absent }
        }
        return PHP.integerKey(id).map { .user($0) } ?? .invalid
    }
}

extension Authorizer {
    /// Verifies the token in an Authorization header that begins with `Bearer`.
    func verifyBearer(_ header: Bytes, wiki: ServedWiki, at now: Timestamp) throws(Halt) -> Identity {
        let text = Self.bearerToken(header)
        let token = try verifiedToken(text, at: now)
        trace?.check("token has not expired", !token.period.hasExpired(at: now))
        if token.period.hasExpired(at: now) { throw .refused(.accessTokenExpired) }
        trace?.check("token is valid already", !token.period.isEarly(at: now))
        if token.period.isEarly(at: now) { throw .refused(.accessTokenNotYetValid) }

        guard let rows = gate.memory.oauth2.value(token.rowsKey, at: now) else {
            throw .needs(try token.lookup())
        }
        token.note(rows)
        bearer = token
        trace?.check("token is known and not revoked", rows.token.map { !$0.revoked } ?? false)
        guard let row = rows.token, !row.revoked else { throw .refused(.accessTokenRevoked) }
        trace?.check("subject is nobody or an existing user", token.subject != .invalid && rows.subjectExists)
        guard token.subject != .invalid, rows.subjectExists else { throw .refused(.subjectInvalid) }
        trace?.check("audience is an OAuth 2 consumer", rows.isClientKnown)
        guard rows.isClientKnown else { throw .refused(.clientUnknown) }
        trace?.check("token has an approval", rows.grant != nil)
        guard let grant = rows.grant else { throw .refused(.accessTokenUnapproved) }
        try Standing.check(grant, wiki: wiki, gate: gate, trace: trace)
        expires = token.period.expires
        return grant.identity
    }

    /// The token from memory, or verified now and remembered.
    private func verifiedToken(_ text: Bytes, at now: Timestamp) throws(Halt) -> VerifiedToken {
        let key = CacheKey(token: text)
        let known = gate.memory.tokens.value(key, at: now)
        known?.prefetch()
        if let token = known, token.isAbout(text) {
            trace?.check("token is an RS256 JWT of a known key", true)
            return token
        }
        guard !gate.keys.accessTokenKeys.isEmpty else { throw .failed(.keyUnavailable) }
        let token: VerifiedToken
        do {
            token = try VerifiedToken.verify(text, keys: gate.keys.accessTokenKeys, scope: gate.settings.users.scope)
        } catch {
            trace?.check("token is an RS256 JWT of a known key", false)
            throw error
        }
        trace?.check("token is an RS256 JWT of a known key", true)
        if text.count <= Memory.longestToken {
            gate.memory.tokens.insert(token, under: key, at: now, lifetime: Memory.tokenLifetime)
        }
        return token
    }

    /// One white space after `Bearer` is the separator; white space around the token is trimmed.
    private static func bearerToken(_ header: Bytes) -> Bytes {
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

extension CacheKey {
    /// Where a token is kept: by its end, which of a signed token is its signature. Whoever finds something there compares the
    /// whole text: that is exact, and cheaper than a digest of it.
    public init(token: Bytes) {
        guard token.count >= 16, let end = token.buffer.baseAddress.map({ UnsafeRawPointer($0 + token.count) }) else {
            self.init(token, .empty)
            return
        }
        self.init(
            high: (end - 16).loadUnaligned(as: UInt64.self), low: (end - 8).loadUnaligned(as: UInt64.self))
    }

    /// Where the rows behind an access token are kept: by all that they are looked up and joined by. Absent claims are empty, which
    /// no value is.
    init(rowsOf claims: JWTClaims) {
        var hash = KeyedHash()
        hash.combine(claims.text(.jti))
        hash.combine(claims.text(.aud))
        hash.combine(claims.text(.sub))
        hash.combine(claims.text(.scopes))
        hash.combine(claims.text(.rlc))
        self.init(hash)
    }
}
