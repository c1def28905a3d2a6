// Why a key was not taken. Says what was expected and never what was found in the key itself.

/// Why a key was refused.
public enum KeyError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Larger than any key is.
    case tooLarge(limit: Int)
    /// No PEM block of an expected kind.
    case noKey(expected: String)
    /// A PEM block of the expected kind whose contents are no such key.
    case malformed(expected: String)
    /// A private key where a public one belongs: it is a secret in the wrong place.
    case privateKeyGiven
    /// A public key or certificate where a private one belongs.
    case publicKeyGiven
    /// Encrypted by a passphrase, which there is nobody to ask for.
    case encrypted
    /// Another algorithm than RSA.
    case notRSA
    /// A modulus outside of these sizes.
    case modulusSize(bits: Int, minimum: Int, maximum: Int)
    /// A public exponent that is even, below 3 or longer than 32 bits.
    case exponent
    /// A modulus that is even, which no product of two large primes is.
    case modulus
    /// The private part does not belong to the public part.
    case inconsistent
    /// libcrypto could not do it.
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
        case .notRSA: "not an RSA key: expected RSA"
        case .modulusSize(let bits, let minimum, let maximum):
            "an RSA key of \(bits) bits: expected \(minimum) to \(maximum)"
        case .exponent: "unusable RSA public exponent: expected an odd number from 3 to 32 bits long, such as 65537"
        case .modulus: "unusable RSA modulus: expected an odd number"
        case .inconsistent: "the private key does not belong to its public part"
        case .libraryFailure: "libcrypto failed"
        }
    }
}
