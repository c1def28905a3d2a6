// RFC 7301 section 3.2: a client that offers protocols, none of which is spoken here, is refused with an alert. BoringSSL goes on
// without ALPN instead, and the client then speaks what it likes. A client that offers nothing is welcome.

import Bytes
import NIOCore

/// A client offered no protocol that is spoken here.
package struct NoCommonProtocol: Error {}

/// Looks at a ClientHello on its way to TLS, then makes way.
package final class ALPNCheck: ChannelInboundHandler, RemovableChannelHandler {
    package typealias InboundIn = ByteBuffer
    package typealias InboundOut = ByteBuffer
    package typealias OutboundOut = ByteBuffer

    /// What is spoken, by the names that IANA registered.
    static let spoken = ["h2", "http/1.1"]
    /// A TLS record: fatal alert 120, no_application_protocol.
    private static let alert: [UInt8] = [21, 3, 3, 0, 2, 2, 120]

    private var received = ByteBuffer()
    private var isOver = false

    /// A check for one connection.
    package init() {}

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isOver else { return }
        received.writeImmutableBuffer(unwrapInboundIn(data))
        switch received.withUnsafeReadableBytes({ ClientHello.offer(Bytes($0)) }) {
        case .unfinished: break
        case .protocols(let names) where !names.isEmpty && !names.contains(where: Self.spoken.contains):
            isOver = true
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: Self.alert)), promise: nil)
            context.fireErrorCaught(NoCommonProtocol())
        case .protocols, .unreadable:
            isOver = true
            context.fireChannelRead(wrapInboundOut(received))
            context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
        }
    }
}

/// The first message of a TLS connection (RFC 8446 section 4.1.2), as far as it is needed here.
package enum ClientHello {
    /// What a client offers.
    package enum Offer: Equatable {
        /// More bytes are needed.
        case unfinished
        /// The names in the ALPN extension; empty without one.
        case protocols([String])
        /// It is no ClientHello, or a malformed one: TLS itself refuses it.
        case unreadable
    }

    /// A ClientHello that is longer than this is left to TLS.
    private static var maxBytes: Int { 1 << 16 }

    /// The offer in the records that begin with `bytes`.
    package static func offer(_ bytes: Bytes) -> Offer {
        var message: [UInt8] = []
        var records = Cursor(bytes)
        while message.count < maxBytes {
            guard let type = records.number(1) else { return .unfinished }
            guard type == 22 else { return .unreadable }
            guard records.skip(2), let part = records.vector(2) else { return .unfinished }
            message.append(part)
            if message.count >= 4 {
                let length = 4 + message.withBytes { Cursor($0).length }
                if message.count >= length {
                    return message.withBytes { protocols($0) }.map(Offer.protocols) ?? .unreadable
                }
            }
        }
        return .unreadable
    }

    /// The names in the ALPN extension of a handshake message; nil when it can't be read.
    private static func protocols(_ message: Bytes) -> [String]? {
        var cursor = Cursor(message)
        guard cursor.number(1) == 1, var hello = cursor.vector(3).map({ Cursor($0) }) else { return nil }
        // Version and random, session id, cipher suites, compression methods.
        guard hello.skip(34), hello.vector(1) != nil, hello.vector(2) != nil, hello.vector(1) != nil else { return nil }
        guard var extensions = hello.vector(2).map({ Cursor($0) }) else { return [] }
        while let type = extensions.number(2) {
            guard let body = extensions.vector(2) else { return nil }
            if type == 16 { return names(body) }
        }
        return []
    }

    private static func names(_ body: Bytes) -> [String]? {
        var cursor = Cursor(body)
        guard var list = cursor.vector(2).map({ Cursor($0) }) else { return nil }
        var names: [String] = []
        while let name = list.vector(1) { names.append(name.string) }
        return names
    }

    /// Reads numbers and vectors of TLS's presentation language (RFC 8446 section 3).
    private struct Cursor {
        private var rest: Bytes

        init(_ bytes: Bytes) { rest = bytes }

        /// The length of a handshake message, behind its type.
        var length: Int {
            var copy = self
            return copy.skip(1) ? copy.number(3) ?? 0 : 0
        }

        mutating func number(_ bytes: Int) -> Int? {
            guard rest.count >= bytes else { return nil }
            var value = 0
            for index in 0..<bytes { value = value << 8 | Int(rest[index]) }
            rest = rest.dropFirst(bytes)
            return value
        }

        mutating func skip(_ bytes: Int) -> Bool {
            guard rest.count >= bytes else { return false }
            rest = rest.dropFirst(bytes)
            return true
        }

        /// A vector behind its length of `bytes` bytes.
        mutating func vector(_ bytes: Int) -> Bytes? {
            guard let count = number(bytes), rest.count >= count else { return nil }
            defer { rest = rest.dropFirst(count) }
            return rest.prefix(count)
        }
    }
}
