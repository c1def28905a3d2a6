// SHA-1 and SHA-256 (FIPS 180-4) into values of fixed size, so that a digest can be the key of a dictionary without an allocation.
//
// The states are plain structs on the stack. OpenSSL 3's one-shot functions look their algorithm up at each call, which costs
// more than hashing a short token.

import CNative.OpenSSL
import Bytes

/// The 20 bytes of a SHA-1 digest or an HMAC-SHA1 code. Its equality is not constant-time: see `constantTimeEqual`.
public struct Digest160: Hashable, Sendable {
    private var words: (UInt64, UInt64, UInt32) = (0, 0, 0)

    /// A digest whose 20 bytes `fill` writes.
    @inline(__always)
    init(_ fill: (UnsafeMutableRawBufferPointer) -> Void) {
        withUnsafeMutableBytes(of: &words) { fill(UnsafeMutableRawBufferPointer(rebasing: $0[..<20])) }
    }

    /// Calls `body` with a view of the 20 bytes, valid during the call.
    @inlinable
    public func withBytes<Result>(_ body: (Bytes) throws -> Result) rethrows -> Result {
        try withRawBytes { try body(Bytes($0)) }
    }

    @usableFromInline
    func withRawBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try withUnsafeBytes(of: words) { try body(UnsafeRawBufferPointer(rebasing: $0[..<20])) }
    }

    /// Copies the bytes to the front of `target`, which must have room for them.
    func copy(to target: UnsafeMutableRawBufferPointer) {
        withRawBytes { target.copyMemory(from: $0) }
    }

    /// 40 lower-case hexadecimal digits, as PHP's `hash_hmac` prints.
    public var hexadecimal: [UInt8] { withBytes(lowercaseHexadecimal) }

    /// Byte-wise equality. Not constant-time.
    public static func == (left: Digest160, right: Digest160) -> Bool { left.words == right.words }

    /// Feeds the bytes.
    public func hash(into hasher: inout Hasher) {
        withRawBytes { hasher.combine(bytes: $0) }
    }
}

/// The 32 bytes of a SHA-256 digest.
public struct Digest256: Hashable, Sendable {
    private var word0: UInt64 = 0
    private var word1: UInt64 = 0
    private var word2: UInt64 = 0
    private var word3: UInt64 = 0

    /// A digest whose 32 bytes `fill` writes.
    @inline(__always)
    init(_ fill: (UnsafeMutableRawBufferPointer) -> Void) {
        withUnsafeMutableBytes(of: &self) { fill($0) }
    }

    /// A digest of these bytes; nil when they are not 32.
    public init?(bytes: [UInt8]) {
        guard bytes.count == 32 else { return nil }
        self.init { $0.copyBytes(from: bytes) }
    }

    /// Calls `body` with a view of the 32 bytes, valid during the call.
    public func withBytes<Result>(_ body: (Bytes) throws -> Result) rethrows -> Result {
        try withUnsafeBytes(of: self) { try body(Bytes($0)) }
    }

    /// 64 lower-case hexadecimal digits.
    public var hexadecimal: [UInt8] { withBytes(lowercaseHexadecimal) }

    /// The bytes as four numbers, of which the first bytes are the most significant.
    public var words: (UInt64, UInt64, UInt64, UInt64) {
        (word0.bigEndian, word1.bigEndian, word2.bigEndian, word3.bigEndian)
    }
}

/// SHA-1: only for OAuth 1 signatures, whose protocol has nothing better.
public enum SHA1 {
    /// The digest of `message`.
    public static func digest(_ message: Bytes) -> Digest160 {
        Digest160 { out in
            var state = SHA_CTX()
            SHA1_Init(&state)
            SHA1_Update(&state, message.buffer.baseAddress, message.count)
            SHA1_Final(out.baseAddress?.assumingMemoryBound(to: UInt8.self), &state)
        }
    }
}

/// SHA-256.
public enum SHA256 {
    /// The digest of `message`.
    public static func digest(_ message: Bytes) -> Digest256 {
        Digest256 { out in
            var state = SHA256_CTX()
            SHA256_Init(&state)
            SHA256_Update(&state, message.buffer.baseAddress, message.count)
            SHA256_Final(out.baseAddress?.assumingMemoryBound(to: UInt8.self), &state)
        }
    }

    /// The digest of three texts, each behind its length in four bytes (little-endian), so that where one ends and the next begins
    /// counts.
    public static func digest(ofTexts first: Bytes, _ second: Bytes, _ third: Bytes) -> Digest256 {
        Digest256 { out in
            var state = SHA256_CTX()
            SHA256_Init(&state)
            append(first, to: &state)
            append(second, to: &state)
            append(third, to: &state)
            SHA256_Final(out.baseAddress?.assumingMemoryBound(to: UInt8.self), &state)
        }
    }

    private static func append(_ text: Bytes, to state: inout SHA256_CTX) {
        var count = UInt32(clamping: text.count).littleEndian
        SHA256_Update(&state, &count, MemoryLayout<UInt32>.size)
        SHA256_Update(&state, text.buffer.baseAddress, text.count)
    }
}

private func lowercaseHexadecimal(_ bytes: Bytes) -> [UInt8] {
    var text = [UInt8]()
    text.reserveCapacity(2 * bytes.count)
    for byte in bytes.buffer {
        for nibble in [byte >> 4, byte & 15] { text.append(nibble < 10 ? 48 + nibble : 87 + nibble) }
    }
    return text
}
