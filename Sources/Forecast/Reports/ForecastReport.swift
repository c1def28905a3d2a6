// The report: a row for each limit of each policy. proto-json/forecast.schema.json describes its JSON.

/// What a forecast says of a span.
package struct ForecastReport: Sendable, Equatable {
    /// When the span begins and ends, milliseconds since 1970.
    package var from: Int64, to: Int64
    /// A row for each limit, by policy, class and unit.
    package var rows: [ForecastRow]
    /// Whether OAuth clients keep the session cookie.
    package var cookies: CookieReport
}

/// What one limit would do.
package struct ForecastRow: Sendable, Equatable {
    /// The policy's name, the class as the policy names it, the unit.
    package var policy: String, className: String, unit: LimitUnit
    /// Most requests of a key in a window.
    package var limit: Int
    /// Keys and consumers with a request.
    package var keys = 0.0, consumers = 0.0
    /// Requests.
    package var requests = 0.0
    /// Keys and consumers with a request over the limit.
    package var limitedKeys = 0.0, limitedConsumers = 0.0
    /// Requests over the limit.
    package var limitedRequests = 0.0
    /// Windows of a key that went over the limit.
    package var limitedWindows = 0.0
    /// The smallest limits at which 99 % and 99.9 % of the keys are never limited.
    package var limit99 = 0.0, limit999 = 0.0
    /// Whether all numbers are exact.
    package var isExact = true
    /// What keeps the numbers from being exact, when they are not.
    package var error: ForecastError?
    /// The keys that are hit hardest.
    package var top: [ForecastKey] = []

    /// A row without requests.
    package init(policy: String, className: String, unit: LimitUnit, limit: Int) {
        (self.policy, self.className, self.unit, self.limit) = (policy, className, unit, limit)
    }
}

/// How far numbers that are not exact may be off.
package struct ForecastError: Sendable, Equatable {
    /// The relative standard error of the number of keys.
    package var keys: Double
    /// By how much the true share of keys below a limit may differ from the one said, 19 times in 20.
    package var share: Double
    /// Whether several instances counted the same key: peaks are upper bounds, and what is over a limit is a lower bound.
    package var isShared: Bool
    /// Whether requests were read from a sample of them, each with a weight: sums are estimates, and short windows are not those
    /// of the traffic.
    package var isSampled: Bool

    /// What keeps numbers from being exact.
    package init(keys: Double = 0, share: Double = 0, isShared: Bool = false, isSampled: Bool = false) {
        (self.keys, self.share, self.isShared, self.isSampled) = (keys, share, isShared, isSampled)
    }
}

/// One key in a row.
package struct ForecastKey: Sendable, Equatable {
    /// What limits count on.
    package var key: String
    /// The consumer of its last request; nil without one.
    package var consumer: String?
    /// Its requests.
    package var requests: Double
    /// The most of them in one window.
    package var peak: Double
    /// Those over the limit.
    package var limitedRequests: Double
}

extension ForecastTotals {
    /// The report.
    /// - Parameter policy: Only this policy; all when nil.
    /// - Parameter top: How many keys are named in a row.
    package func report(policy: String? = nil, top: Int = 20) -> ForecastReport {
        var rows: [ClassGroup.Limit: ForecastRow] = [:]
        forEachGroup { group in
            let own = group.rows(policy: policy, top: top, consumers, isWhole: isWhole, isSampled: isSampled)
            for (limit, row) in own { rows[limit] = row }
        }
        let order = policies.flatMap { policy in
            policy.classes.flatMap { name in
                LimitUnit.allCases.compactMap { unit in
                    policy.limits[name]?[unit].map {
                        ClassGroup.Limit(policy: policy.name, className: name, unit: unit, value: $0)
                    }
                }
            }
        }
        var cookies = clients.report
        if isSampled { cookies.isExact = false }
        return ForecastReport(from: from, to: to, rows: order.compactMap { rows[$0] }, cookies: cookies)
    }
}
