// Counts requests against policies, and reports. No clock, no threads, no input: the owner passes times and takes turns.

import Bytes

/// A request, as forecasts see it. Its texts are views, valid during the call that they are passed to.
package struct Observation {
    /// What happened to the session cookie.
    package enum Cookie: UInt8, Sendable {
        /// The request has none to do with it.
        case none
        /// The client got one.
        case set
        /// The client brought a good one.
        case keep
    }

    /// What the limit is counted on.
    package var key: Bytes
    /// The class; empty for none.
    package var className: Bytes
    /// The consumer's key; empty for none.
    package var consumer: Bytes
    /// The cookie.
    package var cookie: Cookie
    /// When, in seconds since 1970.
    package var second: Int64
    /// For how many requests it stands.
    package var weight: Double

    /// A request.
    package init(
        key: Bytes, className: Bytes, consumer: Bytes, cookie: Cookie = .none, second: Int64, weight: Double = 1
    ) {
        (self.key, self.className, self.consumer) = (key, className, consumer)
        (self.cookie, self.second, self.weight) = (cookie, second, weight)
    }
}

/// Counts requests in the windows of all policies. Used by one thread at a time.
package final class ForecastEngine {
    /// How it is used.
    package enum Mode: Sendable {
        /// For days on end: time goes on, requests count one, and memory is bounded.
        case live
        /// For a file that ends: one span, and requests may have weights.
        case whole
    }

    /// The policies.
    package let policies: [ForecastPolicy]
    /// When counting began, seconds since 1970.
    package let start: Int64
    /// The latest time that was counted or reported.
    @exclusivity(unchecked) package private(set) var now: Int64
    /// Requests that were counted.
    @exclusivity(unchecked) package private(set) var observed = 0.0

    /// Whether a request stood for several.
    @exclusivity(unchecked) private var isSampled = false
    private let mode: Mode
    private let groups: [GroupLedger]
    private let maxBytes: Int
    private let maxConsumers: Int
    private let consumers = TextTable()
    private let classes = TextTable()
    @exclusivity(unchecked) private var groupsByClass: [[Int]] = []
    @exclusivity(unchecked) private var cookies = CookieClients()
    @exclusivity(unchecked) private var random: SplitMix
    @exclusivity(unchecked) private var sinceCheck = 0
    /// When requests were last lost before they could be counted.
    private var lastLoss = Int64.min
    private var isOverfull = false

    /// The memory of a live engine, in bytes. With what a report takes, and the queues in front of it, it is less than 64 MiB.
    private static let maxLiveBytes = 50 << 20
    private static let maxLiveCells = 250_000
    /// Bits of all sets of consumers.
    private static let maxConsumerBits = 16 << 23
    /// After how many keys that may be new the memory is looked at.
    private static let checkInterval = 8192

    /// An engine.
    /// - Parameter start: When counting begins, in seconds since 1970.
    /// - Parameter seed: For the choice of keys when there are too many.
    /// - Parameter maxBytes: Memory of the tables; for tests.
    package init(
        _ policies: [ForecastPolicy], mode: Mode, start: Int64, seed: UInt64 = .random(in: 0...(.max)),
        maxBytes: Int? = nil
    ) {
        self.policies = policies
        self.mode = mode
        self.start = start
        now = start
        random = SplitMix(seed: seed)
        self.maxBytes = maxBytes ?? (mode == .live ? Self.maxLiveBytes : .max)
        let budget = CellBudget(mode == .live ? Self.maxLiveCells : .max)
        groups = ClassGroup.all(of: policies).map {
            GroupLedger($0, isWeighted: mode == .whole, start: start, budget: budget)
        }
        // Each slice has a set of consumers for the group, and one for each limit, with a bit for each consumer.
        let sets = groups.reduce(0) { $0 + 1 + $1.group.limits.count } * Timeline.maxSlices
        maxConsumers = mode == .live ? min(1 << 16, Self.maxConsumerBits / max(1, sets)) : 1 << 22
    }

    /// Bytes of all tables.
    package var byteCount: Int {
        groups.reduce(consumers.byteCount + classes.byteCount + cookies.byteCount) { $0 + $1.byteCount }
    }

    /// Counts a request.
    package func count(_ request: Observation) {
        if request.second > now { advance(to: request.second) }
        observed += request.weight
        if request.weight > 1 { isSampled = true }
        let consumer = number(ofConsumer: request.consumer)
        let key = TextTable.Entry(request.key)
        let counting = groupsOf(request.className)
        for index in counting {
            groups[index].count(key, consumer: consumer, at: request.second, weight: request.weight, &random)
        }
        if request.cookie != .none {
            let client = stableHash(request.consumer, stableHash(request.key))
            cookies.count(client, isKept: request.cookie == .keep, weight: request.weight)
        }
        sinceCheck += counting.count
        if sinceCheck >= Self.checkInterval { checkMemory() }
    }

    /// Notes that requests up to `second` were lost: reports about that time are not exact.
    package func noteLoss(at second: Int64) { lastLoss = max(lastLoss, second) }

    /// Lets time go on to `second`.
    package func advance(to second: Int64) {
        guard second > now else { return }
        let (recent, day) = (Timeline.recentSeconds, Timeline.daySeconds)
        let ended = second.floor(recent) - now.floor(recent)
        let endedDays = second.floor(day) - now.floor(day)
        now = second
        guard mode == .live, ended > 0 else { return }
        for group in groups { group.advance(to: second) }
        cookies.advance(recent: Int(clamping: ended / recent), day: Int(clamping: endedDays / day))
        checkMemory()
    }

    private func number(ofConsumer key: Bytes) -> Int? {
        guard !key.isEmpty else { return nil }
        if consumers.count < maxConsumers { return consumers.findOrInsert(key) }
        let found = consumers.find(key)
        if found == nil { isOverfull = true }
        return found
    }

    private func groupsOf(_ name: Bytes) -> [Int] {
        if let known = classes.find(name) { return groupsByClass[known] }
        let text = name.string
        let found = groups.indices.filter { groups[$0].group.members.contains(text) }
        // Classes come from a list in the configuration; in a file that others wrote there may be any number of them.
        if classes.count < 4096 {
            _ = classes.insert(name)
            groupsByClass.append(found)
        }
        return found
    }

    private func checkMemory() {
        sinceCheck = 0
        guard byteCount > maxBytes else { return }
        // To well below the bound: thinning passes through all tables.
        while byteCount > maxBytes / 5 * 4,
            let largest = groups.filter(\.canThin).max(by: { $0.byteCount < $1.byteCount })
        {
            largest.thin()
        }
    }
}

// MARK: - Reports

extension ForecastEngine {
    /// When `span` begins, in seconds since 1970.
    package func from(_ span: ForecastSpan) -> Int64 { max(start, Timeline.start(of: span, at: now)) }

    /// What was counted in `span`, group by group.
    package func totals(_ span: ForecastSpan) -> ForecastTotals {
        let from = from(span)
        return ForecastTotals(
            policies: policies, from: from * 1000, to: now * 1000, consumers: consumers,
            isWhole: !isOverfull && lastLoss < from, isSampled: isSampled, clients: cookies.clients(span)
        ) { [groups] body in
            for group in groups { body(group.totals(span)) }
        }
    }

    /// What each limit would have done since the start: all requests, and those over it of counted keys.
    package var sumsSinceStart: [(limit: ClassGroup.Limit, requests: Double, limited: Double)] {
        groups.flatMap { ledger in
            let slices = ledger.timeline.slices(.start)
            let requests = slices.reduce(0) { $0 + $1.requests }
            return ledger.group.limits.enumerated().map { index, limit in
                (limit, requests, slices.reduce(0) { $0 + $1.limited[index] })
            }
        }
    }
}
