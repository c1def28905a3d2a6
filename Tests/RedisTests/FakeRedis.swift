// A Redis whose answers the test chooses: what a real one can't be made to say at will.

import NIOCore
import NIOPosix
import Synchronization

/// A server on loopback that reads commands and answers what it is told to.
final class FakeRedis: Sendable {
    /// What is answered to a command, as bytes; nil: nothing, for ever.
    typealias Script = @Sendable ([String]) -> String?

    private let channel: any Channel
    private let heard: Heard
    let port: Int

    private final class Heard: Sendable {
        let commands = Mutex<[[String]]>([])
        let connections = Atomic<Int>(0)
    }

    /// Answers as a Redis 7 does that has no keys, but for commands for which `script` has an answer.
    init(_ script: @escaping Script) async throws {
        let heard = Heard()
        self.heard = heard
        channel = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                heard.connections.add(1, ordering: .relaxed)
                return channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        Answering { command in
                            heard.commands.withLock { $0.append(command) }
                            return script(command) ?? FakeRedis.plain(command)
                        })
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        port = channel.localAddress?.port ?? 0
    }

    /// What was asked so far.
    var commands: [[String]] { heard.commands.withLock { $0 } }
    /// How many connections there were.
    var connections: Int { heard.connections.load(ordering: .relaxed) }

    func stop() async throws { try await channel.close() }

    /// No answer.
    static let silence = ""

    private static func plain(_ command: [String]) -> String {
        switch command[0] {
        case "HELLO": hello()
        case "SET": "$-1\r\n"
        case "SUBSCRIBE": "*3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n"
        case "PUBLISH": ":1\r\n"
        case "PING": "+PONG\r\n"
        default: "+OK\r\n"
        }
    }

    /// What `HELLO` is answered.
    static func hello(version: String = "7.0.15", mode: String = "standalone", role: String = "master") -> String {
        let words = ["server", "redis", "version", version, "mode", mode, "role", role]
        return "*\(words.count)\r\n" + words.map { "$\($0.utf8.count)\r\n\($0)\r\n" }.joined()
    }
}

/// Reads commands, which clients write as arrays of strings.
private final class Answering: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let answer: ([String]) -> String
    private var unread = ByteBuffer()

    init(_ answer: @escaping ([String]) -> String) { self.answer = answer }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        unread.writeBuffer(&bytes)
        while let command = next() {
            let text = answer(command)
            if !text.isEmpty { context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text)), promise: nil) }
        }
    }

    private func next() -> [String]? {
        let start = unread.readerIndex
        guard let count = line().flatMap({ Int($0.dropFirst()) }) else { return rewind(to: start) }
        var words: [String] = []
        for _ in 0..<count {
            guard let length = line().flatMap({ Int($0.dropFirst()) }), let word = unread.readString(length: length),
                unread.readBytes(length: 2) != nil
            else { return rewind(to: start) }
            words.append(word)
        }
        return words
    }

    private func rewind(to start: Int) -> [String]? {
        unread.moveReaderIndex(to: start)
        return nil
    }

    private func line() -> String? {
        guard let end = unread.readableBytesView.firstIndex(of: 0x0D), end + 1 < unread.writerIndex else { return nil }
        defer { unread.moveReaderIndex(to: end + 2) }
        return unread.getString(at: unread.readerIndex, length: end - unread.readerIndex)
    }
}
