// When a connection is read from: not while its peer leaves answers unread, and not while what was read is still to be
// processed. A read that the channel wants meanwhile is kept for later.

/// Whether a connection may read.
package struct ReadHold: Sendable {
    /// Why it may not.
    package struct Reasons: OptionSet, Sendable {
        package let rawValue: UInt8

        package init(rawValue: UInt8) { self.rawValue = rawValue }

        /// The peer does not read what it is sent.
        static let output = Reasons(rawValue: 1)
        /// HTTP/1.1: requests wait for their answers.
        static let requests = Reasons(rawValue: 2)
        /// HTTP/2: what was read is not processed yet.
        static let work = Reasons(rawValue: 4)
    }

    /// What to do about a read.
    package enum OnRead: Equatable, Sendable {
        case read
        /// Not now.
        case wait
    }

    private var reasons = Reasons()
    private var isWanted = false

    /// Reading is allowed.
    init() {}

    /// The channel wants to read.
    mutating func read() -> OnRead {
        if reasons.isEmpty { return .read }
        isWanted = true
        return .wait
    }

    /// Reading waits until `reason` is removed.
    mutating func add(_ reason: Reasons) { reasons.insert(reason) }

    /// `reason` went away.
    /// - Returns: `read` when a read was kept back and may be made now.
    mutating func remove(_ reason: Reasons) -> OnRead {
        reasons.remove(reason)
        guard isWanted, reasons.isEmpty else { return .wait }
        isWanted = false
        return .read
    }
}
