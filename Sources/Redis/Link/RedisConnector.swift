// How a connection to Redis is made: directly, or after a Sentinel was asked where the server is.

import NIOCore
import NIOPosix
import Transport

/// Makes connections; tests have one of their own.
protocol RedisConnector: Sendable {
    /// A connection on `eventLoop`, whose channel `prepare` has set up.
    func connect(
        on eventLoop: any EventLoop, _ prepare: @escaping @Sendable (any Channel) -> EventLoopFuture<Void>
    ) -> EventLoopFuture<any Channel>
}

/// Connects to where the URL says.
struct URLConnector: RedisConnector {
    private let url: RedisURL
    private let tls: TLSClient?

    init(_ url: RedisURL, tls: TLSClient?) {
        self.url = url
        self.tls = tls
    }

    func connect(
        on eventLoop: any EventLoop, _ prepare: @escaping @Sendable (any Channel) -> EventLoopFuture<Void>
    ) -> EventLoopFuture<any Channel> {
        switch url.place {
        case .tcp(let host): return connect(to: host, on: eventLoop, prepare)
        case .unix(let path):
            return ClientBootstrap(group: eventLoop).channelInitializer(prepare).connect(unixDomainSocketPath: path)
        case .sentinels(let sentinels, let name):
            return find(name, at: sentinels.shuffled()[...], on: eventLoop).flatMap {
                connect(to: $0, on: eventLoop, prepare)
            }
        }
    }

    private func connect(
        to host: RedisURL.Host, on eventLoop: any EventLoop,
        _ prepare: @escaping @Sendable (any Channel) -> EventLoopFuture<Void>
    ) -> EventLoopFuture<any Channel> {
        let tls = tls
        return ClientBootstrap(group: eventLoop)
            .connectTimeout(.seconds(2))
            .channelOption(.socketOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                let secured = channel.eventLoop.makeCompletedFuture {
                    guard let tls else { return }
                    try channel.pipeline.syncOperations.addHandler(tls.makeHandler(for: host.name))
                }
                return secured.flatMap { prepare(channel) }
            }
            .connect(host: host.name, port: host.port)
    }

    // MARK: Sentinel

    /// Where the server is, as the first of these Sentinels says that knows it.
    private func find(
        _ name: String, at sentinels: ArraySlice<RedisURL.Host>, on eventLoop: any EventLoop
    ) -> EventLoopFuture<RedisURL.Host> {
        guard let sentinel = sentinels.first else {
            return eventLoop.makeFailedFuture(ConnectProblem("no Sentinel knows \(name)"))
        }
        return ask(sentinel, name, on: eventLoop).flatMapError { _ in
            find(name, at: sentinels.dropFirst(), on: eventLoop)
        }
    }

    private func ask(
        _ sentinel: RedisURL.Host, _ name: String, on eventLoop: any EventLoop
    ) -> EventLoopFuture<RedisURL.Host> {
        let promise = eventLoop.makePromise(of: RedisURL.Host.self)
        let question = NIOLoopBound(SentinelQuestion(name, promise), eventLoop: eventLoop)
        let isTLS = tls != nil
        let channel = connect(to: sentinel, on: eventLoop) { channel in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHandler(RedisChannelHandler(question.value, isTLS: isTLS))
            }
        }
        channel.whenFailure { promise.fail($0) }
        let limit = eventLoop.scheduleTask(in: .milliseconds(500)) {
            promise.fail(ConnectProblem("\(sentinel.text) does not answer"))
        }
        // The question lives as long as it is waited for.
        promise.futureResult.whenComplete { _ in
            limit.cancel()
            withExtendedLifetime(question) {}
            channel.whenSuccess { $0.close(promise: nil) }
        }
        return promise.futureResult
    }
}

/// Why there is no connection.
struct ConnectProblem: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// An error in a few words: of those of each address of a host, the first.
func describe(_ error: any Error) -> String {
    if let error = error as? NIOConnectionError {
        if let first = error.connectionErrors.first { return "\(first.error)" }
        return "the name \(error.host) can't be resolved"
    }
    return (error as? RedisProblem)?.reason ?? "\(error)"
}

/// One question to a Sentinel: where is the server of this name?
private final class SentinelQuestion: RedisConnectionDelegate {
    private let name: String
    private let promise: EventLoopPromise<RedisURL.Host>

    init(_ name: String, _ promise: EventLoopPromise<RedisURL.Host>) {
        self.name = name
        self.promise = promise
    }

    func opened(_ connection: RedisChannelHandler) {
        var bytes = ByteBuffer()
        RedisCommand("SENTINEL", "get-master-addr-by-name", name).write(into: &bytes)
        connection.send(bytes)
    }

    func received(_ reply: RedisReply, on connection: RedisChannelHandler) {
        guard let words = reply.list, words.count == 2, let host = words[0].string,
            let port = words[1].string.flatMap({ Int($0) }), (1...65_535).contains(port)
        else { return promise.fail(ConnectProblem("the Sentinel does not know \(name)")) }
        promise.succeed(RedisURL.Host(name: host, port: port))
    }

    func closed(_ connection: RedisChannelHandler, reason: String) { promise.fail(ConnectProblem(reason)) }
}
