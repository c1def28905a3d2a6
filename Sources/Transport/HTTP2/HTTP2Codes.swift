// What is said to the peer when a stream or a connection ends early, what nghttp2 says to us, and the pings that we send.

import CNative.HTTP2

/// An error code of RST_STREAM and GOAWAY (RFC 9113 section 7): those that are sent from here.
package enum HTTP2ErrorCode: UInt32, Sendable {
    case noError = 0x0
    case internalError = 0x2
    case cancel = 0x8
    case enhanceYourCalm = 0xB
}

/// Why a session can't go on.
package enum HTTP2Failure: Sendable, Equatable {
    /// There was no memory for it.
    case outOfMemory
    /// The peer does not speak HTTP/2.
    case badPreface
    /// The peer makes us write and does not read.
    case flooded
    /// Something else that nghttp2 calls fatal.
    case fatal
    /// ``HTTP2Session/close()`` was called.
    case closed

    /// What a negative return value of nghttp2 means.
    init(_ code: Int) {
        self =
            switch Int32(truncatingIfNeeded: code) {
            case NGHTTP2_ERR_NOMEM.rawValue: .outOfMemory
            case NGHTTP2_ERR_BAD_CLIENT_MAGIC.rawValue: .badPreface
            case NGHTTP2_ERR_FLOODED.rawValue: .flooded
            default: .fatal
            }
    }
}

/// A ping, told from others by its payload.
enum HTTP2Ping: UInt64 {
    /// Behind the notice that the server goes away.
    case notice = 1
    /// To see whether the peer is still there.
    case probe = 2

    typealias Payload = UInt64

    /// What the pong repeats: eight bytes.
    var payload: Payload { rawValue }
}
