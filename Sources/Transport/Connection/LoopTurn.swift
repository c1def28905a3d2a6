// Connections that an event loop finds readable in one round are served together, step by step: all are read, then all requests
// are decided, then all answers are put together, then all are written. One step's code and data stay in the processor's caches
// from one connection to the next, where a system call between two requests would drive them out.
//
// Measured with OAuth 1 on eight connections with one request at a time (h2load -c 8 -m 1): 20.7 µs of CPU a request instead of
// 26.7; with 32 requests at a time no difference.

import NIOCore

/// The connections of one event loop that were read in this round. Used on that loop only.
final class LoopTurn<S: Service> {
    /// So many requests are enough: they don't wait for more.
    private static var enough: Int { 16 }

    private let eventLoop: any EventLoop
    private var line: [HTTP2Handler<S>] = []
    private var requests = 0
    private var isScheduled = false
    /// The answers of all connections. While NIO still holds a part of it for a slow peer, `clear()` allocates anew.
    private var output = ByteBuffer()

    init(_ eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
    }

    /// Has the requests of `connection` served when all sockets of the round are read.
    func add(_ connection: HTTP2Handler<S>, requests: Int) {
        line.append(connection)
        self.requests += requests
        if self.requests >= Self.enough { return run() }
        guard !isScheduled else { return }
        isScheduled = true
        let this = NIOLoopBound(self, eventLoop: eventLoop)
        // NIO runs this when it has handled all events that it polled together.
        eventLoop.execute {
            this.value.isScheduled = false
            this.value.run()
        }
    }

    private func run() {
        let line = self.line
        self.line.removeAll(keepingCapacity: true)
        requests = 0
        output.clear()
        for connection in line { connection.serveTurn() }
        for connection in line { connection.gatherTurn(into: &output) }
        // What is written may fail, close a connection and begin another turn: that one has a buffer of its own.
        let output = self.output
        for connection in line { connection.endTurn(output) }
    }
}
