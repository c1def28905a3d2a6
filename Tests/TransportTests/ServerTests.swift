// The server on real sockets: listeners, admin pages, floods, the end.

import Sessions
import Glibc
import Logging
import Testing
import Transport
import Bytes

struct Pages: AdminPages {
    func metrics(_ statistics: ServerStatistics, _ format: MetricFormat) -> [UInt8] {
        let connections = statistics.transport.reduce(0) { $0 + $1.connections.current }
        let anonymous = statistics.checks.reduce(0) { $0 + $1.anonymous.current }
        return Array("connections \(connections)\nanonymous \(anonymous)\n".utf8)
    }
    func configuration() -> [UInt8] { Array("{}".utf8) }
    var whatIsWrong: String?
    func problem() -> String? { whatIsWrong }
}

@Suite(.serialized, .timeLimit(.minutes(2))) struct ServerTests {
    private func makeServer(
        resolver: (any Resolver)? = nil, pages: Pages = Pages(),
        _ change: (inout ServerConfiguration) -> Void = { _ in }
    ) -> Server {
        var configuration = ServerConfiguration()
        configuration.dataListeners = [.tcp(host: "127.0.0.1", port: 0)]
        configuration.admin = .tcp(host: "127.0.0.1", port: 0)
        configuration.eventLoops = 2
        change(&configuration)
        let core = World.core()
        return Server(
            configuration: configuration, policy: CurrentPolicy(core.policy), memory: core.memory,
            resolver: resolver ?? LoadingResolver(core), admin: pages,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, wallClock: { World.now })
    }

    private func get(_ path: String) -> String { "GET \(path) HTTP/1.1\r\nHost: localhost\r\n\r\n" }

    /// One gRPC check over a new connection.
    private func check(_ address: ListenerAddress, _ headers: [(String, String)] = []) -> ClientSession.Response? {
        guard let socket = SocketClient(address) else { return nil }
        let client = ClientSession()
        let id = client.call(EndpointTests.checkPath, World.check(headers))
        repeat {
            socket.send(client.output())
            let bytes = socket.receive()
            if bytes.isEmpty { break }
            client.input(bytes)
        } while client.response(id).closed == nil
        return client.response(id)
    }

    @Test func allLoopsServe() async throws {
        let server = makeServer()
        #expect(!server.isReady)
        let addresses = try await server.start()
        #expect(server.isReady)
        for _ in 0..<8 {
            let answer = check(addresses.data[0], [("authorization", "Bearer \(World.bearer)")])
            #expect(answer?.grpcStatus == "0")
        }
        let served = server.statistics.transport.map(\.http2Requests.current)
        #expect(served == [4, 4])
        #expect(server.statistics.transport.map(\.connections.current) == [4, 4])
        await server.drain()
        #expect(!server.isReady)
        #expect(SocketClient(addresses.data[0]) == nil)
    }

    /// All connections of a loop read into the same memory, and write from the same: requests that arrive in pieces, by turns,
    /// are answered as if each connection were alone. A peer that takes nothing loses nothing of what waits for it.
    @Test func connectionsOfALoopKeepApart() async throws {
        let server = makeServer { $0.eventLoops = 1 }
        try answerInPieces(try await server.start().data[0])
        await server.drain()
    }

    private func answerInPieces(_ address: ListenerAddress) throws {
        let kinds: [[(String, String)]] = [
            [], [("authorization", "Bearer \(World.bearer)")], [("authorization", "Bearer \(World.bearer)x")],
        ]
        let alone = kinds.map { check(address, $0)?.body ?? [] }
        #expect(Set(alone).count == kinds.count)
        let slow = try #require(SocketClient(address))
        let sleeper = ClientSession(window: 1 << 30)
        let asleep = (0..<1000).map { _ in sleeper.call(EndpointTests.checkPath, World.check(kinds[1])) }
        for _ in asleep { slow.send(sleeper.output()) }
        let clients = try (0..<12).map { number in
            (try #require(SocketClient(address)), ClientSession(), kind: number % kinds.count)
        }
        for size in [1, 24, 100, 700, 5000] {
            let calls = clients.map { _, client, kind in client.call(EndpointTests.checkPath, World.check(kinds[kind]))
            }
            var left = clients.map { _, client, _ in client.output()[...] }
            while left.contains(where: { !$0.isEmpty }) {
                for (index, client) in clients.enumerated() where !left[index].isEmpty {
                    client.0.send(Array(left[index].prefix(size)))
                    left[index] = left[index].dropFirst(size)
                }
            }
            for ((socket, client, kind), call) in zip(clients, calls) {
                while client.response(call).closed == nil {
                    let bytes = socket.receive()
                    if bytes.isEmpty { break }
                    client.input(bytes)
                    socket.send(client.output())
                }
                #expect(client.response(call).body == alone[kind], "pieces of \(size) bytes")
            }
        }
        while let open = asleep.first(where: { sleeper.response($0).closed == nil }) {
            let bytes = slow.receive()
            try #require(!bytes.isEmpty, "stream \(open)")
            sleeper.input(bytes)
            slow.send(sleeper.output())
        }
        for call in asleep { #expect(sleeper.response(call).body == alone[1]) }
    }

    @Test func adminPages() async throws {
        let server = makeServer()
        let addresses = try await server.start()
        _ = check(addresses.data[0])
        let adminAddress = try #require(addresses.admin)
        let socket = try #require(SocketClient(adminAddress))
        #expect(socket.ask(get("/healthz"), until: "ok\n").hasPrefix("HTTP/1.1 200 "))
        #expect(socket.ask(get("/readyz"), until: "ok\n").hasPrefix("HTTP/1.1 200 "))
        let metrics = socket.ask(get("/metrics"), until: "anonymous 1\n")
        #expect(metrics.contains("content-type: text/plain; version=0.0.4"))
        #expect(metrics.contains("\r\n\r\nconnections 1\n"))
        #expect(socket.ask(get("/config?x"), until: "{}").contains("content-type: application/json"))
        #expect(socket.ask(get("/cache/invalidate"), until: "}\n").hasPrefix("HTTP/1.1 405 "))
        func post(_ host: String, _ fields: String = "") -> String {
            "POST /cache/invalidate HTTP/1.1\r\nHost: \(host)\r\n\(fields)Content-Length: 0\r\n\r\n"
        }
        #expect(socket.ask(post("localhost:9002"), until: "}\n").contains("{\"invalidated\":true,\"instances\":1}"))
        #expect(socket.ask(post("attacker.example:9002"), until: "}\n").hasPrefix("HTTP/1.1 403 "))
        let foreign = post("localhost:9002", "Origin: http://attacker.example\r\n")
        #expect(socket.ask(foreign, until: "}\n").hasPrefix("HTTP/1.1 403 "))
        #expect(socket.ask(get("/v1/identity"), until: "}\n").hasPrefix("HTTP/1.1 404 "))
        await server.drain()
    }

    @Test func severalListenersOneOfThemAUnixSocket() async throws {
        let path = "/tmp/sessiongate-test-\(getpid()).sock"
        let server = makeServer { $0.dataListeners.append(.unix(path: path)) }
        let addresses = try await server.start()
        #expect(addresses.data.count == 2)
        for address in addresses.data { #expect(check(address)?.grpcStatus == "0") }
        await server.drain()
        // What a crash left behind is no obstacle.
        let again = makeServer { $0.dataListeners = [.unix(path: path)] }
        _ = try await again.start()
        #expect(check(.unix(path: path))?.grpcStatus == "0")
        await again.drain()
    }

    @Test func whatIsWrongIsSaidByReadinessAlone() async throws {
        let server = makeServer(pages: Pages(whatIsWrong: "store: gone"))
        let address = try #require(try await server.start().admin)
        let socket = try #require(SocketClient(address))
        #expect(socket.ask(get("/readyz"), until: "not ready: store: gone\n").hasPrefix("HTTP/1.1 503 "))
        #expect(socket.ask(get("/healthz"), until: "ok\n").hasPrefix("HTTP/1.1 200 "))
        await server.drain()
    }

    /// Why a server does not start on a Unix socket; nil when it does.
    private func refusal(of path: String) async throws -> String? {
        let server = makeServer { $0.dataListeners = [.unix(path: path)] }
        do {
            _ = try await server.start()
            await server.drain()
            return nil
        } catch let error as ListenError {
            #expect(error.address == .unix(path: path))
            return error.reason
        }
    }

    @Test func aSocketIsTakenOverFromTheDeadOnly() async throws {
        let path = "/tmp/sessiongate-taken-\(getpid()).sock"
        defer { unlink(path) }
        let first = makeServer { $0.dataListeners = [.unix(path: path)] }
        _ = try await first.start()
        #expect(try await refusal(of: path) == "another process is listening there")
        #expect(check(.unix(path: path))?.grpcStatus == "0", "the first one still has its socket")
        await first.drain()
        // A socket that a crash left behind: bound, and nobody there.
        let descriptor = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let bound = withUnsafePointer(to: address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        close(descriptor)
        #expect(bound == 0)
        #expect(try await refusal(of: path) == nil)
    }

    @Test func anotherFileIsNotRemoved() async throws {
        let path = "/tmp/sessiongate-file-\(getpid())"
        close(open(path, O_CREAT | O_WRONLY, 0o600))
        defer { unlink(path) }
        #expect(try await refusal(of: path)?.hasPrefix("there is something at this path that is not a socket") == true)
        #expect(access(path, F_OK) == 0)
    }

    @Test func anAddressInUseIsAnErrorAndLeavesNothingBehind() async throws {
        let first = makeServer()
        let taken = try await first.start().data[0]
        let second = makeServer { $0.dataListeners = [.tcp(host: "127.0.0.1", port: 0), Listener(taken)] }
        await #expect(throws: (any Error).self) { _ = try await second.start() }
        #expect(!second.isReady)
        #expect(check(taken)?.grpcStatus == "0")
        await first.drain()
        await second.drain()
    }

    @Test func aDrainWaitsForWhatIsUnderWay() async throws {
        let resolver = HeldResolver()
        let server = makeServer(resolver: resolver)
        let addresses = try await server.start()
        let socket = try #require(SocketClient(addresses.data[0]))
        let adminAddress = try #require(addresses.admin)
        let admin = try #require(SocketClient(adminAddress))
        let client = ClientSession()
        let id = client.call(EndpointTests.checkPath, World.check([("authorization", "Bearer \(World.bearer)")]))
        socket.send(client.output())
        while resolver.count == 0 { usleep(1000) }
        async let drained: Void = server.drain()
        while server.isReady { await Task.yield() }
        #expect(admin.ask(get("/readyz"), until: "not ready: starting or stopping\n").hasPrefix("HTTP/1.1 503 "))
        #expect(admin.ask(get("/healthz"), until: "ok\n").hasPrefix("HTTP/1.1 200 "))
        resolver.release(.storeUnavailable)
        while client.response(id).closed == nil || client.goAways.isEmpty {
            let bytes = socket.receive()
            if bytes.isEmpty { break }
            client.input(bytes)
            socket.send(client.output())
        }
        #expect(client.response(id).grpcStatus == "14")
        await drained
        #expect(client.goAways.first?.code == 0)
    }

    @Test func aDrainEndsAtItsDeadline() async throws {
        let server = makeServer(resolver: HeldResolver()) { $0.drainDeadline = 300 }
        let addresses = try await server.start()
        let socket = try #require(SocketClient(addresses.data[0]))
        let client = ClientSession()
        client.call(EndpointTests.checkPath, World.check([("authorization", "Bearer \(World.bearer)")]))
        socket.send(client.output())
        client.input(socket.receive())
        let clock = ContinuousClock()
        let elapsed = await clock.measure { await server.drain() }
        #expect(elapsed > .milliseconds(250) && elapsed < .seconds(5))
        withExtendedLifetime(socket) {}
    }

    @Test func connectionsAreBounded() async throws {
        let server = makeServer {
            $0.eventLoops = 1
            $0.maxConnections = 3
        }
        let address = try await server.start().data[0]
        let sockets = (0..<3).compactMap { _ in SocketClient(address) }
        for socket in sockets { #expect(socket.ask(get("/x"), until: "}\n").hasPrefix("HTTP/1.1 404")) }
        let fourth = try #require(SocketClient(address))
        #expect(fourth.receive().isEmpty)
        #expect(server.statistics.transport[0].refused.current == 1)
        // An object may end after its last use: the connections have to last until here.
        withExtendedLifetime(sockets) {}
        await server.drain()
    }

    // MARK: Hostile peers

    /// Each floods and never reads. Memory stays flat, and the connection is closed at the write-stall deadline or before.
    @Test(arguments: ["pings", "requests", "settings", "pages"])
    func aFloodFromAPeerThatNeverReads(kind: String) async throws {
        let server = makeServer {
            $0.eventLoops = 1
            $0.writeDeadline = 400
        }
        let address = try await server.start().data[0]
        let socket = try #require(SocketClient(address))
        if kind != "pages" { socket.send(RawFrames.preface + RawFrames.settings) }
        let before = residentBytes()
        var stream: UInt32 = 1
        let clock = ContinuousClock()
        let start = clock.now
        flood: while clock.now - start < .seconds(20) {
            var batch: [UInt8] = []
            while batch.count < 60_000 {
                switch kind {
                case "pings": batch += RawFrames.ping
                case "settings": batch += RawFrames.settings
                case "pages": batch += Array(get("/.well-known/jwks.json").utf8)
                default:
                    batch += RawFrames.headers(stream, RawFrames.post("/x"), ends: true)
                    stream += 2
                }
            }
            switch socket.send(batch) {
            case .all, .blocked: continue
            case .closed: break flood
            }
        }
        #expect(clock.now - start < .seconds(20), "closed")
        #expect(residentBytes() - before < 128 << 20)
        #expect(check(address)?.grpcStatus == "0", "others are served")
        await server.drain()
    }

    /// A proxy on this machine passes on what its clients give up, as fast as it can: it stays, and others are answered.
    @Test func aFloodOfResetsHarmsNoOther() async throws {
        let server = makeServer { $0.eventLoops = 1 }
        let address = try await server.start().data[0]
        let socket = try #require(SocketClient(address))
        socket.send(RawFrames.preface + RawFrames.settings)
        let before = residentBytes()
        var stream: UInt32 = 1
        for round in 0..<100 {
            var batch: [UInt8] = []
            for _ in 0..<500 {
                batch += RawFrames.headers(stream, RawFrames.post("/authz/x"), ends: true) + RawFrames.reset(stream)
                stream += 2
            }
            #expect(socket.sendAll(batch))
            if round % 10 == 0 { #expect(check(address)?.grpcStatus == "0") }
        }
        #expect(residentBytes() - before < 64 << 20)
        #expect(server.statistics.transport[0].closed.current == 10)
        #expect(server.statistics.transport[0].resetFloods.current == 0)
        withExtendedLifetime(socket) {}
        await server.drain()
    }

    // MARK: Sockets

    /// B takes the path over while A is still there; A's end must not take B's socket away.
    @Test func anotherProcessKeepsItsSocket() async throws {
        let path = "/tmp/sessiongate-two-\(getpid()).sock"
        let first = makeServer { $0.dataListeners = [.unix(path: path)] }
        _ = try await first.start()
        unlink(path)
        let second = makeServer { $0.dataListeners = [.unix(path: path)] }
        _ = try await second.start()
        await first.drain()
        #expect(check(.unix(path: path))?.grpcStatus == "0")
        await second.drain()
        #expect(access(path, F_OK) != 0)
    }

    @Test func aPathThatIsTooLongIsSaidToBe() async throws {
        #expect(try await refusal(of: "/tmp/" + String(repeating: "a", count: 200)) == "the path is too long")
    }

    /// Every address of a name is listened on, with one port.
    @Test func aNameIsAllItsAddresses() async throws {
        let server = makeServer { $0.dataListeners = [.tcp(host: "localhost", port: 0)] }
        let address = try await server.start().data[0]
        guard case .tcp(_, let port) = address else { return #expect(Bool(false)) }
        #expect(check(.tcp(host: "127.0.0.1", port: port))?.grpcStatus == "0")
        if let six = SocketClient(loopback6: port) {
            #expect(six.ask(get("/x"), until: "}\n").hasPrefix("HTTP/1.1 404"))
        }
        await server.drain()
    }

    @Test func aNameWithoutAddressIsAnError() async throws {
        let server = makeServer { $0.dataListeners = [.tcp(host: "no-such-host.invalid", port: 0)] }
        await #expect(throws: ListenError.self) { _ = try await server.start() }
    }

    /// Idle connections to the admin listener make way for an operator.
    @Test func theAdminListenerCanNotBeFilled() async throws {
        let server = makeServer()
        let address = try #require(try await server.start().admin)
        let idle = (0..<300).compactMap { _ in SocketClient(address) }
        #expect(idle.count == 300)
        let socket = try #require(SocketClient(address))
        #expect(socket.ask(get("/healthz"), until: "ok\n").hasPrefix("HTTP/1.1 200 "))
        withExtendedLifetime(idle) {}
        await server.drain()
    }

    @Test func aHalfClosedSocketGetsItsAnswer() async throws {
        let resolver = HeldResolver()
        let server = makeServer(resolver: resolver)
        let address = try await server.start().data[0]
        let socket = try #require(SocketClient(address))
        socket.send("GET /v1/identity HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(World.bearer)\r\n\r\n")
        socket.closeOutput()
        while resolver.count == 0 { usleep(1000) }
        usleep(50_000)
        resolver.release(.storeUnavailable)
        #expect(String(decoding: socket.receiveAll(), as: UTF8.self).hasPrefix("HTTP/1.1 503 "))
        await server.drain()
    }

    /// Nothing is under way on these: each is closed as soon as the peer closes its side.
    @Test func halfClosedSocketsAreNotKept() async throws {
        let server = makeServer()
        let address = try await server.start().data[0]
        for beginning in ["", "PRI * HTTP", "GET / HTTP/1.1\r\nHost: x\r\n", get("/x")] {
            let socket = try #require(SocketClient(address))
            socket.send(beginning)
            socket.closeOutput()
            let clock = ContinuousClock()
            let elapsed = clock.measure { _ = socket.receiveAll() }
            #expect(elapsed < .seconds(5), "\(beginning)")
        }
        await server.drain()
        #expect(server.statistics.transport.reduce(0) { $0 + $1.closed.current } == 4)
    }

    @Test func aSlowHeadIsCutOff() async throws {
        let server = makeServer { $0.headDeadline = 300 }
        let address = try await server.start().data[0]
        for beginning in ["", "PRI * HTTP", "GET / HTTP/1.1\r\nHost: x\r\n"] {
            let socket = try #require(SocketClient(address))
            socket.send(beginning)
            #expect(socket.receive().isEmpty)
        }
        #expect(server.statistics.transport.reduce(0) { $0 + $1.expired.current } == 3)
        await server.drain()
    }

    @Test func anErrorReachesAPeerThatIsStillSending() async throws {
        let server = makeServer()
        let address = try await server.start().data[0]
        let socket = try #require(SocketClient(address))
        socket.send("POST /v1/identity HTTP/1.1\r\nHost: x\r\nContent-Length: 999999999\r\n\r\n")
        for _ in 0..<20 { socket.send([UInt8](repeating: 0x61, count: 50_000)) }
        #expect(String(decoding: socket.receiveAll(), as: UTF8.self).hasPrefix("HTTP/1.1 413 "))
        await server.drain()
    }

    @Test func manyConnectionsAtOnce() async throws {
        let server = makeServer()
        let address = try await server.start().data[0]
        let answers = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<8 {
                group.addTask { [self] in (0..<25).count { _ in check(address)?.grpcStatus == "0" } }
            }
            return await group.reduce(0, +)
        }
        #expect(answers == 200)
        await server.drain()
        #expect(server.statistics.transport.reduce(0) { $0 + $1.closed.current } == 200)
    }
}
