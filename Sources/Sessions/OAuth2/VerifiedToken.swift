// An OAuth 2 access token (RFC 6750; a JWT) is verified once; its rows and times are looked at for every request.

import Bytes
import Cryptography

/// A token whose signature was verified, with what of it decides later requests. There may be millions: what is needed only when
/// its rows are looked up stays in the text.
final class VerifiedToken: Remembered {
    let period: ValidityPeriod
    /// The user that `sub` names.
    let subject: TokenSubject
    /// Where the rows are kept.
    let rowsKey: CacheKey
    /// The token.
    let text: [UInt8]

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

    /// The token in `text`, whose signature was verified before; nil when it is none.
    static func read(verified text: Bytes, scope: String) -> VerifiedToken? {
        JWT.readVerified(text) { VerifiedToken($0, of: text, scope: scope) }
    }

    /// Nil when the claims are not those of an access token.
    private init?(_ claims: JWTClaims, of text: Bytes, scope: String) {
        guard let period = ValidityPeriod(claims), let subject = TokenSubject(claims[.sub], scope: scope),
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
                looked.subjectText = claims[.sub]?.withText(\.string)
                looked.scopes = Grants.strings(claims[.scopes]?.json)
                looked.rateLimitClass = claims[.rlc]?.withText(\.string)
                return .oauth2(looked)
            }
        }
        guard let lookup else { throw .failed(.unresolved) }
        return lookup
    }

    /// Whether it was made of `text`, byte for byte.
    func isAbout(_ text: Bytes) -> Bool { self.text.withBytes { $0 == text } }

    /// The object, its array's head, and the token.
    var byteCount: Int { 160 + 32 + text.count }

    /// The token's own name and its client's, of several the first; nil when there is none or one is no string.
    private static func names(_ claims: JWTClaims) -> (token: JSONText, client: JSONText)? {
        guard let token = claims[.jti], token.kind == .string, let audience = claims[.aud],
            let client = audience.kind == .array ? audience.firstElement : audience, client.kind == .string
        else { return nil }
        return (token, client)
    }
}

/// What an OAuth 2 access token says about whom.
public struct AccessTokenClaims: Hashable, Sendable {
    /// Where the rows are kept, once they are looked up.
    let rowsKey: CacheKey
    /// `jti`.
    public var tokenID: [UInt8]
    /// `aud`, the first of several.
    public var clientID: [UInt8]
    /// The central id in `sub`; nil when there is none.
    public var subject: Int64?
    /// `sub` as the token has it; nil when there is none, or it is no string.
    public var subjectText: String?
    /// `scopes`.
    public var scopes: [String]
    /// `rlc`; nil when there is none.
    public var rateLimitClass: String?

    /// Claims of one token; `rowsKey` has to be made of these.
    package init(
        rowsKey: CacheKey, tokenID: [UInt8], clientID: [UInt8], subject: Int64? = nil, scopes: [String] = [],
        rateLimitClass: String? = nil
    ) {
        self.rowsKey = rowsKey
        self.tokenID = tokenID
        self.clientID = clientID
        self.subject = subject
        self.scopes = scopes
        self.rateLimitClass = rateLimitClass
    }
}

extension CacheKey {
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
