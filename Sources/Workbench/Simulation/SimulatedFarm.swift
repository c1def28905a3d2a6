// The caches of a farm, without requests: what matters is when which instance has read which session's rows.

/// The instances of a farm and what they remember.
struct SimulatedFarm {
    /// What happened in a second.
    struct Counts {
        var requests = 0
        /// Reads of the database.
        var reads = 0
        /// Requests that had to wait for one.
        var waiting = 0

        func line(second: Int) -> String {
            let share = 100 * Double(waiting) / Double(max(1, requests))
            return "\(second)\t\(reads)\t\(Self.shown(share))\t\(Self.shown(100 - share))"
        }

        private static func shown(_ percent: Double) -> String {
            let hundredths = Int(percent * 100 + 0.5)
            return "\(hundredths / 100).\(hundredths % 100 < 10 ? "0" : "")\(hundredths % 100)"
        }
    }

    private let sessions: Int, instances: Int, read: Int32
    private let lifetime: Int
    /// How much of all requests the sessions up to one make.
    private let shares: [Double]
    /// By instance and session, in milliseconds: when the rows are there, and when they are gone; 0: never read.
    private var from: [Int32], until: [Int32]
    private var random: SplitMix

    init(instances: Int, sessions: Int, lifetime: Int, read: Int, seed: UInt64) {
        self.instances = instances
        self.sessions = sessions
        self.lifetime = lifetime
        self.read = Int32(read)
        var sum = 0.0
        var shares: [Double] = []
        for rank in 1...sessions {
            sum += 1 / Double(rank)
            shares.append(sum)
        }
        self.shares = shares
        from = Array(repeating: 0, count: instances * sessions)
        until = from
        random = SplitMix(state: seed)
    }

    /// All instances forget what they know, as after `/cache/invalidate`.
    mutating func forgetAll() {
        for index in until.indices { until[index] = 0 }
    }

    /// The requests of one second.
    mutating func run(requests: Int, second: Int) -> Counts {
        var counts = Counts(requests: requests)
        for index in 0..<requests {
            let now = Int32(1 + second * 1000 + index * 1000 / requests)
            let place = random.below(instances) * sessions + session()
            serve(place, at: now, &counts)
        }
        return counts
    }

    private mutating func serve(_ place: Int, at now: Int32, _ counts: inout Counts) {
        guard now < until[place] else {
            counts.reads += 1
            counts.waiting += 1
            return remember(place, from: now + read)
        }
        // It is being read: these wait with the first one.
        if now < from[place] { return counts.waiting += 1 }
        if Int(now - from[place]) * 5 >= Int(until[place] - from[place]) * 4 {
            counts.reads += 1
            remember(place, from: now)
        }
    }

    private mutating func remember(_ place: Int, from begin: Int32) {
        from[place] = begin
        // Up to a tenth shorter, as the loader has it.
        until[place] = begin + Int32(lifetime - random.below(lifetime / 10 + 1))
    }

    /// A session, by its share of the requests.
    private mutating func session() -> Int {
        let target = random.fraction() * (shares.last ?? 0)
        var (low, high) = (0, sessions - 1)
        while low < high {
            let middle = (low + high) / 2
            if shares[middle] < target { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
