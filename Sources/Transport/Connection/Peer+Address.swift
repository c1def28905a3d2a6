// Who is at the other end, in the form that a CheckRequest has it.

import NIOCore

extension Peer {
    /// The peer at a socket address. A connection that was reset before anybody looked has none, and counts as nobody's.
    convenience init(_ address: SocketAddress?) {
        switch address {
        case .unixDomainSocket: self.init(address: Array((address?.pathname ?? "").utf8), port: 0, isUnix: true)
        default:
            self.init(address: Array((address?.ipAddress ?? "").utf8), port: UInt32(clamping: address?.port ?? 0))
        }
    }

    /// Whether there is nobody: the connection is not worth serving, and must not be taken for anybody's.
    var isNobody: Bool { address.isEmpty && !isUnix }
}
