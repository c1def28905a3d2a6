// The system's clock, without Foundation.

import Sessions
import Glibc

/// The system's time.
public enum SystemClock {
    /// The time now.
    @Sendable
    public static func now() -> Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }
}
