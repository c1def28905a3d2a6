// What a connection reads into. NIO keeps a buffer for each channel, and with thousands of them each read would go to memory that
// the processor's cache has lost, and each connection would hold it while it says nothing. One buffer serves all connections of
// a loop, since what was read is taken out of it before the next one reads.

import NIOCore

/// The buffer that the HTTP/2 connections of one event loop read into, in turn.
package final class ReceiveBuffer: @unchecked Sendable {
    // @unchecked Sendable: NIO wants it of whatever allocates. Used on its event loop only.

    /// Bytes that are read at once, 40 requests or so.
    private static let capacity = 1 << 16

    private var buffer: ByteBuffer?

    package init() {}

    /// Takes back what was read into; a buffer from elsewhere is left alone.
    package func put(_ buffer: ByteBuffer) {
        if buffer.capacity == Self.capacity { self.buffer = buffer }
    }

    /// Allocates for one channel of the loop.
    var allocator: any RecvByteBufferAllocator { Allocator(shared: self) }

    private func take(_ allocator: ByteBufferAllocator) -> ByteBuffer {
        guard var buffer = buffer.take() else { return allocator.buffer(capacity: Self.capacity) }
        buffer.clear()
        return buffer
    }

    /// It gives no hint of the next size, and always says that it may grow: so NIO asks it for each read.
    private struct Allocator: RecvByteBufferAllocator {
        let shared: ReceiveBuffer

        func buffer(allocator: ByteBufferAllocator) -> ByteBuffer { shared.take(allocator) }
        mutating func record(actualReadBytes: Int) -> Bool { true }
    }
}
