// What a connection reads into. NIO keeps a buffer for each channel, and with thousands of them each read would go to memory that
// the processor's cache has lost, and each connection would hold it while it says nothing. One buffer serves all connections of
// a loop, since what was read is taken out of it before the next one reads.
//
// It is handed out and comes back: nobody else holds it while it is read into, or else it is replaced. NIO lets go of it after a
// read that failed, and for a handler that is closed; then the next read gets a new one.

import NIOCore

/// The buffer that the HTTP/2 connections of one event loop read into, in turn; not those of TLS, which decrypts into its own.
package final class ReceiveBuffer: @unchecked Sendable {
    // @unchecked Sendable: NIO wants it of whatever allocates. Used on its event loop only.

    /// Bytes that are read at once, 40 requests or so.
    package static let capacity = 1 << 16

    private var buffer: ByteBuffer?

    package init() {}

    /// Whether it is lent, or was lost.
    package var isAway: Bool { buffer == nil }

    /// Takes back what was read into. A channel's first buffer is NIO's and stays there.
    package func put(_ buffer: ByteBuffer) {
        if buffer.capacity == Self.capacity { self.buffer = buffer }
    }

    /// Allocates for one channel of the loop, that has read before.
    package var allocator: any RecvByteBufferAllocator { Allocator(shared: self) }

    private func take(_ allocator: ByteBufferAllocator) -> ByteBuffer {
        guard var buffer = buffer.take() else { return allocator.buffer(capacity: Self.capacity) }
        buffer.clear()
        return buffer
    }

    /// NIO asks it for each read and keeps nothing of what it gets, on three conditions: no hint is given of the next size; the
    /// next one may always be larger; and the one buffer that a channel keeps (`maxMessagesPerRead` is 1) is there already. With
    /// another NIO reads would be right, and each connection would hold a buffer again.
    private struct Allocator: RecvByteBufferAllocator {
        let shared: ReceiveBuffer

        func buffer(allocator: ByteBufferAllocator) -> ByteBuffer { shared.take(allocator) }
        mutating func record(actualReadBytes: Int) -> Bool { true }
    }
}
