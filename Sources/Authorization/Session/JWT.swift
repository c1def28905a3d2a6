// Compact JWS tokens (RFC 7515, 7.1) with RS256, as strict as lcobucci/jwt, the library behind MediaWiki.
//
// Strict base64url without padding; header and payload are JSON objects without empty names, of duplicate names the last counts;
// `alg` is RS256 and nothing else, whatever else the header says; the signature is checked before any claim is believed.

import Cryptography
import Wire

/// Why a token is none.
enum JWTError: Error {
    /// Not of the form, or not RS256.
    case malformed
    /// The signature does not verify.
    case signature
}

/// The claims of a token whose signature was verified.
struct JWT {
    private let claims: [JSON.Member]

    /// No token is longer.
    static let mostBytes = 16_384
    /// PHP's `json_decode` goes 512 levels deep.
    private static let limits = JSON.Limits(bytes: mostBytes, depth: 512, values: 4096)

    /// The claims of `text`, whose signature was verified before; nil when it was not.
    init?(verifiedBefore text: Bytes) {
        guard let (first, second) = Self.points(in: text), let claims = Self.members(text[(first + 1)..<second]) else {
            return nil
        }
        self.claims = claims
    }

    /// Verifies `text` with any of `keys`.
    init(verifying text: Bytes, keys: [RSAPublicKey]) throws(JWTError) {
        guard text.count <= Self.mostBytes, let (first, second) = Self.points(in: text),
            let header = Self.members(text[0..<first]),
            let claims = Self.members(text[(first + 1)..<second]),
            let signature = Self.decode(text.dropFirst(second + 1))
        else { throw .malformed }
        guard header.last(named: "alg") == .string("RS256"), header.last(named: "enc") == nil else { throw .malformed }
        let signed = text[0..<second]
        let isVerified = signature.withBytes { signature in
            keys.contains { $0.verify(signature: signature, message: signed, digest: .sha256) }
        }
        guard isVerified else { throw .signature }
        self.claims = claims
    }

    /// The claim `name`; the last of repeated ones.
    subscript(_ name: String) -> JSON? { claims.last(named: name) }

    /// Where the two points are between the three segments.
    private static func points(in text: Bytes) -> (first: Int, second: Int)? {
        guard let first = text.firstIndex(of: UInt8(ascii: ".")),
            let second = text.firstIndex(of: UInt8(ascii: "."), from: first + 1),
            text.firstIndex(of: UInt8(ascii: "."), from: second + 1) == nil
        else { return nil }
        return (first, second)
    }

    private static func members(_ segment: Bytes) -> [JSON.Member]? {
        guard let bytes = decode(segment) else { return nil }
        guard case .object(let members)? = bytes.withBytes({ try? JSON(parsing: $0, limits: limits) }) else {
            return nil
        }
        return members.contains { $0.name.isEmpty } ? nil : members
    }

    private static func decode(_ segment: Bytes) -> [UInt8]? {
        guard !segment.isEmpty else { return nil }
        return Base64.decodeURL(segment)
    }
}

extension [JSON.Member] {
    func last(named name: String) -> JSON? { last { $0.name == name }?.value }
}

/// The time claims of a token (RFC 7519, 4.1.4–4.1.6), in milliseconds since 1970; nil where absent.
struct ValidityPeriod: Sendable {
    var notBefore: Double?
    var issuedAt: Double?
    var expires: Double?

    /// Nil when a time is there and not a number.
    init?(_ token: JWT) {
        do {
            notBefore = try Self.time(token["nbf"])
            issuedAt = try Self.time(token["iat"])
            expires = try Self.time(token["exp"])
        } catch { return nil }
    }

    /// A number or a numeric string of seconds. Beyond 64 bits there is no date.
    private static func time(_ claim: JSON?) throws(JWTError) -> Double? {
        let text: String
        switch claim {
        case nil: return nil
        case .number(let literal): text = literal
        case .string(let string): text = string
        default: throw .malformed
        }
        guard let seconds = Array(text.utf8).withBytes({ PHP.number($0) }), abs(seconds) < 9.3e18 else {
            throw .malformed
        }
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
