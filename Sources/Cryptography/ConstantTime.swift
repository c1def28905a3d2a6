// Comparison of secrets, and random bytes: two things that look right even when they are wrong.

import CNative.OpenSSL
import Bytes

/// Whether two secrets are equal, in time that depends on their lengths only.
public func constantTimeEqual(_ left: Bytes, _ right: Bytes) -> Bool {
    guard left.count == right.count else { return false }
    guard let a = left.buffer.baseAddress, let b = right.buffer.baseAddress else { return true }
    return CRYPTO_memcmp(a, b, left.count) == 0
}

/// Unpredictable random bytes, from libcrypto's generator, which the kernel seeds.
public enum SecureRandom {
    /// Fills `buffer`. Ends the process when the generator fails: without random bytes nothing can be signed safely.
    public static func fill(_ buffer: UnsafeMutableRawBufferPointer) {
        guard let base = buffer.baseAddress, !buffer.isEmpty else { return }
        let filled = RAND_bytes(base.assumingMemoryBound(to: UInt8.self), CInt(buffer.count))
        guard filled == 1 else { fatalError("the system's random generator failed") }
    }

    /// `count` random bytes.
    public static func bytes(_ count: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            fill(UnsafeMutableRawBufferPointer(buffer))
            initialized = count
        }
    }
}
