// Sockets that accept. Accepted connections go to the event loops in turn.

import Glibc
import NIOCore
import NIOPosix

extension ServerBootstrap {
    /// A bootstrap with the options that all listeners share.
    static func listener(
        accepting: any EventLoopGroup, serving: any EventLoopGroup, isTCP: Bool
    ) -> ServerBootstrap {
        let bootstrap = ServerBootstrap(group: accepting, childGroup: serving)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.maxMessagesPerRead, value: 64)
            // One read of each connection in turn, 40 requests or so: when hundreds are sent at once on some connections, those of
            // others are not behind them all. And ReceiveBuffer relies on it.
            .childChannelOption(.maxMessagesPerRead, value: 1)
            .childChannelOption(
                .recvAllocator, value: AdaptiveRecvByteBufferAllocator(minimum: 2048, initial: 2048, maximum: 65_536))
        guard isTCP else { return bootstrap }
        return
            bootstrap
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
    }

    /// Binds to `address`. An error names it.
    func bind(to address: ListenerAddress) async throws(ListenError) -> any Channel {
        do {
            switch address {
            case .tcp(let host, let port): return try await bind(host: host, port: port).get()
            case .unix(let path):
                try StaleSocket.check(path)
                return try await bind(unixDomainSocketPath: path, cleanupExistingSocketFile: true).get()
            }
        } catch let occupied as StaleSocket.Occupied {
            throw ListenError(address: address, reason: occupied.reason)
        } catch {
            let reason = (error as? IOError).map { String(cString: strerror($0.errnoCode)) }
            throw ListenError(address: address, reason: reason ?? "\(error)")
        }
    }
}

/// Why an address can't be listened on.
public struct ListenError: Error, Sendable {
    /// The address.
    public let address: ListenerAddress
    /// What the system says.
    public let reason: String
}

extension ListenerAddress {
    var isTCP: Bool {
        if case .tcp = self { true } else { false }
    }

    /// The address that a listener is bound to: the port is the real one.
    init(boundTo channel: any Channel, asked: ListenerAddress) {
        if case .tcp(let host, _) = asked, let port = channel.localAddress?.port {
            self = .tcp(host: channel.localAddress?.ipAddress ?? host, port: port)
        } else {
            self = asked
        }
    }
}
