// Sockets that accept. Accepted connections go to the event loops in turn.

import Glibc
import Logging
import NIOCore
import NIOPosix

extension ServerBootstrap {
    /// A bootstrap with the options that all listeners share.
    /// - Parameter isShared: Whether other processes may listen on the same TCP port (socket(7), `SO_REUSEPORT`).
    static func listener(
        accepting: any EventLoopGroup, serving: any EventLoopGroup, isTCP: Bool, isShared: Bool, logger: Logger
    ) -> ServerBootstrap {
        let bootstrap = ServerBootstrap(group: accepting, childGroup: serving)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.maxMessagesPerRead, value: 64)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(AcceptPause(logger))
                }
            }
            // One read of each connection in turn, 40 requests or so: when hundreds are sent at once on some connections, those of
            // others are not behind them all. And ReceiveBuffer relies on it.
            .childChannelOption(.maxMessagesPerRead, value: 1)
            // A peer that has sent everything and closed its side still gets its answers.
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelOption(
                .recvAllocator, value: AdaptiveRecvByteBufferAllocator(minimum: 2048, initial: 2048, maximum: 65_536))
        guard isTCP else { return bootstrap }
        let tcp =
            bootstrap
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
        return isShared ? tcp.serverChannelOption(reusePort, value: 1) : tcp
    }

    /// Binds to `listener`'s address, or takes the socket that was passed for it.
    /// - Throws: ``ListenError``, which names the address; nothing is bound then.
    func bind(_ listener: Listener, _ passed: PassedSockets, isShared: Bool) async throws(ListenError) -> BoundListener
    {
        switch listener.address {
        case .tcp(let host, let port):
            return BoundListener(listener.address, try await bind(toEvery: host, port: port, passed), nil)
        case .unix(let path):
            if let descriptor = passed.descriptor(for: listener.address) {
                return BoundListener(listener.address, [try await adopt(descriptor, listener.address)], nil)
            }
            let socket: UnixSocket
            do {
                socket = try UnixSocket(listener, at: path, isShared: isShared)
            } catch {
                throw ListenError(address: listener.address, reason: "\(error)")
            }
            return BoundListener(listener.address, [try await bind(socket, listener.address)], socket)
        }
    }

    /// Accepts on a socket that was passed.
    private func adopt(_ descriptor: CInt, _ address: ListenerAddress) async throws(ListenError) -> any Channel {
        do {
            return try await withBoundSocket(descriptor).get()
        } catch {
            throw ListenError(address: address, error)
        }
    }

    /// Binds to every address that `host` stands for, with one port for all; the system chooses it when `port` is 0. Where a
    /// socket was passed, it is taken.
    /// - Returns: One channel or more.
    private func bind(
        toEvery host: String, port: Int, _ passed: PassedSockets
    ) async throws(ListenError) -> [any Channel] {
        let asked = ListenerAddress.tcp(host: host, port: port)
        let addresses: [String]
        do {
            addresses = try HostAddresses.of(host)
        } catch {
            throw ListenError(address: asked, reason: error.description)
        }
        var channels: [any Channel] = []
        var missing: (any Error)?
        for address in addresses {
            do {
                let port = channels.first?.localAddress?.port ?? port
                let descriptor = passed.descriptor(for: .tcp(host: address, port: port))
                let channel = descriptor.map { withBoundSocket($0) } ?? bind(host: address, port: port)
                channels.append(try await channel.get())
            } catch let error as IOError where addresses.count > 1 && error.isOfMissingAddress {
                // The name has an address that this machine has not: `localhost` is ::1 too where there is no IPv6.
                missing = error
            } catch {
                for channel in channels { try? await channel.close().get() }
                throw ListenError(address: asked, error)
            }
        }
        if channels.isEmpty, let missing { throw ListenError(address: asked, missing) }
        return channels
    }

    /// Takes over a socket that is bound and listens.
    private func bind(_ socket: UnixSocket, _ address: ListenerAddress) async throws(ListenError) -> any Channel {
        do {
            return try await withBoundSocket(socket.descriptor).get()
        } catch {
            socket.remove()
            throw ListenError(address: address, error)
        }
    }
}

/// A listener that accepts connections.
struct BoundListener: Sendable {
    /// Where it is bound: the port is the real one.
    let address: ListenerAddress
    private let channels: [any Channel]
    /// The socket that was made here; nil when it is a TCP socket, or was passed.
    private let socket: UnixSocket?

    fileprivate init(_ asked: ListenerAddress, _ channels: [any Channel], _ socket: UnixSocket?) {
        if case .tcp(let host, _) = asked, let local = channels.first?.localAddress, let port = local.port {
            address = .tcp(host: local.ipAddress ?? host, port: port)
        } else {
            address = asked
        }
        self.channels = channels
        self.socket = socket
    }

    /// Every address that it accepts on: an IP address instead of a name, and a real port.
    var addresses: [ListenerAddress] {
        guard address.isTCP else { return [address] }
        return channels.compactMap { channel in
            guard let local = channel.localAddress, let host = local.ipAddress, let port = local.port else {
                return nil
            }
            return .tcp(host: host, port: port)
        }
    }

    /// How long a connection takes from being accepted to its event loop, at most.
    private static let handover = Duration.milliseconds(50)

    /// Accepts no more connections. NIO closes a connection unanswered that is accepted, and not with its event loop yet, when its
    /// listener closes; so nothing is accepted for a moment first.
    func close() async {
        socket?.remove()
        var isOpen = false
        for channel in channels where channel.isActive {
            isOpen = true
            try? await channel.setOption(.autoRead, value: false).get()
        }
        if isOpen { try? await Task.sleep(for: Self.handover) }
        for channel in channels { try? await channel.close().get() }
    }
}

/// Other processes of the same user may listen on the same port (socket(7)).
private let reusePort = ChannelOptions.Types.SocketOption(
    level: .socket, name: NIOBSDSocket.Option(rawValue: SO_REUSEPORT))

extension IOError {
    /// Whether the machine has no such address.
    fileprivate var isOfMissingAddress: Bool { errnoCode == EADDRNOTAVAIL || errnoCode == EAFNOSUPPORT }
}

/// Why an address can't be listened on.
public struct ListenError: Error, Sendable {
    /// The address.
    public let address: ListenerAddress
    /// What the system says.
    public let reason: String

    fileprivate init(address: ListenerAddress, _ error: any Error) {
        let reason = (error as? IOError).map { String(cString: strerror($0.errnoCode)) }
        self.init(address: address, reason: reason ?? "\(error)")
    }

    init(address: ListenerAddress, reason: String) {
        self.address = address
        self.reason = reason
    }
}

extension ListenerAddress {
    var isTCP: Bool {
        if case .tcp = self { true } else { false }
    }
}
