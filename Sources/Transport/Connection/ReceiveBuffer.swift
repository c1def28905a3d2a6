// What connections read into. NIO keeps a buffer for each channel: with thousands of channels each read would go to memory that
// is not in the processor's cache, and each idle connection would keep its buffer. One buffer serves all connections of a loop,
// since a handler processes what was read before the next channel reads.
//
// The buffer is lent to a channel and given back by its handler. A buffer that does not come back, since a read failed, the
// handler was closed, or its work is not finished, is replaced for the next read.

import NIOCore

/// The buffer that the HTTP/2 connections of one event loop read into, in turn. TLS decrypts into buffers of its own instead.
package final class ReceiveBuffer: @unchecked Sendable {
    // @unchecked Sendable: NIO requires it of allocators. Used on its event loop only.

    /// Bytes that are read at once: about 40 requests.
    package static let capacity = 1 << 16

    private var buffer: ByteBuffer?

    package init() {}

    /// Whether the buffer is lent, or was not given back.
    package var isAway: Bool { buffer == nil }

    /// Takes the buffer back. A channel's first buffer is NIO's own, of another size, and is not kept.
    package func put(_ buffer: ByteBuffer) {
        if buffer.capacity == Self.capacity { self.buffer = buffer }
    }

    /// An allocator for a channel of the loop that has read before.
    package var allocator: any RecvByteBufferAllocator { Allocator(shared: self) }

    private func take(_ allocator: ByteBufferAllocator) -> ByteBuffer {
        guard var buffer = buffer.take() else { return allocator.buffer(capacity: Self.capacity) }
        buffer.clear()
        return buffer
    }

    /// NIO asks the allocator for each read and keeps no buffer, on three conditions: no size is hinted; the next buffer may
    /// always be larger; and the channel has its one buffer (`maxMessagesPerRead` is 1) already. With a NIO that does otherwise
    /// everything still works, but each connection holds a buffer.
    private struct Allocator: RecvByteBufferAllocator {
        let shared: ReceiveBuffer

        func buffer(allocator: ByteBufferAllocator) -> ByteBuffer { shared.take(allocator) }
        mutating func record(actualReadBytes: Int) -> Bool { true }
    }
}
