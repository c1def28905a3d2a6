// One nonce as Redis keeps it: `SET key request NX GET PX life`, which Redis 7.0 and newer know. One round trip tells whether the nonce
// is new (nothing was there), claimed by the same request (its own hash was), or by another.
//
//     key       <prefix>:n:<32 hexadecimal digits>
//     value     16 hexadecimal digits: a hash of the proxy's id of the request; "-" for a request without one

import NIOCore
import Sessions

/// Writes claims, without an allocation but hiredis' own.
struct ClaimCommand {
    /// Milliseconds for which a nonce is kept after it ends by this instance's clock, since another's may be behind.
    static let clockTolerance: Int64 = 10_000

    private var key: [UInt8]
    private var value: [UInt8] = Array(repeating: 0, count: 16)
    private let prefixCount: Int

    /// Claims under keys that begin with `prefix`.
    init(prefix: String) {
        key = Array("\(prefix):n:".utf8)
        prefixCount = key.count
        key += Array(repeating: 0, count: 32)
    }

    /// Appends the claim of `nonce`.
    mutating func write(_ nonce: KeptNonce, at now: Timestamp, into output: inout ByteBuffer) {
        Self.writeHexadecimal(nonce.key.high, at: prefixCount, of: &key)
        Self.writeHexadecimal(nonce.key.low, at: prefixCount + 16, of: &key)
        Self.writeHexadecimal(nonce.request, at: 0, of: &value)
        let life = Array(String(nonce.life(at: now)).utf8)
        let count = nonce.request == 0 ? 1 : 16
        if nonce.request == 0 { value[0] = UInt8(ascii: "-") }
        key.withUnsafeBytes { key in
            value.withUnsafeBytes { value in
                life.withUnsafeBytes { life in
                    let value = UnsafeRawBufferPointer(rebasing: value[..<count])
                    let set = Self.bytes("SET"), nx = Self.bytes("NX"), get = Self.bytes("GET"), px = Self.bytes("PX")
                    RedisCommand.write([set, key, value, nx, get, px, life], into: &output)
                }
            }
        }
    }

    /// The hash of the request that has claimed a nonce, of which `value` is what Redis has; 0 for one without an id.
    static func request(of value: [UInt8]) -> UInt64 {
        value.count == 16 ? UInt64(String(decoding: value, as: UTF8.self), radix: 16) ?? 0 : 0
    }

    private static func bytes(_ word: StaticString) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount)
    }

    private static func writeHexadecimal(_ number: UInt64, at start: Int, of text: inout [UInt8]) {
        for digit in 0..<16 {
            let nibble = UInt8(truncatingIfNeeded: number >> UInt64(60 - 4 * digit)) & 15
            text[start + digit] = nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "a") + nibble - 10
        }
    }
}

/// A nonce as Redis keeps it: as much as a claim has of it.
struct KeptNonce: Sendable {
    /// What is the same in all processes.
    let key: CacheKey
    /// The hash of the request's id; 0 for none.
    let request: UInt64
    /// The last second since 1970 at which it counts.
    let expires: Int64

    init(_ claim: NonceClaim) {
        key = claim.shared
        request = claim.request
        expires = claim.expires
    }

    /// Milliseconds for which Redis keeps it: up to the end of the last second, and a tolerance.
    func life(at now: Timestamp) -> Int64 {
        max(1, (expires + 1) * 1000 - now.milliseconds + ClaimCommand.clockTolerance)
    }

    /// Whether it counts no more.
    func isOver(at now: Timestamp) -> Bool { expires < now.seconds }
}
