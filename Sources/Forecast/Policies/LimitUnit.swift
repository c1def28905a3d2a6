// The units of time of limits, as Envoy's rate limit service names them.

/// A unit of time that a limit is for. Windows begin at its multiples since 1970, as the rate limit service counts them.
package enum LimitUnit: String, CaseIterable, Sendable {
    /// One second.
    case second = "SECOND"
    /// 60 seconds.
    case minute = "MINUTE"
    /// 3600 seconds.
    case hour = "HOUR"
    /// 86,400 seconds, from midnight UTC.
    case day = "DAY"

    /// Its length in seconds.
    package var seconds: Int64 {
        switch self {
        case .second: 1
        case .minute: 60
        case .hour: 3600
        case .day: 86_400
        }
    }
}
