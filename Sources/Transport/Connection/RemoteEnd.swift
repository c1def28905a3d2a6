// The other end of a connection, in the form that a CheckRequest has it.

import NIOCore

/// The other end of a connection: the address it connects from.
package final class RemoteEnd {
    /// The IP address as text; the path of a Unix socket; empty when unknown.
    package let address: [UInt8]
    /// The port; 0 for a Unix socket.
    package let port: UInt32
    /// Whether the connection came by a Unix socket.
    package let isUnix: Bool

    /// A remote end.
    package init(address: [UInt8], port: UInt32, isUnix: Bool = false) {
        self.address = address
        self.port = port
        self.isUnix = isUnix
    }
}

extension RemoteEnd {
    /// The remote end at a socket address. A connection that was reset before it was looked at has no address.
    convenience init(_ address: SocketAddress?) {
        switch address {
        case .unixDomainSocket: self.init(address: Array((address?.pathname ?? "").utf8), port: 0, isUnix: true)
        default:
            self.init(address: Array((address?.ipAddress ?? "").utf8), port: UInt32(clamping: address?.port ?? 0))
        }
    }

    /// Whether the address is unknown: such a connection is over already, and must not be taken for a trusted one.
    var isUnknown: Bool { address.isEmpty && !isUnix }
}
