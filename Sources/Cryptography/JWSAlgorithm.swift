// Keys that carry their algorithm (RFC 7518, 3.1).
//
// Which algorithm a signature is checked with is the key's to say. A token only names one, and is refused when no key has it:
// so a token can't have an RSA public key taken for an HMAC secret, nor go without a signature.

import Bytes

/// A signature algorithm of JWS by its registered name.
public enum JWSAlgorithm: String, Sendable, CaseIterable {
    /// RSASSA-PKCS1-v1_5 with SHA-256 (RFC 7518, 3.3).
    case rs256 = "RS256"
    /// ECDSA on P-256 with SHA-256 (RFC 7518, 3.4).
    case es256 = "ES256"

    /// The algorithm that a token names; nil for every other.
    init?(name: Bytes) {
        if name == "RS256" {
            self = .rs256
        } else if name == "ES256" {
            self = .es256
        } else {
            return nil
        }
    }

    /// Smallest RSA modulus in bits (RFC 7518, 3.3).
    static let minimumBits = 2048
    /// What a key of neither algorithm is told.
    static let expectedKeys = "an RSA key or a P-256 key"
}
