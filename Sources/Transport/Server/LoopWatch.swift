// Whether the event loops still run what they are given. A loop that is blocked answers nothing on its connections, while the
// process looks alive from outside.

import NIOCore
import Synchronization

/// Asks each event loop, again and again, to run something, and says which have not for a while.
public final class LoopWatch: Sendable {
    /// A loop that runs nothing, or one that runs again.
    public enum Finding: Sendable, Equatable {
        /// `loop` has run nothing for so many milliseconds. Told once.
        case blocked(loop: String, milliseconds: Int64)
        /// `loop` runs again, after about so many milliseconds.
        case runs(loop: String, milliseconds: Int64)
    }

    private struct Loop {
        let name: String
        let eventLoop: any EventLoop
        let pulse = Pulse()
        var isBlocked = false
        var silence: Int64 = 0
    }

    /// When a loop was asked, in nanoseconds of a clock that never goes back; 0 when it has answered.
    private final class Pulse: Sendable {
        let asked = Atomic<Int64>(0)
    }

    private let loops = Mutex<[Loop]>([])
    /// Milliseconds after which a loop counts as blocked.
    private let patience: Int64

    /// - Parameter patience: Milliseconds that a loop may take to run what it is given.
    package init(patience: Int64 = 2000) { self.patience = patience }

    /// Watches a loop, which must not end before ``forget()``.
    package func add(_ name: String, _ eventLoop: any EventLoop) {
        loops.withLock { $0.append(Loop(name: name, eventLoop: eventLoop)) }
    }

    /// Watches none from now on. Afterwards they may end.
    package func forget() { loops.withLock { $0 = [] } }

    /// Whether a loop is blocked, as the last ``look(now:)`` found.
    public var isBlocked: Bool { loops.withLock { $0.contains(where: \.isBlocked) } }

    /// Asks all loops, and returns what is new since the last call. It does not wait.
    /// - Parameter now: Nanoseconds of a clock that never goes back, more than 0.
    public func look(now: Int64) -> [Finding] {
        loops.withLock { loops in loops.indices.compactMap { look(&loops[$0], now) } }
    }

    private func look(_ loop: inout Loop, _ now: Int64) -> Finding? {
        let asked = loop.pulse.asked.load(ordering: .acquiring)
        guard asked == 0 else {
            loop.silence = (now - asked) / 1_000_000
            guard loop.silence >= patience, !loop.isBlocked else { return nil }
            loop.isBlocked = true
            return .blocked(loop: loop.name, milliseconds: loop.silence)
        }
        loop.pulse.asked.store(now, ordering: .releasing)
        loop.eventLoop.execute { [pulse = loop.pulse] in pulse.asked.store(0, ordering: .releasing) }
        guard loop.isBlocked else { return nil }
        loop.isBlocked = false
        return .runs(loop: loop.name, milliseconds: loop.silence)
    }
}
