// gRPC's message framing over HTTP/2: one flag byte, four bytes of length (big-endian), the message.

import Bytes

/// The prefix of a gRPC message.
public struct GRPCFrame: Equatable, Sendable {
    /// Bytes of the prefix.
    @inlinable
    public static var prefixLength: Int { 5 }

    /// Whether the flag says that the message is compressed. A flag other than 0 and 1 counts as compressed: whatever it
    /// means, the message can't be read.
    public var isCompressed: Bool
    /// The message's length in bytes.
    public var length: Int

    /// Reads the prefix that `bytes` begins with; nil when there are fewer than five bytes.
    @inlinable
    public init?(_ bytes: Bytes) {
        guard bytes.count >= Self.prefixLength else { return nil }
        isCompressed = bytes[0] != 0
        length = Int(bytes[1]) << 24 | Int(bytes[2]) << 16 | Int(bytes[3]) << 8 | Int(bytes[4])
    }

    /// Appends an uncompressed prefix with length 0 for a message that is to follow.
    /// - Returns: The offset of the message, for ``end(_:in:)``.
    @inlinable
    public static func begin(in output: inout [UInt8]) -> Int {
        for _ in 0..<prefixLength { output.append(0) }
        return output.count
    }

    /// Patches the length of the message that begins at offset `start` and ends where `output` does.
    @inlinable
    public static func end(_ start: Int, in output: inout [UInt8]) {
        let length = output.count - start
        precondition(start >= prefixLength && length >= 0 && length <= Int(UInt32.max), "no frame begins there")
        for index in 0..<4 {
            output[start - 4 + index] = UInt8(truncatingIfNeeded: length >> (24 - 8 * index))
        }
    }

    /// Appends a whole frame.
    @inlinable
    public static func append(_ message: Bytes, into output: inout [UInt8]) {
        let start = begin(in: &output)
        output.append(message)
        end(start, in: &output)
    }
}
