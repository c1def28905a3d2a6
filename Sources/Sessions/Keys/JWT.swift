// The claims of MediaWiki's JWTs (RFC 7519): access tokens, session cookies and CentralAuth tokens.
//
// The form of a token and its signature are those of `JWS`. No claim is believed before the signature is verified.

import Cryptography
import Bytes

/// Why a token is refused.
enum JWTError: Error {
    /// It is malformed, or of an algorithm that no key has.
    case malformed
    /// The signature does not verify.
    case signature
}

/// The claims of a token that are read; each is a view that is valid during the call that got them.
struct JWTClaims {
    /// A claim by its registered (RFC 7519, 4.1) or MediaWiki's own name; `values` has a place for each.
    enum Name: Int {
        case iss, sub, aud, exp, nbf, iat, jti
        /// The grants of an access token.
        case scopes
        /// The rate limit class.
        case rlc
        /// The soft expiry of a session.
        case sxp
        /// What a token is when it is a CentralAuth token.
        case caToken

        init?(_ name: Bytes) {
            if name.count == 6 {
                guard name == "scopes" else { return nil }
                self = .scopes
                return
            }
            if name == "CAToken" {
                self = .caToken
                return
            }
            guard name.count == 3 else { return nil }
            // The three letters as a number: one comparison for each claim that it may be.
            switch UInt32(name[0]) << 16 | UInt32(name[1]) << 8 | UInt32(name[2]) {
            case 0x69_73_73: self = .iss
            case 0x73_75_62: self = .sub
            case 0x61_75_64: self = .aud
            case 0x65_78_70: self = .exp
            case 0x6e_62_66: self = .nbf
            case 0x69_61_74: self = .iat
            case 0x6a_74_69: self = .jti
            case 0x72_6c_63: self = .rlc
            case 0x73_78_70: self = .sxp
            default: return nil
            }
        }
    }

    private var values = InlineArray<11, JSONText?>(repeating: nil)

    /// The claim `name`; the last of repeated ones.
    subscript(_ name: Name) -> JSONText? { values[name.rawValue] }

    /// The claim as the token spells it; empty when there is none.
    func text(_ name: Name) -> Bytes { self[name]?.bytes ?? .empty }

    /// The claims of a decoded payload. Nil when it is not an object, or has an empty name.
    fileprivate init?(payload: Bytes) {
        let isObject = JWS.readObject(payload) { name, value in
            if let name = Name(name) { values[name.rawValue] = value }
        }
        if !isObject { return nil }
    }
}

enum JWT {
    /// What `body` makes of the claims of `text`, whose signature was verified before and is not verified again. Nil when it is
    /// malformed.
    static func readVerified<Value>(_ text: Bytes, _ body: (JWTClaims) -> Value?) -> Value? {
        JWS.withPayload(ofVerified: text) { payload in
            payload.flatMap { JWTClaims(payload: $0) }.flatMap(body)
        }
    }

    /// What `body` makes of the claims of `text`, once its signature is verified with one of `keys`.
    /// - Throws: `JWTError`; what is malformed is found before the signature is looked at, as in MediaWiki.
    static func verify<Value>(
        _ text: Bytes, keys: [VerificationKey], _ body: (JWTClaims) -> Value
    ) throws(JWTError) -> Value {
        let result = JWS.withDecoded(text) { token -> Result<Value, JWTError> in
            guard let token, let claims = JWTClaims(payload: token.unverifiedPayload) else {
                return .failure(.malformed)
            }
            switch token.verify(with: keys) {
            case .valid: return .success(body(claims))
            case .algorithmNotAccepted: return .failure(.malformed)
            case .invalid: return .failure(.signature)
            }
        }
        return try result.get()
    }
}

/// The time claims of a token (RFC 7519, 4.1.4–4.1.6), in milliseconds since 1970; nil where absent.
struct ValidityPeriod: Sendable {
    var notBefore: Double?
    var issuedAt: Double?
    var expires: Double?

    /// Nil when a time is present but not a number.
    init?(_ claims: JWTClaims) {
        do {
            notBefore = try Self.time(claims[.nbf])
            issuedAt = try Self.time(claims[.iat])
            expires = try Self.time(claims[.exp])
        } catch { return nil }
    }

    /// A number or a numeric string of seconds. One beyond 64 bits is malformed.
    private static func time(_ claim: JSONText?) throws(JWTError) -> Double? {
        guard let claim else { return nil }
        let number: Double? =
            switch claim.kind {
            case .number: PHP.number(claim.bytes)
            case .string: claim.withText { PHP.number($0) } ?? nil
            default: nil
            }
        guard let seconds = number, abs(seconds) < 9.3e18 else { throw .malformed }
        return seconds * 1000
    }

    /// Whether the token has expired: `exp` is the first moment when it has. It is then still accepted for `leeway` seconds.
    func hasExpired(at now: Timestamp, leeway: Int64) -> Bool {
        expires.map { Double(now.milliseconds &- leeway &* 1000) >= $0 } ?? false
    }

    /// Whether the token is not valid yet, nor will be in `leeway` seconds.
    func isEarly(at now: Timestamp, leeway: Int64) -> Bool {
        let now = Double(now.milliseconds &+ leeway &* 1000)
        return notBefore.map { now < $0 } ?? false || issuedAt.map { now < $0 } ?? false
    }
}
