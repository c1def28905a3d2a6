// What a listener does when the system has no descriptor left for a connection: it waits a moment. Connections wait in the
// kernel's queue meanwhile. NIO's own handler for this stops asking to read, but leaves the socket registered with epoll, which
// then reports it again and again: a processor was busy with nothing.

import Logging
import NIOCore

/// Pauses a listener after an error of `accept`.
package final class AcceptPause: ChannelInboundHandler {
    package typealias InboundIn = any Channel

    /// Long enough to cost nothing, short enough for a client that connects meanwhile.
    static let pause = TimeAmount.milliseconds(250)

    private let logger: Logger
    /// Whether a line was written in the last minute.
    private var isLogged = false
    private var isPaused = false

    /// - Parameter logger: Where the reason goes, once a minute.
    package init(_ logger: Logger) { self.logger = logger }

    package func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let error = error as? IOError else { return context.fireErrorCaught(error) }
        guard !isPaused else { return }
        isPaused = true
        log(error, context.eventLoop)
        // This is what takes the socket out of epoll.
        setReading(false, context)
        let this = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        context.eventLoop.scheduleTask(in: Self.pause) {
            let (handler, context) = this.value
            handler.isPaused = false
            handler.setReading(true, context)
        }
    }

    private func setReading(_ isReading: Bool, _ context: ChannelHandlerContext) {
        // Fails when the listener was closed meanwhile.
        try? context.channel.syncOptions?.setOption(.autoRead, value: isReading)
    }

    private func log(_ error: IOError, _ eventLoop: any EventLoop) {
        guard !isLogged else { return }
        isLogged = true
        logger.error("connections can't be accepted for a moment", metadata: ["reason": "\(error)"])
        let this = NIOLoopBound(self, eventLoop: eventLoop)
        eventLoop.scheduleTask(in: .minutes(1)) { this.value.isLogged = false }
    }
}
