// The life of one connection, HTTP/2 or HTTP/1.1: events go in, actions come out. It performs nothing, reads no clock, and
// knows neither sockets nor frames; the handlers translate.
//
// ``Life``:
//
//     open ──drain──▶ notified ──pong, or deadline──▶ finishing ──all answered──▶ lingering ──▶ closed
//       └── HTTP/1.1, end of the input, flood of resets ──▲
//
// All times are monotonic nanoseconds. Deadlines are held by a coarse tick that visits every connection of an event loop: no
// timer is set or cancelled on a request's way.

/// What one connection is doing, and until when it may.
package struct ConnectionState: ~Copyable {
    /// What the connection speaks.
    package enum Kind: Sendable {
        /// The first bytes have not told yet.
        case undetected
        /// HTTP/1.1: requests are answered in their order; the last answer says that it is the last.
        case http1
        /// HTTP/2: a connection ends with a notice, a pong and a last word.
        case http2
    }

    /// What arrives. HTTP/2 has `quiet` alone: its streams have deadlines of their own.
    private enum Input {
        /// No request is arriving and none is under way (HTTP/1.1); nothing has arrived (HTTP/2).
        case quiet(since: Int64)
        /// A head is arriving.
        case head(since: Int64)
        /// The rest of a request is arriving.
        case request(since: Int64)
        /// Requests are under way, none is arriving.
        case answering
    }

    private let kind: Kind
    private let deadlines: Deadlines
    private var life = Life.open
    private var input: Input
    private var blockedSince: Int64?
    private var reading = ReadHold()
    /// When the server began to go away; nil before.
    private var drainedAt: Int64?
    private var probedAt: Int64?
    private var resets: TokenBucket?

    /// A connection that was just opened; over HTTP/1.1 its first head is arriving.
    /// - Parameter resets: How many streams the peer may reset; nil for any number.
    package init(_ kind: Kind, deadlines: Deadlines, resets: TokenBucket? = nil, at now: Int64) {
        self.kind = kind
        self.deadlines = deadlines
        self.resets = resets
        input = kind == .http2 ? .quiet(since: now) : .head(since: now)
    }
}

extension ConnectionState {
    /// Limits how many streams the peer may reset.
    package mutating func limitResets(_ limit: TokenBucket) { resets = limit }
}

// MARK: - Input

extension ConnectionState {
    /// Bytes arrived, or a part of a request.
    package mutating func received(at now: Int64) -> OnReceive {
        if life.isOver || kind == .http1 && !life.isOpen { return .discard }
        if kind == .http2 {
            input = .quiet(since: now)
            probedAt = nil
        }
        return .process
    }

    /// HTTP/1.1: bytes arrived that are not a whole head. More bytes of the same head win no time.
    package mutating func receivedPartOfHead(at now: Int64) {
        if case .quiet = input { input = .head(since: now) }
    }

    /// HTTP/1.1: a head was read.
    package mutating func beganRequest(at now: Int64) { input = .request(since: now) }

    /// HTTP/1.1: a request was read to its end, or was refused before.
    /// - Parameter isLast: Whether nothing is read behind it. Such a request is bound by its lookups and by its writing.
    package mutating func endedRequest(isLast: Bool) {
        input = .answering
        if isLast { _ = life.finish(until: .max) }
    }

    /// The peer sends no more, but may still read.
    package mutating func endOfInput(at now: Int64, isServing: Bool) -> OnEndOfInput {
        guard isServing, !isOver else {
            close()
            return .close
        }
        _ = life.finish(until: now + deadlines.drain)
        return .finish
    }
}

// MARK: - Output

extension ConnectionState {
    /// Whether output waits for the peer to read.
    package var isBlocked: Bool { blockedSince != nil }

    /// The channel takes no more output for now. A peer that does not read its answers is not read from.
    package mutating func blockOutput(at now: Int64) {
        guard blockedSince == nil else { return }
        blockedSince = now
        reading.add(.output)
    }

    /// The channel takes output again: write, then ask ``resumeReading()``.
    package mutating func unblockOutput() { blockedSince = nil }

    /// HTTP/1.1: a request is about to be answered.
    /// - Parameter others: How many requests wait behind it.
    package mutating func answering(isLast: Bool, others: Int, at now: Int64) -> OnAnswer {
        if case .request = input {} else if others == 0 { input = .quiet(since: now) }
        guard case .quiet = input, drainedAt != nil || isLast || isFinishing else { return isLast ? .close : .keepOpen }
        _ = life.finish(until: .max)
        return .close
    }

    /// What could be written was written.
    /// - Parameter isDone: Whether nothing is under way. HTTP/2: and the session has come to its end.
    package mutating func flushed(isDone: Bool, at now: Int64) -> OnFlush {
        // A session of HTTP/2 ends by itself too, when the peer says goodbye or breaks the protocol.
        guard isDone, kind == .http2 || life.isFinishing else { return .nothing }
        return life.linger(at: now) ? .closeOutput : .nothing
    }
}

// MARK: - The end

extension ConnectionState {
    /// The connection is to end, without haste. A request that is on its way to a connection that was accepted just before is
    /// still answered, if it comes within the time of a notice.
    package mutating func drain(at now: Int64) -> OnDrain {
        guard isOpen else { return .nothing }
        drainedAt = now
        switch kind {
        case .undetected: return .nothing
        case .http2: return life.notify(at: now) ? .sendNotice : .nothing
        case .http1:
            guard case .quiet = input else { return .nothing }
            return life.finish(until: .max) ? .flush : .nothing
        }
    }

    /// HTTP/2: the pong to the notice came. The peer knows.
    package mutating func receivedPong(at now: Int64) -> OnLastWord {
        guard life.isNotified else { return .nothing }
        return life.finish(until: now + deadlines.drain) ? .sendLast : .nothing
    }

    /// HTTP/2: the peer reset streams. With more of them than it may the connection ends, after what is under way.
    package mutating func receivedResets(_ count: Int, at now: Int64) -> OnLastWord {
        guard resets?.take(count, at: now) == false else { return .nothing }
        return life.finish(until: now + deadlines.drain) ? .sendLast : .nothing
    }

    /// The channel is closed, or being closed.
    package mutating func close() { life = .closed }

    /// Whether requests are taken, and no end is in sight.
    package var isOpen: Bool { life.isOpen }

    /// Whether the requests under way are the last.
    package var isFinishing: Bool { life.isFinishing }

    /// Whether there is nothing more to say.
    package var isOver: Bool { life.isOver }

    /// Whether the channel is closed, or being closed.
    package var isClosed: Bool { life.isClosed }

    /// Since when there is no request; nil when one is arriving or under way.
    /// - Parameter isServing: HTTP/2: whether streams are open.
    package func idleSince(isServing: Bool) -> Int64? {
        switch input {
        case .quiet(let since), .head(let since): isServing || isOver ? nil : since
        case .request, .answering: nil
        }
    }
}

// MARK: - Deadlines

extension ConnectionState {
    /// Time has passed.
    package mutating func tick(at now: Int64, streams: Streams = .none) -> OnTick {
        if isClosed { return .nothing }
        if let blockedSince, now - blockedSince > deadlines.writeStall { return end(.expire) }
        switch life.tick(at: now, deadlines) {
        case .nothing: return life.isOpen && !isBlocked ? checkInput(at: now, streams) : .nothing
        case let action: return action
        }
    }

    private mutating func checkInput(at now: Int64, _ streams: Streams) -> OnTick {
        switch input {
        case .head where drainedAt.map { now - $0 > deadlines.notice } ?? false: return end(.close)
        case .head(let since): return now - since > deadlines.head ? end(.expire) : .nothing
        case .request(let since): return now - since > deadlines.body ? end(.expire) : .nothing
        case .quiet(let since) where now - since > deadlines.idle: return idle(at: now, streams)
        case .quiet, .answering: return .nothing
        }
    }

    private mutating func idle(at now: Int64, _ streams: Streams) -> OnTick {
        guard kind == .http2 else { return end(.expire) }
        switch streams {
        case .some: return .nothing
        case .none: return life.notify(at: now) ? .sendNotice : .nothing
        case .endless:
            guard let probedAt else {
                self.probedAt = now
                return .probe
            }
            return now - probedAt > deadlines.head ? end(.expire) : .nothing
        }
    }

    private mutating func end(_ action: OnTick) -> OnTick {
        close()
        return action
    }

    /// HTTP/2: time has passed for one stream.
    package mutating func tick(_ exchange: Exchange, at now: Int64) -> OnStreamTick {
        let elapsed = now - exchange.changedAt
        switch exchange.phase {
        case .receiving where !exchange.isHeadComplete:
            // A header block occupies the whole connection.
            return elapsed > deadlines.head ? expire() : .nothing
        case .receiving: return elapsed > deadlines.body ? .reset : .nothing
        case .answering where exchange.reply.shape != .stream || exchange.written < exchange.reply.body.count:
            return elapsed > deadlines.writeStall ? expire() : .nothing
        case .answering, .ready, .waiting, .abandoned: return .nothing
        }
    }

    private mutating func expire() -> OnStreamTick {
        close()
        return .expire
    }
}

// MARK: - Reading

extension ConnectionState {
    /// The channel wants to read.
    package mutating func read() -> ReadHold.OnRead { reading.read() }

    /// HTTP/1.1: requests wait for their answers, or do so no more.
    package mutating func setWaiting(_ isWaiting: Bool) -> ReadHold.OnRead { set(.requests, isWaiting) }

    /// HTTP/2: what was read is not processed yet, or is.
    package mutating func setWorking(_ isWorking: Bool) -> ReadHold.OnRead { set(.work, isWorking) }

    /// Reading may go on, unless what was written has blocked the output again.
    package mutating func resumeReading() -> ReadHold.OnRead { isBlocked ? .wait : reading.remove(.output) }

    private mutating func set(_ reason: ReadHold.Reasons, _ isSet: Bool) -> ReadHold.OnRead {
        guard isSet else { return reading.remove(reason) }
        reading.add(reason)
        return .wait
    }
}
