// Listeners that another process shares, or has bound before.

import Glibc
import Logging
import Sessions
import Testing
import Transport

@Suite(.serialized, .timeLimit(.minutes(2))) struct SharedListenerTests {
    private func makeServer(
        passed: PassedSockets = .none, _ change: (inout ServerConfiguration) -> Void
    ) -> Server {
        var configuration = ServerConfiguration()
        configuration.admin = nil
        configuration.eventLoops = 1
        change(&configuration)
        let core = World.core()
        return Server(
            configuration: configuration, policy: CurrentPolicy(core.policy), memory: core.memory,
            resolver: LoadingResolver(core), admin: nil, passed: passed,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, wallClock: { World.now })
    }

    /// Whether a request is answered.
    private func answers(_ address: ListenerAddress) -> Bool {
        SocketClient(address)?.ask("GET /v1/identity HTTP/1.1\r\nHost: h\r\n\r\n", until: "}\n").hasPrefix(
            "HTTP/1.1 200")
            ?? false
    }

    /// A listening TCP socket on a loopback port, and the port.
    private func listening() -> (descriptor: CInt, port: Int) {
        let descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                #expect(bind(descriptor, $0, size) == 0 && listen(descriptor, 16) == 0)
                #expect(getsockname(descriptor, $0, &size) == 0)
            }
        }
        return (descriptor, Int(in_port_t(bigEndian: address.sin_port)))
    }

    @Test func aPassedSocketIsServedAndOutlivesTheServer() async throws {
        let (descriptor, port) = listening()
        // Who passes it keeps it.
        let kept = dup(descriptor)
        let address = ListenerAddress.tcp(host: "127.0.0.1", port: port)
        let server = makeServer(passed: try PassedSockets(descriptor..<descriptor + 1)) {
            $0.dataListeners = [.tcp(host: "localhost", port: port)]
        }
        #expect(try await server.start().data == [address])
        #expect(answers(address))
        await server.drain()

        // A connection waits in the kernel until the next server comes.
        let waiting = try #require(SocketClient(address))
        waiting.send("GET /v1/identity HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
        let next = makeServer(passed: try PassedSockets(kept..<kept + 1)) {
            $0.dataListeners = [.tcp(host: "127.0.0.1", port: port)]
        }
        _ = try await next.start()
        #expect(String(decoding: waiting.receiveAll(), as: UTF8.self).hasPrefix("HTTP/1.1 200"))
        await next.drain()
        #expect(SocketClient(address) == nil)
    }

    @Test func aPassedSocketThatNoListenerWantsIsAnError() async throws {
        let (descriptor, port) = listening()
        let server = makeServer(passed: try PassedSockets(descriptor..<descriptor + 1)) {
            $0.dataListeners = [.tcp(host: "127.0.0.1", port: 0)]
        }
        let error = await #expect(throws: ListenError.self) { try await server.start() }
        #expect(error?.address == .tcp(host: "127.0.0.1", port: port))
        #expect(error?.reason.contains("LISTEN_FDS") == true)
        close(descriptor)
    }

    @Test func whatIsNoListeningSocketIsRefused() throws {
        let file = open("/dev/null", O_RDONLY)
        let unbound = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        for descriptor in [file, unbound] {
            #expect(throws: PassedSockets.Unusable.self) { try PassedSockets(descriptor..<descriptor + 1) }
            close(descriptor)
        }
    }

    @Test func twoServersShareAPort() async throws {
        let first = makeServer {
            $0.dataListeners = [.tcp(host: "127.0.0.1", port: 0)]
            $0.sharesListeners = true
        }
        let address = try await first.start().data[0]
        guard case .tcp(_, let port) = address else { return }
        let alone = makeServer { $0.dataListeners = [.tcp(host: "127.0.0.1", port: port)] }
        await #expect(throws: ListenError.self) { try await alone.start() }
        let second = makeServer {
            $0.dataListeners = [.tcp(host: "127.0.0.1", port: port)]
            $0.sharesListeners = true
        }
        _ = try await second.start()
        for _ in 0..<20 { #expect(answers(address)) }
        await first.drain()
        for _ in 0..<20 { #expect(answers(address)) }
        #expect(second.statistics.transport.reduce(0) { $0 + $1.connections.current } >= 20)
        await second.drain()
    }

    @Test func aSharedUnixSocketBecomesTheNewServers() async throws {
        let path = "/tmp/sessiongate-shared-\(getpid()).sock"
        let address = ListenerAddress.unix(path: path)
        func server() -> Server {
            makeServer {
                $0.dataListeners = [.unix(path: path)]
                $0.sharesListeners = true
            }
        }
        let first = server(), second = server()
        _ = try await first.start()
        let old = try #require(SocketClient(address))
        #expect(old.ask("GET /v1/identity HTTP/1.1\r\nHost: h\r\n\r\n", until: "}\n").hasPrefix("HTTP/1.1 200"))
        _ = try await second.start()
        #expect(answers(address))
        #expect(second.statistics.transport[0].connections.current == 1)
        // The old one keeps its connections, and takes away nothing when it ends.
        #expect(old.ask("GET /v1/identity HTTP/1.1\r\nHost: h\r\n\r\n", until: "}\n").hasPrefix("HTTP/1.1 200"))
        await first.drain()
        #expect(answers(address))
        await second.drain()
        #expect(access(path, F_OK) != 0)
    }
}
