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

    /// Bytes that a peer may send before it is its turn to shake hands: a chain of certificates and more.
    private static var maxWaitingBytes: Int { 128 << 10 }

    /// What the connection is made from, which must outlive it.
    private let context: AnyObject
    private let isClient: Bool
    private var connection: TLSConnection?
    private var state = State.handshaking
    private var hasSentEnd = false
    private let line: HandshakeLine?
    /// What has arrived of a handshake that waits in line; nil when it does not wait.
    private var waiting: ByteBuffer?
    private var channelContext: ChannelHandlerContext?

    /// A handler for one channel that a client has opened.
    /// - Parameter line: Where handshakes wait for their turn; nil: they are served as they come.
    init(_ context: TLSContext, line: HandshakeLine?) {
        self.context = context
        self.line = line
        isClient = false
        connection = context.makeConnection()
    }

    /// A handler for one channel to `host`.
    init(_ context: TLSClient, to host: String) {
        self.context = context
        line = nil
        isClient = true
        connection = context.makeConnection(to: host)
    }

    package func handlerAdded(context: ChannelHandlerContext) { channelContext = context }

    package func handlerRemoved(context: ChannelHandlerContext) {
        channelContext = nil
        connection = nil
        waiting = nil
    }
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
        var ciphertext = unwrapInboundIn(data)
        guard state == .handshaking, let line else { return receive(ciphertext, context) }
        guard waiting?.writeBuffer(&ciphertext) != nil else {
            waiting = ciphertext
            return line.add(self)
        }
        if let count = waiting?.readableBytes, count > Self.maxWaitingBytes {
            waiting = nil
            fail(TLSFailure(), context)
        }
    }

    /// Goes on with a handshake that has waited in line.
    func proceed() {
        guard let channelContext, let ciphertext = waiting else { return }
        waiting = nil
        receive(ciphertext, channelContext)
        // What came with the end of the handshake is answered now.
        channelContext.fireChannelReadComplete()
    }

    private func receive(_ ciphertext: ByteBuffer, _ context: ChannelHandlerContext) {
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
        if let failure { fail(failure, context) }
    }

    private func fail(_ failure: TLSFailure, _ context: ChannelHandlerContext) {
        state = .failed
        context.fireErrorCaught(failure)
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
