// Compact JWS tokens (RFC 7515, 7.1) with RS256, as strict as lcobucci/jwt, the library behind MediaWiki.
//
// Strict base64url without padding; header and payload are JSON objects without empty names, of duplicate names the last counts;
// `alg` is RS256 and nothing else, whatever else the header says; the signature is checked before any claim is believed.

import Cryptography
import Bytes

/// Why a token is none.
enum JWTError: Error {
    /// Not of the form, or not RS256.
    case malformed
    /// The signature does not verify.
    case signature
}

/// The claims of a token that are looked at; each a view that is valid during the call that got them.
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

        init?(_ name: Bytes) {
            if name.count == 6 {
                guard name == "scopes" else { return nil }
                self = .scopes
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

    private var values = InlineArray<10, JSONText?>(repeating: nil)

    /// The claim `name`; the last of repeated ones.
    subscript(_ name: Name) -> JSONText? { values[name.rawValue] }

    /// The claim as the token spells it; empty when there is none.
    func text(_ name: Name) -> Bytes { self[name]?.bytes ?? .empty }

    /// The claims of a decoded payload; nil when it is no object, or has an empty name.
    fileprivate init?(payload: Bytes) {
        let isObject = JWT.readObject(payload) { name, value in
            if let name = Name(name) { values[name.rawValue] = value }
        }
        if !isObject { return nil }
    }
}

enum JWT {
    /// No token is longer.
    static let mostBytes = 16_384
    /// PHP's `json_decode` goes 512 levels deep.
    fileprivate static let limits = JSON.Limits(bytes: mostBytes, depth: 512, values: 4096)

    /// What `body` makes of the claims of `text`, whose signature was verified before and is not looked at; nil when it is no token.
    static func readVerified<Value>(_ text: Bytes, _ body: (JWTClaims) -> Value?) -> Value? {
        guard text.count <= mostBytes, let (first, second) = points(in: text) else { return nil }
        return withRoom(for: text) { room in
            decode(text[(first + 1)..<second], to: room[...]).flatMap { JWTClaims(payload: $0) }.flatMap(body)
        }
    }

    /// What `body` makes of the claims of `text`, once that is verified with any of `keys`.
    static func verify<Value>(
        _ text: Bytes, keys: [RSAPublicKey], _ body: (JWTClaims) -> Value
    ) throws(JWTError) -> Value {
        guard text.count <= mostBytes, let (first, second) = points(in: text) else { throw .malformed }
        let result = withRoom(for: text) { room -> Result<Value, JWTError> in
            // Each segment is decoded to where it begins in the text.
            guard let header = decode(text[0..<first], to: room[...]), isRS256(header),
                let payload = decode(text[(first + 1)..<second], to: room[first...]),
                let claims = JWTClaims(payload: payload),
                let signature = decode(text.dropFirst(second + 1), to: room[second...])
            else { return .failure(.malformed) }
            let isVerified = keys.contains {
                $0.verify(signature: signature, message: text[0..<second], digest: .sha256)
            }
            return isVerified ? .success(body(claims)) : .failure(.signature)
        }
        return try result.get()
    }

    /// Whether the header is one, says so, and that nothing is encrypted.
    private static func isRS256(_ header: Bytes) -> Bool {
        var isRS256 = false
        var isEncrypted = false
        let isObject = readObject(header) { name, value in
            if name == "alg" { isRS256 = value.withText { $0 == "RS256" } ?? false }
            if name == "enc" { isEncrypted = true }
        }
        return isObject && isRS256 && !isEncrypted
    }

    /// Calls `member` with the name, unescaped, and the value of each member of a segment; false when that is no object, or has an
    /// empty name.
    @inline(__always)
    fileprivate static func readObject(_ segment: Bytes, _ member: (Bytes, JSONText) -> Void) -> Bool {
        var hasEmptyName = false
        do {
            try JSON.readObject(segment, limits: limits) { name, value in
                name.withText { name in
                    if name.isEmpty { hasEmptyName = true }
                    member(name, value)
                }
            }
        } catch { return false }
        return !hasEmptyName
    }

    /// Where the two points are between the three segments.
    private static func points(in text: Bytes) -> (first: Int, second: Int)? {
        guard let first = text.firstIndex(of: UInt8(ascii: ".")),
            let second = text.firstIndex(of: UInt8(ascii: "."), from: first + 1),
            text.firstIndex(of: UInt8(ascii: "."), from: second + 1) == nil
        else { return nil }
        return (first, second)
    }

    /// Memory for the decoded segments of `text`.
    private static func withRoom<Value>(
        for text: Bytes, _ body: (UnsafeMutableBufferPointer<UInt8>) -> Value
    ) -> Value {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: text.count, body)
    }

    private static func decode(_ segment: Bytes, to room: Slice<UnsafeMutableBufferPointer<UInt8>>) -> Bytes? {
        let room = UnsafeMutableBufferPointer(rebasing: room)
        guard !segment.isEmpty, let count = Base64.decodeURL(segment, to: room) else { return nil }
        return Bytes(UnsafeBufferPointer(rebasing: room[..<count]))
    }
}

/// The time claims of a token (RFC 7519, 4.1.4–4.1.6), in milliseconds since 1970; nil where absent.
struct ValidityPeriod: Sendable {
    var notBefore: Double?
    var issuedAt: Double?
    var expires: Double?

    /// Nil when a time is there and not a number.
    init?(_ claims: JWTClaims) {
        do {
            notBefore = try Self.time(claims[.nbf])
            issuedAt = try Self.time(claims[.iat])
            expires = try Self.time(claims[.exp])
        } catch { return nil }
    }

    /// A number or a numeric string of seconds. Beyond 64 bits there is no date.
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

    /// Whether the token has expired: `exp` is the first moment when it has.
    func hasExpired(at now: Timestamp) -> Bool { expires.map { Double(now.milliseconds) >= $0 } ?? false }

    /// Whether the token's time has not come yet.
    func isEarly(at now: Timestamp) -> Bool {
        let now = Double(now.milliseconds)
        return notBefore.map { now < $0 } ?? false || issuedAt.map { now < $0 } ?? false
    }
}
