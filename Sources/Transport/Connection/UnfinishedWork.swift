// Connections that had more to do than one turn allows. Their work goes on between the turns of the others: for a short time,
// then the event loop looks after its sockets again.

import NIOCore

/// The connections of one event loop that wait for their next turn. Used on that loop only.
final class UnfinishedWork {
    /// Until the sockets are looked after again: two or three turns of a connection.
    private static var slice: Int64 { 500_000 }
    /// NIO runs everything that is due before it looks after its sockets. What is due a little later lets it do so.
    private static var pause: TimeAmount { .microseconds(50) }

    private let eventLoop: any EventLoop
    private let clock: () -> Int64
    private var waiting: [any Connection] = []
    private var isScheduled = false

    /// - Parameter clock: Monotonic nanoseconds.
    init(_ eventLoop: any EventLoop, clock: @escaping () -> Int64) {
        self.eventLoop = eventLoop
        self.clock = clock
    }

    /// Has `connection` go on with its work later.
    func add(_ connection: any Connection) {
        waiting.append(connection)
        schedule()
    }

    private func schedule() {
        guard !isScheduled, !waiting.isEmpty else { return }
        isScheduled = true
        let this = NIOLoopBound(self, eventLoop: eventLoop)
        eventLoop.scheduleTask(in: Self.pause) {
            this.value.isScheduled = false
            this.value.run()
        }
    }

    /// Lets each connection have a turn, in the order in which they came, until the time is up.
    private func run() {
        let start = clock()
        // Those that are not finished come back to the end of the line.
        var (line, next) = (waiting, 0)
        waiting = []
        while next < line.count, next == 0 || clock() - start < Self.slice {
            line[next].proceed()
            next += 1
        }
        line.removeFirst(next)
        waiting = line + waiting
        schedule()
    }
}
