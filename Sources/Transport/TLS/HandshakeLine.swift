// A handshake costs a signature: as much as a hundred requests. An attacker makes thousands of them begin with a message that costs
// it nothing. They wait in line, a few are served between two looks at the sockets, and requests on other connections come in
// between. Those in line end at the deadline for a head.
//
// Measured with 3,000 beginnings a second on a machine of two processors that was busy with other work: without the line, the
// slowest hundredth of requests on other connections waited 4.7 s.

import NIOCore

/// The handshakes of one event loop. Used on that loop only.
package final class HandshakeLine {
    /// Served before the loop looks at its sockets again: together not longer than a large read of requests.
    private static var most: Int { 2 }
    /// In no time a timer lets the loop look at its sockets, which a task that follows at once does not.
    private static var pause: TimeAmount { .microseconds(50) }

    private let eventLoop: any EventLoop
    private var waiting = CircularBuffer<TLSHandler>()
    private var isScheduled = false

    /// The line of one loop.
    package init(_ eventLoop: any EventLoop) { self.eventLoop = eventLoop }

    /// Has `handler` go on with its handshake when it is its turn.
    func add(_ handler: TLSHandler) {
        waiting.append(handler)
        guard !isScheduled else { return }
        isScheduled = true
        let this = NIOLoopBound(self, eventLoop: eventLoop)
        eventLoop.execute { this.value.serve() }
    }

    private func serve() {
        for _ in 0..<min(Self.most, waiting.count) { waiting.removeFirst().proceed() }
        isScheduled = !waiting.isEmpty
        guard isScheduled else { return }
        let this = NIOLoopBound(self, eventLoop: eventLoop)
        eventLoop.scheduleTask(in: Self.pause) { this.value.serve() }
    }
}
