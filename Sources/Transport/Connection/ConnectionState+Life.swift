// The stages of a connection's life, and the only ways from one to the next:
//
//     open ──▶ notified ──▶ finishing ──▶ lingering ──▶ closed
//       └────────────────────▲
//
//     open       requests are taken
//     notified   HTTP/2 only: the peer knows that the server goes away, and requests that crossed the notice are still taken
//     finishing  no new request is taken; those under way are answered
//     lingering  everything is written and our side is closed; the peer's side is left to the peer for a while, since closing
//                it at once could destroy bytes that the peer has not read yet
//     closed     the channel is closed, or being closed

extension ConnectionState {
    /// A stage, with its time in monotonic nanoseconds.
    enum Life: ~Copyable {
        case open
        case notified(since: Int64)
        case finishing(until: Int64)
        case lingering(since: Int64)
        case closed
    }
}

// MARK: - Transitions

extension ConnectionState.Life {
    /// From open. Returns whether it was.
    mutating func notify(at now: Int64) -> Bool {
        switch consume self {
        case .open:
            self = .notified(since: now)
            return true
        case let other:
            self = other
            return false
        }
    }

    /// From open or notified. Returns whether it was.
    mutating func finish(until: Int64) -> Bool {
        switch consume self {
        case .open: self = .finishing(until: until)
        case .notified: self = .finishing(until: until)
        case let other:
            self = other
            return false
        }
        return true
    }

    /// From every stage before. Returns whether it was one.
    mutating func linger(at now: Int64) -> Bool {
        switch consume self {
        case .lingering(let since):
            self = .lingering(since: since)
            return false
        case .closed:
            self = .closed
            return false
        case _:
            self = .lingering(since: now)
            return true
        }
    }

    /// Goes on to the next stage where this one has lasted long enough.
    mutating func tick(at now: Int64, _ deadlines: Deadlines) -> ConnectionState.OnTick {
        switch consume self {
        case .notified(let since) where now - since > deadlines.notice:
            self = .finishing(until: now + deadlines.drain)
            return .sendLast
        case .finishing(let until) where now > until:
            self = .closed
            return .expire
        case .lingering(let since) where now - since > deadlines.linger:
            self = .closed
            return .close
        case let other:
            self = other
            return .nothing
        }
    }
}

// MARK: - Questions

extension ConnectionState.Life {
    var isOpen: Bool {
        switch self {
        case .open: true
        default: false
        }
    }

    var isNotified: Bool {
        switch self {
        case .notified: true
        default: false
        }
    }

    var isFinishing: Bool {
        switch self {
        case .finishing: true
        default: false
        }
    }

    var isClosed: Bool {
        switch self {
        case .closed: true
        default: false
        }
    }

    /// Whether there is nothing more to say.
    var isOver: Bool {
        switch self {
        case .lingering: true
        case .closed: true
        default: false
        }
    }
}
