// Commands, as hiredis formats them.

import CNative.Hiredis
import NIOCore

/// A command of Redis: its name and what it is about.
package struct RedisCommand: Sendable, Equatable {
    /// The name and the arguments.
    package let words: [[UInt8]]

    /// A command of texts.
    package init(_ words: String...) { self.words = words.map { Array($0.utf8) } }

    /// A command of bytes.
    package init(words: [[UInt8]]) { self.words = words }

    /// Appends the command as it is sent.
    func write(into output: inout ByteBuffer) {
        let bytes = words.flatMap(\.self)
        bytes.withUnsafeBytes { bytes in
            var start = 0
            let parts = words.map { word in
                defer { start += word.count }
                return UnsafeRawBufferPointer(rebasing: bytes[start..<start + word.count])
            }
            Self.write(parts, into: &output)
        }
    }

    /// Appends a command of these words.
    static func write(_ words: [UnsafeRawBufferPointer], into output: inout ByteBuffer) {
        withUnsafeTemporaryAllocation(of: UnsafePointer<CChar>?.self, capacity: words.count) { starts in
            withUnsafeTemporaryAllocation(of: Int.self, capacity: words.count) { counts in
                for (index, word) in words.enumerated() {
                    starts.initializeElement(at: index, to: word.baseAddress?.assumingMemoryBound(to: CChar.self))
                    counts.initializeElement(at: index, to: word.count)
                }
                format(Int32(words.count), starts.baseAddress, counts.baseAddress, into: &output)
            }
        }
    }

    private static func format(
        _ count: Int32, _ words: UnsafeMutablePointer<UnsafePointer<CChar>?>?, _ lengths: UnsafeMutablePointer<Int>?,
        into output: inout ByteBuffer
    ) {
        var text: UnsafeMutablePointer<CChar>?
        let length = redisFormatCommandArgv(&text, count, words, lengths)
        // Without memory for a hundred bytes nothing else goes on either.
        guard length > 0, let text else { return }
        defer { redisFreeCommand(text) }
        output.writeBytes(UnsafeRawBufferPointer(start: text, count: Int(length)))
    }
}
