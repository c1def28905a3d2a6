// The forecast of a running server.
//
//     event loop ─ queue ─┐
//     event loop ─ queue ─┼─▶ the forecast's thread, five times a second ─▶ engine ◀─ reports
//     event loop ─ queue ─┘
//
// A window should have got all requests of a second before it gets one of the next, whichever event loop they came from: so the
// requests of all queues are counted second by second, and those of a later second than the turn's wait for the next turn. One that
// comes late all the same, by the milliseconds that an event loop takes for a round, counts in the window that is open.

import Dispatch
import Forecast
import Foundation
import Synchronization

/// Counts requests against policies while a server runs.
public final class ForecastFeed: Sendable {
    /// What one limit would have done since the start.
    package struct Sum: Sendable {
        /// The limit.
        package let limit: ClassGroup.Limit
        /// Requests that it would have counted, and those over it.
        package let requests: Double, limited: Double
    }

    private let core: ForecastCore

    /// A feed that counts nothing until it gets policies.
    /// - Parameter clock: Seconds since 1970.
    package init(clock: @escaping @Sendable () -> Int64) {
        let core = ForecastCore(clock)
        self.core = core
        let thread = Thread { core.run() }
        thread.name = "forecast"
        thread.start()
    }

    deinit { core.close() }

    /// A queue for one more event loop.
    package func makeQueue() -> ForecastQueue { core.makeQueue() }

    /// Counts against `policies` from now on, and begins anew when they are others than before.
    package func adopt(_ policies: [ForecastPolicy]) { core.adopt(policies) }

    /// The policies.
    package var policies: [ForecastPolicy] { core.withEngine { $0.policies } ?? [] }

    /// What was counted in `span`, up to now; nil without policies.
    package func report(_ span: ForecastSpan, policy: String? = nil, top: Int = 20) -> ForecastReport? {
        core.withEngine { $0.totals(span).report(policy: policy, top: top) }
    }

    /// What was counted in `span`, for ``Forecast/ForecastMerge``; nil without policies.
    package func state(_ span: ForecastSpan) -> [UInt8]? { core.withEngine { $0.totals(span).state } }

    /// What each limit would have done since the start.
    package var sums: [Sum] {
        core.withEngine { engine in
            engine.sumsSinceStart.map { Sum(limit: $0.limit, requests: $0.requests, limited: $0.limited) }
        } ?? []
    }

    /// Bytes of what was counted; 0 without policies.
    package var byteCount: Int { core.withEngine { $0.byteCount } ?? 0 }

    /// Requests that could not be counted since they came too fast.
    package var lostCount: UInt64 { core.lostCount }
}

/// What the feed and its thread share.
private final class ForecastCore: Sendable {
    struct State: ~Copyable, @unchecked Sendable {
        // @unchecked Sendable: the engine is reached through the mutex alone, and never leaves it.
        var engine: ForecastEngine?
        var queues: [ForecastQueue] = []
        var waiting: [WaitingRequests] = []
        var spare = ForecastRoom(capacity: ForecastCore.capacity)
        var lost: UInt64 = 0
        var isClosed = false
    }

    /// Bytes that may wait in a queue: some thousand requests. The thread is woken when half of them are used.
    static let capacity = 256 << 10
    private let clock: @Sendable () -> Int64
    private let wake = DispatchSemaphore(value: 0)
    private let state = Mutex(State())

    init(_ clock: @escaping @Sendable () -> Int64) { self.clock = clock }

    func run() {
        blockSignals()
        while true {
            let (isClosed, isIdle) = state.withLock { state in
                state.take(upTo: clock())
                return (state.isClosed, state.engine == nil)
            }
            if isClosed { return }
            if isIdle { wake.wait() } else { _ = wake.wait(timeout: .now() + .milliseconds(200)) }
        }
    }

    func close() {
        state.withLock { $0.isClosed = true }
        wake.signal()
    }

    func makeQueue() -> ForecastQueue {
        let queue = ForecastQueue(capacity: Self.capacity, wake: wake)
        state.withLock { state in
            state.queues.append(queue)
            state.waiting.append(WaitingRequests())
            queue.turn(on: state.engine != nil)
        }
        return queue
    }

    func adopt(_ policies: [ForecastPolicy]) {
        state.withLock { state in
            guard policies != state.engine?.policies ?? [] else { return }
            state.take(upTo: clock())
            state.engine = policies.isEmpty ? nil : ForecastEngine(policies, mode: .live, start: clock())
            for queue in state.queues { queue.turn(on: !policies.isEmpty) }
        }
        wake.signal()
    }

    func withEngine<Result: Sendable>(_ body: (ForecastEngine) -> Result) -> Result? {
        state.withLock { state in
            let now = clock()
            state.take(upTo: now)
            state.engine?.advance(to: now)
            return state.engine.map(body)
        }
    }

    var lostCount: UInt64 { state.withLock { $0.queues.reduce(0) { $0 + $1.lostCount } } }
}

extension ForecastCore.State {
    /// Counts what waits in all queues, up to the end of `second`.
    mutating func take(upTo second: Int64) {
        for index in queues.indices {
            queues[index].exchange(&spare)
            waiting[index].append(spare)
            spare.empty()
        }
        guard let engine else {
            waiting = waiting.map { _ in WaitingRequests() }
            return
        }
        let lost = queues.reduce(UInt64(0)) { $0 + $1.lostCount }
        if lost > self.lost { engine.noteLoss(at: second) }
        self.lost = lost
        // A clock that was set back must not keep requests waiting for ever.
        let isStuck = waiting.contains { $0.count > ForecastCore.capacity }
        while let next = waiting.compactMap(\.nextSecond).min(), next <= second || isStuck {
            for index in waiting.indices { waiting[index].count(upTo: next, engine) }
        }
    }
}
