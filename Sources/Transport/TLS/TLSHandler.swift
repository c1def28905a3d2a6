// TLS on a NIO channel: bytes of the network on one side, those of HTTP on the other. libssl does the work.

import NIOCore

/// The handshake is over: what is written from now on is sent. Only clients are told.
package struct TLSOpened: Sendable {}

/// Speaks the TLS of one connection.
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

    /// What the connection is made from, which must outlive it.
    private let context: AnyObject
    private let isClient: Bool
    private var connection: TLSConnection?
    private var state = State.handshaking
    private var hasSentEnd = false

    /// A handler for one channel that a client has opened.
    init(_ context: TLSContext) {
        self.context = context
        isClient = false
        connection = context.makeConnection()
    }

    /// A handler for one channel to `host`.
    init(_ context: TLSClient, to host: String) {
        self.context = context
        isClient = true
        connection = context.makeConnection(to: host)
    }

    package func handlerRemoved(context: ChannelHandlerContext) { connection = nil }
}

// MARK: - What arrives

extension TLSHandler {
    package func channelActive(context: ChannelHandlerContext) {
        if isClient {
            _ = connection?.handshake()
            sendOutput(context)
        }
        context.fireChannelActive()
    }

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let ciphertext = unwrapInboundIn(data)
        // It goes with the read: an idle connection keeps no buffers.
        var plaintext = ByteBuffer()
        var failure: TLSFailure?
        let (wasHandshaking, hadEnded) = (state == .handshaking, state == .inputEnded)
        ciphertext.withUnsafeReadableBytes { bytes in
            for piece in TLSConnection.pieces(of: bytes) where failure == nil {
                failure = receive(piece, into: &plaintext)
            }
        }
        sendOutput(context)
        if isClient, wasHandshaking, state == .open { context.fireUserInboundEventTriggered(TLSOpened()) }
        if plaintext.readableBytes > 0 { context.fireChannelRead(wrapInboundOut(plaintext)) }
        if state == .inputEnded, !hadEnded { context.fireUserInboundEventTriggered(ChannelEvent.inputClosed) }
        if let failure {
            state = .failed
            context.fireErrorCaught(failure)
        }
    }

    /// Takes a part of what arrived, and appends what it decrypts to; the failure that ends the connection, if there is one.
    private func receive(_ bytes: UnsafeRawBufferPointer, into plaintext: inout ByteBuffer) -> TLSFailure? {
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
            for piece in TLSConnection.pieces(of: bytes) {
                guard case .done? = connection?.write(piece) else {
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
