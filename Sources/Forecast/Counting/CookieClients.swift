// Which OAuth clients keep the session cookie, counted by slices of time.

import Bytes

/// The clients, each as a hash with some bits.
///
/// Three fields of 16 bits say in which slices of time a client had a request, a second one, and one with a good cookie: bits 0 to 6
/// are the slices of the last hour, 7 to 11 those of the last day, 12 is the total; the lowest of each is the current one.
struct CookieClients {
    private static let capacity = 100_000
    private static let recent: UInt64 = 0x007F, day: UInt64 = 0x0F80, total: UInt64 = 0x1000
    private static let now: UInt64 = 1 | 1 << 7 | 1 << 12
    private static let everywhere: UInt64 = 1 | 1 << 16 | 1 << 32

    private(set) var bits: [UInt64: UInt64] = [:]
    /// Leading zero bits that the hash of a client must have, as in ``Sampling``.
    private var level = 0
    /// Requests that got a cookie and that brought one, by slice: the same places as the bits.
    private var set = [Double](repeating: 0, count: 13), kept = [Double](repeating: 0, count: 13)

    /// Bytes in memory, about.
    var byteCount: Int { bits.capacity * 18 }

    /// Counts a request of the client `hash`.
    mutating func count(_ hash: UInt64, isKept: Bool, weight: Double) {
        for place in [0, 7, 12] { if isKept { kept[place] += weight } else { set[place] += weight } }
        guard hash.leadingZeroBitCount >= level else { return }
        Self.note(&bits[hash, default: 0], isKept: isKept)
        if bits.count > Self.capacity {
            level += 1
            bits = bits.filter { $0.key.leadingZeroBitCount >= level }
        }
    }

    private static func note(_ bits: inout UInt64, isKept: Bool) {
        bits |= (bits & now) << 16 | now | (isKept ? now << 32 : 0)
    }

    /// Begins new slices: so many of the last hour, and of the last day.
    mutating func advance(recent: Int, day: Int) {
        let (r, d) = (UInt64(min(recent, 7)), UInt64(min(day, 5)))
        let (recents, days) = (Self.recent * Self.everywhere, Self.day * Self.everywhere)
        for (hash, old) in bits {
            let shifted = (old & recents) << r & recents | (old & days) << d & days
            bits[hash] = shifted | old & (Self.total * Self.everywhere)
        }
        for column in [\CookieClients.set, \.kept] {
            self[keyPath: column].shift(0..<7, by: recent)
            self[keyPath: column].shift(7..<12, by: day)
        }
    }

    /// What was counted in `span`.
    func clients(_ span: ForecastSpan) -> CookieSet {
        let (mask, places) =
            switch span {
            case .hour: (Self.recent, 0..<7)
            case .day: (Self.day, 7..<12)
            case .start: (Self.total, 12..<13)
            }
        var clients = CookieSet()
        clients.level = level
        (clients.set, clients.kept) = (self.set[places].reduce(0, +), self.kept[places].reduce(0, +))
        clients.members = bits.lazy.filter { $1 & mask != 0 }.map { hash, own in
            let isAgain = own >> 16 & mask != 0 || (own & mask).nonzeroBitCount > 1
            return CookieSet.Client(hash: hash, isReturning: isAgain, isKeeping: own >> 32 & mask != 0)
        }
        return clients
    }
}

extension [Double] {
    /// Moves the numbers of `range` up by some places, and fills with zeros.
    fileprivate mutating func shift(_ range: Range<Int>, by count: Int) {
        for place in range.reversed() {
            self[place] = place - count >= range.lowerBound ? self[place - count] : 0
        }
    }
}
