// One connection to Redis that is made again whenever it is lost: on one event loop, and used there only.
//
// `LinkState` decides, this class does: commands of one turn of the loop are sent with one write, answers go to those who wait.

import NIOCore

/// Why a command has no answer.
struct RedisProblem: Error, Sendable {
    /// In a few words, for a log.
    let reason: String
    /// Whether an answer did not come in time.
    var isTimeout = false
}

/// What a link tells its owner.
protocol RedisLinkDelegate: AnyObject {
    /// Commands are answered from now on.
    func linkIsUp()
    /// They no longer are. `isNews` is false of a try that failed like the one before.
    func linkIsDown(_ problem: RedisProblem, isNews: Bool)
    /// A message has come on the channel.
    func received(message: [UInt8])
}

/// A link to Redis.
final class RedisLink {
    /// Gets the answer to one command.
    typealias Answer = (Result<RedisReply, RedisProblem>) -> Void

    private static let quiet: Int64 = 1_000_000_000
    /// For DNS, TCP, TLS and the greeting; no request waits for it.
    private static let openTimeout = TimeAmount.seconds(2)

    private let eventLoop: any EventLoop
    private let connector: any RedisConnector
    private let settings: RedisSettings
    private let purpose: Greeting.Purpose
    private let timeout: Int64
    private let random: () -> Double
    private weak var delegate: (any RedisLinkDelegate)?

    @exclusivity(unchecked) private var state: LinkState<Answer>
    @exclusivity(unchecked) private var greeting: Greeting?
    @exclusivity(unchecked) private var connection: RedisChannelHandler?
    /// Counts tries to connect: one that ends after it was given up is not the latest.
    private var attempt = 0
    @exclusivity(unchecked) private var output = ByteBuffer()
    @exclusivity(unchecked) private var isFlushScheduled = false
    @exclusivity(unchecked) private var isTimerSet = false
    private var isOverdue = false
    private var opening: Scheduled<Void>?
    private var keepAlive: RepeatedTask?

    /// A link for `purpose`. `timeout` is in milliseconds.
    init(
        on eventLoop: any EventLoop, _ connector: any RedisConnector, _ settings: RedisSettings,
        _ purpose: Greeting.Purpose, timeout: Int64, delegate: any RedisLinkDelegate,
        random: @escaping () -> Double = { Double.random(in: 0...1) }
    ) {
        self.eventLoop = eventLoop
        self.connector = connector
        self.settings = settings
        self.purpose = purpose
        self.delegate = delegate
        self.timeout = timeout
        self.random = random
        state = LinkState(timeout: timeout * 1_000_000)
    }

    private var now: Int64 { Int64(truncatingIfNeeded: eventLoop.now.uptimeNanoseconds) }

    /// Whether commands may be sent.
    var accepts: Bool { state.accepts }
    /// Whether they are answered.
    var isUp: Bool { state.isUp }

    /// Begins to connect.
    func start() {
        guard state.start() == .open else { return }
        open()
        let this = NIOLoopBound(self, eventLoop: eventLoop)
        let second = TimeAmount.nanoseconds(Self.quiet)
        keepAlive = eventLoop.scheduleRepeatedTask(initialDelay: second, delay: second) { _ in this.value.probe() }
    }

    /// Ends it for good.
    func stop() {
        let waiters = state.stop()
        keepAlive?.cancel()
        opening?.cancel()
        connection?.close("stopped")
        connection = nil
        for waiter in waiters { waiter(.failure(RedisProblem(reason: "stopped"))) }
    }

    /// Sends a command that `write` appends to its argument, together with others of this turn; `answer` is called once. False, and
    /// nothing is called, when no commands are accepted.
    func send(_ write: (inout ByteBuffer) -> Void, answer: @escaping Answer) -> Bool {
        guard state.submit(answer, at: now) else { return false }
        write(&output)
        scheduleFlush()
        setTimer()
        return true
    }

    /// Ends the connection, which answers what it should not; another one is made.
    func giveUp(_ reason: String) { fail(reason) }

    private func probe() {
        guard state.tick(at: now, quiet: Self.quiet) == .probe else { return }
        _ = send({ RedisCommand("PING").write(into: &$0) }, answer: { _ in })
    }
}

// MARK: - The connection

extension RedisLink: RedisConnectionDelegate {
    private func open() {
        let this = NIOLoopBound(self, eventLoop: eventLoop)
        let isTLS = settings.url?.isTLS ?? false
        attempt += 1
        let attempt = attempt
        opening = eventLoop.scheduleTask(in: Self.openTimeout) {
            this.value.fail("no connection within \(Self.openTimeout.nanoseconds / 1_000_000_000) s")
        }
        let opened = connector.connect(on: eventLoop) { channel in
            channel.eventLoop.makeCompletedFuture {
                let link = this.value
                guard link.attempt == attempt, link.greeting == nil, !link.isUp else {
                    throw RedisProblem(reason: "given up")
                }
                let handler = RedisChannelHandler(link, isTLS: isTLS)
                link.connection = handler
                try channel.pipeline.syncOperations.addHandler(handler)
            }
        }
        opened.whenFailure { error in
            if this.value.attempt == attempt, !this.value.isUp { this.value.fail(describe(error)) }
        }
    }

    func opened(_ connection: RedisChannelHandler) {
        guard connection === self.connection else { return connection.close("too late") }
        let greeting = Greeting(settings, purpose)
        var bytes = ByteBuffer()
        for command in greeting.commands { command.write(into: &bytes) }
        self.greeting = greeting
        connection.send(bytes)
    }

    func closed(_ connection: RedisChannelHandler, reason: String) {
        if connection === self.connection { fail(reason) }
    }

    func received(_ reply: RedisReply, on connection: RedisChannelHandler) {
        guard connection === self.connection else { return }
        if greeting != nil { return greet(reply) }
        if case .messages = purpose, let message = reply.list, message.count == 3, message[0].string == "message" {
            delegate?.received(message: message[2].text ?? [])
            return
        }
        guard let waiter = state.replied(at: now) else { return fail("an answer that was not asked for") }
        waiter(.success(reply))
    }

    private func greet(_ reply: RedisReply) {
        switch greeting?.take(reply) {
        case .failed(let reason)?: fail(reason)
        case .done?:
            greeting = nil
            opening?.cancel()
            guard state.greeted(at: now) else { return }
            delegate?.linkIsUp()
            scheduleFlush()
        case .goOn?, nil: break
        }
    }

    private func fail(_ reason: String, isTimeout: Bool = false) {
        let failure = state.fail(random: random())
        attempt += 1
        opening?.cancel()
        greeting = nil
        output.clear()
        connection?.close(reason)
        connection = nil
        let problem = RedisProblem(reason: reason, isTimeout: isTimeout)
        if failure.pause != nil { delegate?.linkIsDown(problem, isNews: failure.isNews) }
        for waiter in failure.waiters { waiter(.failure(problem)) }
        guard let pause = failure.pause else { return }
        let this = NIOLoopBound(self, eventLoop: eventLoop)
        eventLoop.scheduleTask(in: .nanoseconds(pause)) {
            if this.value.state.retry() == .open { this.value.open() }
        }
    }
}

// MARK: - Turns and deadlines

extension RedisLink {
    private func scheduleFlush() {
        guard !isFlushScheduled, state.isUp, output.readableBytes > 0 else { return }
        isFlushScheduled = true
        let this = NIOLoopBound(self, eventLoop: eventLoop)
        // When all that arrived together has been looked at.
        eventLoop.execute {
            this.value.isFlushScheduled = false
            this.value.flush()
        }
    }

    private func flush() {
        guard state.isUp, output.readableBytes > 0 else { return }
        connection?.send(output)
        output.clear()
    }

    /// One timer for all that wait: set anew when it has gone off, not for each command.
    private func setTimer(in pause: TimeAmount? = nil) {
        guard !isTimerSet, let deadline = state.nextDeadline else { return }
        isTimerSet = true
        let this = NIOLoopBound(self, eventLoop: eventLoop)
        eventLoop.scheduleTask(in: pause ?? .nanoseconds(max(0, deadline - now))) {
            this.value.isTimerSet = false
            this.value.lookAtDeadlines()
        }
    }

    private func lookAtDeadlines() {
        guard state.tick(at: now, quiet: .max) == .lost else {
            isOverdue = false
            return setTimer()
        }
        guard isOverdue else {
            // This loop may have been busy itself: what has arrived meanwhile is read first.
            isOverdue = true
            return setTimer(in: .milliseconds(1))
        }
        isOverdue = false
        fail("no answer within \(timeout) ms", isTimeout: true)
    }
}
