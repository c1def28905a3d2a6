// Why a key was refused. Messages say what was expected, and never what was found in the key itself.

/// Why a key was refused.
public enum KeyError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The text is larger than any key.
    case tooLarge(limit: Int)
    /// There is no PEM block of an expected kind.
    case noKey(expected: String)
    /// There is a PEM block of an expected kind, but its contents can't be decoded.
    case malformed(expected: String)
    /// A private key was given where a public one belongs: a secret in the wrong place.
    case privateKeyGiven
    /// A public key or certificate was given where a private key belongs.
    case publicKeyGiven
    /// The key is encrypted by a passphrase. A server can't ask for one.
    case encrypted
    /// The key is of another algorithm or on another curve.
    case unsupported(expected: String)
    /// The RSA modulus is outside of these sizes.
    case modulusSize(bits: Int, minimum: Int, maximum: Int)
    /// The RSA public exponent is even, below 3 or longer than 32 bits.
    case exponent
    /// The RSA modulus is even: it is not the product of two large primes.
    case modulus
    /// The public part of a P-256 key is not a point on the curve, or is the point at infinity.
    case point
    /// The private part does not belong to the public part.
    case inconsistent
    /// libcrypto failed, for instance for want of memory.
    case libraryFailure

    /// One sentence for an operator.
    public var description: String {
        switch self {
        case .tooLarge(let limit): "the key is larger than \(limit) bytes"
        case .noKey(let expected): "no key in PEM form: expected \(expected)"
        case .malformed(let expected): "malformed key: expected \(expected)"
        case .privateKeyGiven: "a private key was given where a public key is expected"
        case .publicKeyGiven: "a public key was given where a private key is expected"
        case .encrypted: "the private key is encrypted: expected one without a passphrase"
        case .unsupported(let expected): "a key of another kind: expected \(expected)"
        case .modulusSize(let bits, let minimum, let maximum):
            "an RSA key of \(bits) bits: expected \(minimum) to \(maximum)"
        case .exponent: "unusable RSA public exponent: expected an odd number from 3 to 32 bits long, such as 65537"
        case .modulus: "unusable RSA modulus: expected an odd number"
        case .point: "unusable P-256 public key: expected a point on the curve"
        case .inconsistent: "the private key does not belong to its public part"
        case .libraryFailure: "libcrypto failed"
        }
    }
}
