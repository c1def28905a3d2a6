// Connections of a load: handlers on NIO channels that turn events into calls of the clients, and answers into events
// of the run.

import NIOCore
import Bytes

/// What a load does with a connection.
protocol LoadConnection: AnyObject {
    /// Takes a call; it leaves with the next flush.
    func start(_ call: LoadCall)
    /// Sends what was taken.
    func flush()
}

/// An HTTP/2 connection; carries many calls at a time.
final class HTTP2Connection: ChannelInboundHandler, LoadConnection {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let run: LoadRun
    private let client: HTTP2Client
    private var context: ChannelHandlerContext?
    private var output = ByteBuffer()

    init(_ run: LoadRun, fields: RequestFields) {
        self.run = run
        client = HTTP2Client(fields: fields)
        client.ended = { [unowned run] call in run.ended(call) }
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func channelActive(context: ChannelHandlerContext) { flush() }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        run.arrive()
        unwrapInboundIn(data).withUnsafeReadableBytes { client.receive($0) }
        if client.hasFailed { run.fail("the server broke the rules of HTTP/2") }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        run.proceed()
        flush()
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.context = nil
        run.fail("the server closed a connection")
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { run.fail("\(error)") }

    func start(_ call: LoadCall) { client.start(call) }

    func flush() {
        output.clear()
        while let bytes = client.nextOutput() { output.writeBytes(bytes) }
        if output.readableBytes > 0 { context?.writeAndFlush(wrapOutboundOut(output), promise: nil) }
    }
}

/// An HTTP/1.1 connection; carries one call at a time.
final class HTTP1Connection: ChannelInboundHandler, LoadConnection {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let run: LoadRun
    private var reader = HTTP1AnswerReader()
    private var context: ChannelHandlerContext?
    private var call: LoadCall?

    init(_ run: LoadRun) { self.run = run }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        run.arrive()
        unwrapInboundIn(data).withUnsafeReadableBytes { reader.append($0) }
        do throws(HTTP1AnswerReader.Problem) {
            while let answer = try reader.next() { received(answer) }
        } catch {
            run.fail("the server sent \(error)")
        }
    }

    private func received(_ answer: HTTP1AnswerReader.Answer) {
        guard let call else { return run.fail("the server sent an answer to no request") }
        self.call = nil
        call.status = answer.status
        call.setCookie += answer.setCookie
        run.ended(call)
        if answer.closes { run.fail("the server closes a connection: raise its limit on requests per connection") }
    }

    func channelReadComplete(context: ChannelHandlerContext) { run.proceed() }

    func channelInactive(context: ChannelHandlerContext) {
        self.context = nil
        run.fail("the server closed a connection")
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { run.fail("\(error)") }

    func start(_ call: LoadCall) {
        self.call = call
        context?.write(wrapOutboundOut(ByteBuffer(bytes: call.request)), promise: nil)
    }

    func flush() { context?.flush() }
}
