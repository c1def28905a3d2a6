// TLS on a NIO channel: bytes of the network on one side, those of HTTP on the other. libssl does the work.

import NIOCore

/// Serves the TLS of one connection.
package final class TLSHandler: ChannelDuplexHandler {
    package typealias InboundIn = ByteBuffer
    package typealias InboundOut = ByteBuffer
    package typealias OutboundIn = ByteBuffer
    package typealias OutboundOut = ByteBuffer

    private enum State {
        case handshaking, open
        /// The peer sends no more.
        case inputEnded
        case failed
    }

    private let context: TLSContext
    private var connection: TLSConnection?
    private var state = State.handshaking
    private var hasSentEnd = false
    private var plaintext = ByteBuffer()

    /// A handler for one channel.
    init(_ context: TLSContext) {
        self.context = context
        connection = context.makeConnection()
    }

    package func handlerRemoved(context: ChannelHandlerContext) { connection = nil }
}

// MARK: - What arrives

extension TLSHandler {
    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let ciphertext = unwrapInboundIn(data)
        plaintext.clear()
        var failure: TLSFailure?
        // By pieces: libssl's buffers grow to the largest, and stay so.
        ciphertext.withUnsafeReadableBytes { bytes in
            var rest = bytes[...]
            while !rest.isEmpty, failure == nil {
                let piece = rest.prefix(TLSConnection.maxRecordBytes)
                rest = rest.dropFirst(piece.count)
                failure = receive(UnsafeRawBufferPointer(rebasing: piece))
            }
        }
        sendOutput(context)
        pass(context)
        if let failure {
            state = .failed
            context.fireErrorCaught(failure)
        }
    }

    /// Takes a part of what arrived; the failure that ends the connection, if there is one.
    private func receive(_ bytes: UnsafeRawBufferPointer) -> TLSFailure? {
        guard state == .handshaking || state == .open else { return nil }
        guard connection != nil else { return TLSFailure() }
        connection?.receive(bytes)
        if state == .handshaking {
            switch connection?.handshake() {
            case .done?: state = .open
            case .failed(let failure)?: return failure
            default: return nil
            }
        }
        while connection?.hasInput == true {
            switch connection?.read(into: &plaintext) {
            case .done?: continue
            case .failed(let failure)?: return failure
            case .ended?:
                state = .inputEnded
                return nil
            case .needsInput?, nil: return nil
            }
        }
        return nil
    }

    /// Passes on what was decrypted, and that no more will come.
    private func pass(_ context: ChannelHandlerContext) {
        let hasEnded = state == .inputEnded
        if plaintext.readableBytes > 0 {
            context.fireChannelRead(wrapInboundOut(plaintext))
            // What is handled by now is not needed any more, and an idle connection keeps no buffers.
            plaintext = ByteBuffer()
        }
        if hasEnded { context.fireUserInboundEventTriggered(ChannelEvent.inputClosed) }
    }
}

// MARK: - What is sent

extension TLSHandler {
    package func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let plaintext = unwrapOutboundIn(data)
        guard state == .open || state == .inputEnded, !hasSentEnd else {
            promise?.fail(ChannelError.ioOnClosedChannel)
            return
        }
        var ciphertext = context.channel.allocator.buffer(capacity: plaintext.readableBytes + 512)
        plaintext.withUnsafeReadableBytes { bytes in
            var rest = bytes[...]
            while !rest.isEmpty, state != .failed {
                let piece = rest.prefix(TLSConnection.maxRecordBytes)
                rest = rest.dropFirst(piece.count)
                guard case .done? = connection?.write(UnsafeRawBufferPointer(rebasing: piece)) else {
                    state = .failed
                    break
                }
                connection?.takeOutput(into: &ciphertext)
            }
        }
        guard state != .failed else {
            promise?.fail(TLSFailure())
            return
        }
        context.write(wrapOutboundOut(ciphertext), promise: promise)
    }

    package func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        // Of a handshake that is under way there is nothing to be said.
        if mode != .input, !hasSentEnd, state == .open || state == .inputEnded {
            hasSentEnd = true
            connection?.end()
            sendOutput(context)
        }
        context.close(mode: mode, promise: promise)
    }

    private func sendOutput(_ context: ChannelHandlerContext) {
        var ciphertext = ByteBuffer()
        connection?.takeOutput(into: &ciphertext)
        if ciphertext.readableBytes > 0 { context.writeAndFlush(wrapOutboundOut(ciphertext), promise: nil) }
    }
}
