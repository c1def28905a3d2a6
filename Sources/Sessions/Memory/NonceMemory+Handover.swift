// Nonces handed over from a process that ends to the one that follows it: a request that was accepted before a restart is not
// accepted after it.
//
//     "SGNONCE1" │ secret of the hashes, 16 bytes │ 24 bytes a nonce: high, low, expires, request │ SHA-256 of all before
//
// A nonce is a keyed hash, which only a process with the same secret can make. So the secret is handed over, too.

import Bytes
import Cryptography

/// Why nonces could not be taken over.
public enum NonceHandoverError: String, Error, CustomStringConvertible {
    /// It is no such file, or damaged.
    case damaged = "it is damaged, or no file of nonces"
    /// This process makes its hashes with another secret.
    case foreign = "its nonces were hashed with another secret"

    /// One clause.
    public var description: String { rawValue }
}

extension NonceMemory {
    private static let magic = Array("SGNONCE1".utf8)
    private static var headLength: Int { 24 }

    /// The nonces that count at second `now`, with the secret of their hashes.
    public func handover(now: Int64) -> [UInt8] {
        var bytes = Self.magic
        let (first, second) = KeyedHash.secret
        for word in [first, second] { withUnsafeBytes(of: word) { bytes.append(contentsOf: $0) } }
        forEachNonce { entry in
            guard Int64(entry.expires) >= now else { return }
            withUnsafeBytes(of: entry.high) { bytes.append(contentsOf: $0) }
            withUnsafeBytes(of: entry.low) { bytes.append(contentsOf: $0) }
            withUnsafeBytes(of: entry.expires) { bytes.append(contentsOf: $0) }
            withUnsafeBytes(of: entry.request) { bytes.append(contentsOf: $0) }
        }
        return bytes + Self.digest(bytes[...])
    }

    /// Has the hashes of this process made with the secret of `handover`, which must come before the first of them.
    /// - Throws: When it is damaged, or comes too late.
    public static func adoptSecret(of handover: [UInt8]) throws(NonceHandoverError) {
        let secret = try secret(of: handover)
        guard KeyedHash.adopt(secret) else { throw .foreign }
    }

    /// Remembers the nonces of `handover` that count at second `now`.
    /// - Throws: When it is damaged, or was made with another secret.
    public func takeOver(_ handover: [UInt8], now: Int64) throws(NonceHandoverError) {
        guard try Self.secret(of: handover) == KeyedHash.secret else { throw .foreign }
        handover.withUnsafeBytes { bytes in
            for start in stride(from: Self.headLength, to: bytes.count - 32, by: 24) {
                let claim = NonceClaim(
                    high: bytes.loadUnaligned(fromByteOffset: start, as: UInt64.self),
                    low: bytes.loadUnaligned(fromByteOffset: start + 8, as: UInt32.self),
                    request: bytes.loadUnaligned(fromByteOffset: start + 16, as: UInt64.self),
                    expires: Int64(bytes.loadUnaligned(fromByteOffset: start + 12, as: UInt32.self)))
                if claim.expires >= now { restore(claim, now: now) }
            }
        }
    }

    private static func secret(of handover: [UInt8]) throws(NonceHandoverError) -> (UInt64, UInt64) {
        let contents = handover.dropLast(32)
        guard contents.count >= headLength, (contents.count - headLength) % 24 == 0,
            contents.starts(with: magic), handover.suffix(32).elementsEqual(digest(contents))
        else { throw .damaged }
        return handover.withUnsafeBytes {
            (
                $0.loadUnaligned(fromByteOffset: 8, as: UInt64.self),
                $0.loadUnaligned(fromByteOffset: 16, as: UInt64.self)
            )
        }
    }

    private static func digest(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        Array(bytes).withBytes { SHA256.digest($0) }.withBytes { $0.array }
    }
}
