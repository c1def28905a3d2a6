// One nonce as Redis keeps it: `SET key request NX GET PX life`, which Redis 7.0 and newer know. One round trip tells whether the nonce
// is new (nothing was there), claimed by the same request (its own hash was), or by another.
//
//     key       <prefix>:n:<32 hexadecimal digits>
//     value     16 hexadecimal digits: a hash of the proxy's id of the request; "-" for a request without one
//
// hiredis formats a command with printf, which took longer than a whole claim may. So it formats one of each length; of the copies the
// key, the value and the life are written anew.

import NIOCore
import Sessions

/// Writes claims.
struct ClaimCommand {
    /// Milliseconds for which a nonce is kept after it ends by this instance's clock, since another's may be behind.
    static let clockTolerance: Int64 = 10_000

    /// A command that was formatted, and where its parts are.
    private struct Form {
        let bytes: [UInt8]
        let key: Int, value: Int, life: Int

        init(prefix: String, valueCount: Int, lifeCount: Int) {
            var output = ByteBuffer()
            let (key, value) = (prefix + String(repeating: "0", count: 32), String(repeating: "-", count: valueCount))
            let life = String(repeating: "1", count: lifeCount)
            RedisCommand("SET", key, value, "NX", "GET", "PX", life).write(into: &output)
            bytes = Array(output.readableBytesView)
            // Each part ends in "\r\n", and is behind "$" and its length in digits.
            self.life = bytes.count - 2 - lifeCount
            let between = "\r\n$2\r\nNX\r\n$3\r\nGET\r\n$2\r\nPX\r\n$\(lifeCount)\r\n".utf8.count
            self.value = self.life - between - valueCount
            self.key = self.value - "\r\n$\(valueCount)\r\n".utf8.count - 32
        }
    }

    /// Forms without a value of a request, then those with one; by the digits of the life.
    private let forms: [Form]
    private static let maxDigits = 12

    /// Claims under keys that begin with `prefix`.
    init(prefix: String) {
        forms = [1, 16].flatMap { valueCount in
            (1...Self.maxDigits).map { Form(prefix: "\(prefix):n:", valueCount: valueCount, lifeCount: $0) }
        }
    }

    /// Appends the claim of `nonce`.
    func write(_ nonce: KeptNonce, at now: Timestamp, into output: inout ByteBuffer) {
        var life = nonce.life(at: now)
        var (digits, rest) = (1, life / 10)
        while rest > 0 { (digits, rest) = (digits + 1, rest / 10) }
        let hasRequest = nonce.request != 0
        let form = forms[(hasRequest ? Self.maxDigits : 0) + min(digits, Self.maxDigits) - 1]
        output.writeWithUnsafeMutableBytes(minimumWritableBytes: form.bytes.count) { room in
            form.bytes.withUnsafeBytes { room.copyMemory(from: $0) }
            Self.writeHexadecimal(nonce.key.high, to: room, at: form.key)
            Self.writeHexadecimal(nonce.key.low, to: room, at: form.key + 16)
            if hasRequest { Self.writeHexadecimal(nonce.request, to: room, at: form.value) }
            for index in stride(from: form.life + digits - 1, through: form.life, by: -1) {
                room[index] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: life % 10)
                life /= 10
            }
            return form.bytes.count
        }
    }

    /// The hash of the request that has claimed a nonce, of which `value` is what Redis has; 0 for one without an id.
    static func request(of value: [UInt8]) -> UInt64 {
        value.count == 16 ? UInt64(String(decoding: value, as: UTF8.self), radix: 16) ?? 0 : 0
    }

    /// Eight digits at a time: each half byte in a byte of its own, then all of them to letters or digits at once.
    private static func writeHexadecimal(_ number: UInt64, to room: UnsafeMutableRawBufferPointer, at start: Int) {
        for half in 0..<2 {
            var spread = half == 0 ? number >> 32 : number & 0xFFFF_FFFF
            spread = (spread | spread << 16) & 0x0000_FFFF_0000_FFFF
            spread = (spread | spread << 8) & 0x00FF_00FF_00FF_00FF
            spread = (spread | spread << 4) & 0x0F0F_0F0F_0F0F_0F0F
            // 1 in each byte that is above 9: those get the distance from "9" to "a", too.
            let letters = ((spread &+ 0x0606_0606_0606_0606) >> 4) & 0x0101_0101_0101_0101
            let text = spread &+ 0x3030_3030_3030_3030 &+ letters &* 39
            room.storeBytes(of: text.bigEndian, toByteOffset: start + 8 * half, as: UInt64.self)
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

    /// Milliseconds for which Redis keeps it: up to the end of the last second, and a tolerance; at most some days, which no timestamp
    /// has ahead of it.
    func life(at now: Timestamp) -> Int64 {
        min(max(1, (expires + 1) * 1000 - now.milliseconds + ClaimCommand.clockTolerance), 999_999_999_999)
    }

    /// Whether it counts no more.
    func isOver(at now: Timestamp) -> Bool { expires < now.seconds }
}
