// The buffer that the connections of a loop read into.

import NIOCore
import Testing
import Transport

@Suite struct ReceiveBufferTests {
    private func address(_ buffer: ByteBuffer) -> UnsafeRawPointer? {
        buffer.withVeryUnsafeBytes { $0.baseAddress }
    }

    @Test func whatComesBackIsLentAgain() {
        let shared = ReceiveBuffer()
        let (first, second) = (shared.allocator, shared.allocator)
        let memory = ByteBufferAllocator()
        var buffer = first.buffer(allocator: memory)
        let lent = address(buffer)
        #expect(buffer.capacity == ReceiveBuffer.capacity)
        #expect(shared.isAway)
        #expect(address(second.buffer(allocator: memory)) != lent, "lent to two at once")
        buffer.writeString("left behind")
        buffer.moveReaderIndex(to: 4)
        shared.put(buffer)
        #expect(!shared.isAway)
        buffer = ByteBuffer()
        buffer = second.buffer(allocator: memory)
        #expect(address(buffer) == lent)
        #expect(buffer.readableBytes == 0 && buffer.writableBytes == ReceiveBuffer.capacity)
    }

    @Test func whatSomebodyStillHoldsIsNotWrittenTo() {
        let shared = ReceiveBuffer()
        let memory = ByteBufferAllocator()
        var held = shared.allocator.buffer(allocator: memory)
        held.writeString("mine")
        shared.put(held)
        var next = shared.allocator.buffer(allocator: memory)
        next.writeString("theirs")
        #expect(String(buffer: held) == "mine")
    }

    @Test func buffersOfAnotherSizeAreLeftAlone() {
        let shared = ReceiveBuffer()
        shared.put(ByteBufferAllocator().buffer(capacity: 2048))
        #expect(shared.isAway)
    }

    /// NIO keeps a buffer for itself when it is told the next size, or that the next one is no larger.
    @Test func nothingIsSaidOfTheNextSize() {
        var allocator = ReceiveBuffer().allocator
        #expect(allocator.nextBufferSize() == nil)
        let mayGrow = allocator.record(actualReadBytes: 1)
        #expect(mayGrow)
    }

    /// Plaintext connections share the loop's; what TLS decrypts into is its own.
    @Test(arguments: [false, true]) func whoShares(isTLS: Bool) throws {
        let connected = try Connected(isTLS: isTLS)
        let id = connected.client.call("/call", Array("hello".utf8))
        for _ in 0..<4 {
            let bytes = connected.client.output()
            var buffer = ByteBufferAllocator().buffer(capacity: ReceiveBuffer.capacity)
            buffer.writeBytes(bytes)
            try connected.channel.writeInbound(buffer)
            connected.channel.embeddedEventLoop.run()
            connected.client.input(try connected.received())
        }
        #expect(connected.client.response(id).grpcStatus == "0")
        #expect(connected.loop.received.isAway == isTLS)
        guard !isTLS else { return }
        let allocator = try connected.channel.syncOptions?.getOption(.recvAllocator)
        #expect(allocator?.nextBufferSize() == nil)
        #expect(allocator?.buffer(allocator: ByteBufferAllocator()).capacity == ReceiveBuffer.capacity)
        #expect(connected.loop.received.isAway)
    }
}
