// HMAC-SHA1 (RFC 2104) from prepared states, for OAuth 1 signatures.
//
// An HMAC begins by hashing the padded key twice. That work is done once for each key: the two SHA-1 states after the padded key
// are kept, five words each. A signature then is one pass over the message and one more block, without an allocation.
// libcrypto's own EVP_MAC costs twice as much, nearly all of it for its set-up.

import CNative.OpenSSL
import Bytes

/// A key for HMAC-SHA1, prepared once and used for many messages.
public struct HMACSHA1Key: Sendable {
    /// Bytes of a code.
    public static let size = 20

    private static let blockSize = 64

    /// SHA-1 after the key padded with 0x36 (RFC 2104, ipad).
    private let inner: ChainedState
    /// SHA-1 after the key padded with 0x5c (RFC 2104, opad).
    private let outer: ChainedState

    /// Prepares `key`, of any length. A key longer than a block is hashed first, as RFC 2104 says.
    public init(key: Bytes) {
        (inner, outer) = withUnsafeTemporaryAllocation(byteCount: Self.blockSize, alignment: 8) { block in
            block.initializeMemory(as: UInt8.self, repeating: 0)
            defer { OPENSSL_cleanse(block.baseAddress, block.count) }
            if key.count > Self.blockSize {
                SHA1.digest(key).copy(to: block)
            } else {
                block.copyBytes(from: key.buffer)
            }
            return (ChainedState(of: block, padding: 0x36), ChainedState(of: block, padding: 0x36 ^ 0x5c))
        }
    }

    /// SHA-1 after one block, without those parts of libcrypto's state that are empty or always the same. It is kept small: there
    /// may be millions, and each request reads two of them from memory.
    private struct ChainedState {
        private let h0: UInt32, h1: UInt32, h2: UInt32, h3: UInt32, h4: UInt32

        /// The state after `block` with each byte combined with `padding`. The block is left in that form.
        init(of block: UnsafeMutableRawBufferPointer, padding: UInt8) {
            for index in block.indices { block[index] ^= padding }
            var state = SHA_CTX()
            SHA1_Init(&state)
            SHA1_Update(&state, block.baseAddress, block.count)
            (h0, h1, h2, h3, h4) = (state.h0, state.h1, state.h2, state.h3, state.h4)
        }

        /// The state as libcrypto has it.
        var context: SHA_CTX {
            var state = SHA_CTX()
            (state.h0, state.h1, state.h2, state.h3, state.h4) = (h0, h1, h2, h3, h4)
            state.Nl = UInt32(8 * HMACSHA1Key.blockSize)
            return state
        }
    }

    /// Writes the message's code into the first 20 bytes of `out`, which must have room for them.
    public func authenticate(_ message: Bytes, into out: UnsafeMutableRawBufferPointer) {
        precondition(out.count >= Self.size, "no room for the code")
        let code = out.baseAddress?.assumingMemoryBound(to: UInt8.self)
        var state = inner.context
        SHA1_Update(&state, message.buffer.baseAddress, message.count)
        SHA1_Final(code, &state)
        state = outer.context
        SHA1_Update(&state, code, Self.size)
        SHA1_Final(code, &state)
    }

    /// The message's code.
    public func authenticate(_ message: Bytes) -> Digest160 {
        Digest160 { authenticate(message, into: $0) }
    }
}
