// Who is at the other end, in the form that a CheckRequest has it.

import NIOCore

extension Peer {
    /// The peer at a socket address.
    convenience init(_ address: SocketAddress?) {
        self.init(
            address: Array((address?.ipAddress ?? address?.pathname ?? "").utf8),
            port: UInt32(clamping: address?.port ?? 0))
    }
}
