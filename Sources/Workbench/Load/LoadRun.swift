// A load while it runs: connections that are free take the requests that are due.
//
//     connecting ──▶ warming ──▶ measuring ──▶ over
//                                             (or at any time, when the server can't be talked to)

import Glibc
import NIOCore
import NIOPosix

/// A load. Belongs to one event loop.
final class LoadRun {
    private enum Phase {
        case connecting
        case warming(AnyIterator<Choice>)
        case measuring(Pacing)
        case over
    }

    private let plan: LoadPlan
    private let loop: any EventLoop
    private let promise: EventLoopPromise<LoadReport>
    private var phase = Phase.connecting
    private var choices: Choices
    private var maker: RequestMaker
    private var check: AnswerCheck
    private var report = LoadReport()
    private var connections: [any LoadConnection] = []
    private var free = FreeStreams()
    private var spare: [LoadCall] = []
    private var outstanding = 0
    private var arrived: Int64 = 0
    private var isTimerSet = false

    init(_ plan: LoadPlan, loop: any EventLoop) {
        self.plan = plan
        self.loop = loop
        promise = loop.makePromise()
        choices = Choices(
            plan.mix, of: plan.farm, newTokens: plan.credentials.newTokens.count, seed: plan.seed)
        maker = RequestMaker(plan.form, credentials: plan.credentials, farm: plan.farm)
        check = AnswerCheck(plan.scope)
    }

    /// Runs the whole load on an event loop of its own.
    static func run(_ plan: LoadPlan) throws -> LoadReport {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        defer { try? group.syncShutdownGracefully() }
        let loop = group.next()
        return try loop.flatSubmit { LoadRun(plan, loop: loop).begin() }.wait()
    }

    private static var now: Int64 { Int64(NIODeadline.now().uptimeNanoseconds) }
}

// MARK: - Connections

extension LoadRun {
    private func begin() -> EventLoopFuture<LoadReport> {
        let fields = requestFields()
        let connected = (0..<plan.connections).map { _ in connect(fields) }
        EventLoopFuture.andAllSucceed(connected, on: loop).assumeIsolated().whenComplete { result in
            switch result {
            case .success: self.connected()
            case .failure(let error): self.fail("\(self.plan.host):\(self.plan.port): \(Self.reason(error))")
            }
        }
        return promise.futureResult
    }

    private func requestFields() -> RequestFields {
        RequestFields([
            (":method", "POST"), (":scheme", "http"), (":authority", "\(plan.host):\(plan.port)"),
            (":path", plan.path), ("content-type", "application/grpc"), ("te", "trailers"),
        ])
    }

    private func connect(_ fields: RequestFields) -> EventLoopFuture<Void> {
        let handler: any ChannelInboundHandler & LoadConnection =
            plan.form == .check ? HTTP2Connection(self, fields: fields) : HTTP1Connection(self)
        connections.append(handler)
        let bound = NIOLoopBound(handler, eventLoop: loop)
        return ClientBootstrap(group: loop)
            .connectTimeout(.seconds(5))
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(bound.value) }
            }
            .connect(host: plan.host, port: plan.port).map { _ in }
    }

    private static func reason(_ error: any Error) -> String {
        guard let causes = (error as? NIOConnectionError)?.connectionErrors.map(\.error), !causes.isEmpty else {
            return "can't connect: \(error)"
        }
        let texts = causes.map { cause in
            (cause as? IOError).map { String(cString: strerror($0.errnoCode)) } ?? "\(cause)"
        }
        return "can't connect: " + texts.joined(separator: "; ")
    }

    private func connected() {
        free = FreeStreams(connections: connections.count, streams: plan.form == .check ? plan.streams : 1)
        watch(answered: 0)
        if plan.warms { phase = .warming(AnyIterator(choices.warming.makeIterator())) } else { measure() }
        proceed()
    }

    /// A server that says nothing ends the run.
    private func watch(answered: Int) {
        let patience = TimeAmount.nanoseconds(Int64(plan.patience * 1e9))
        loop.assumeIsolated().scheduleTask(in: patience) {
            if case .over = self.phase { return }
            if self.outstanding > 0, self.report.answered == answered {
                self.fail("no answer for \(self.plan.patience) s; \(self.outstanding) requests are waiting for one")
            }
            self.watch(answered: self.report.answered)
        }
    }
}

// MARK: - Requests

extension LoadRun {
    /// Makes all requests that are due and for which a stream is free; goes on to the next phase when none is left.
    func proceed() {
        var isOver = false
        while !isOver, !free.isEmpty {
            guard let (choice, begin) = next(&isOver) else { break }
            start(choice, begin)
        }
        for connection in free.takeUsed() { connections[connection].flush() }
        if isOver, outstanding == 0 { endPhase() }
        if !isOver { setTimer() }
    }

    private func next(_ isOver: inout Bool) -> (Choice, Int64)? {
        let now = Self.now
        switch phase {
        case .connecting, .over: return nil
        case .warming(let choices):
            guard let choice = choices.next() else { break }
            return (choice, now)
        case .measuring(var pacing):
            let begin = pacing.take(at: now)
            phase = .measuring(pacing)
            if let begin, let choice = choices.next() { return (choice, begin) }
            if begin == nil, !pacing.isOver(at: now) { return nil }
        }
        isOver = true
        return nil
    }

    private func start(_ choice: Choice, _ begin: Int64) {
        let call = spare.popLast() ?? LoadCall()
        call.kind = choice.kind
        call.user = choice.user
        call.begin = begin
        call.connection = free.take()
        maker.write(call, number: choice.number)
        outstanding += 1
        connections[call.connection].start(call)
    }

    /// In a closed loop, and where all streams are taken, the next answer goes on.
    private func setTimer() {
        guard case .measuring(let pacing) = phase, plan.rate != nil, !isTimerSet, !free.isEmpty else { return }
        isTimerSet = true
        loop.assumeIsolated().scheduleTask(deadline: .uptimeNanoseconds(UInt64(pacing.nextDue))) {
            self.isTimerSet = false
            self.proceed()
        }
    }

    /// Answers that are handed over from now on came in now.
    func arrive() { arrived = Self.now }

    /// A call has its answer, or will get none.
    func ended(_ call: LoadCall) {
        outstanding -= 1
        free.put(call.connection)
        var latency: Int64?
        if case .measuring = phase { latency = arrived - call.begin }
        report.add(latency: latency, at: arrived)
        if let fault = check.fault(of: call) { report.add(fault: fault, of: call) }
        spare.append(call)
    }
}

// MARK: - Phases

extension LoadRun {
    private func measure() {
        let now = Self.now
        report.begin(at: now)
        phase = .measuring(Pacing(begin: now, rate: plan.rate, end: plan.end))
    }

    private func endPhase() {
        switch phase {
        case .warming:
            // Programs that measure the server from outside begin here.
            write(STDERR_FILENO, "warm\n", 5)
            measure()
            proceed()
        case .measuring:
            phase = .over
            report.end(newTokens: plan.credentials.newTokens)
            promise.succeed(report)
        case .connecting, .over: break
        }
    }

    /// Ends the run without a result.
    func fail(_ problem: String) {
        if case .over = phase { return }
        phase = .over
        promise.fail(LoadError(description: problem))
    }
}
