// A limit for how often something may happen: so many at once, and so many a second in the long run.

/// A token bucket. The clock is a parameter, in monotonic nanoseconds.
package struct TokenBucket: Sendable {
    private let burst: Int64
    private let rate: Int64
    private var tokens: Int64
    private var filledAt: Int64?

    private static var second: Int64 { 1_000_000_000 }

    /// A full bucket: `burst` at once, `rate` a second, both greater than 0.
    package init(burst: Int, rate: Int) {
        self.burst = Int64(burst)
        self.rate = Int64(rate)
        tokens = self.burst
    }

    /// Takes `count` tokens; false, and takes none, when there are too few.
    package mutating func take(_ count: Int, at now: Int64) -> Bool {
        fill(at: now)
        guard tokens >= Int64(count) else { return false }
        tokens -= Int64(count)
        return true
    }

    private mutating func fill(at now: Int64) {
        guard let since = filledAt, now > since else {
            filledAt = filledAt ?? now
            return
        }
        // An hour fills every bucket; more could overflow.
        let elapsed = min(now - since, 3600 * Self.second)
        let gained = elapsed / Self.second * rate + elapsed % Self.second * rate / Self.second
        guard gained > 0 else { return }
        tokens = min(burst, tokens + gained)
        filledAt = now
    }
}
