// The slices of time of a group. Requests are counted in the current slice alone. When it ends, its records are added to the slice of
// the day that it is in and to the total, and it stays for reports about the last hour.
//
//     recent   ten minutes each: the current one and six before it
//     days     six hours each: the current one and four before it
//     total    since the start

/// A time that reports are about.
package enum ForecastSpan: String, CaseIterable, Sendable {
    /// The last 60 to 70 minutes.
    case hour
    /// The last 24 to 30 hours.
    case day
    /// Since the start.
    case start
}

/// The slices of one group.
struct Timeline {
    /// Seconds of a slice of the last hour, and of one of the last day.
    static let recentSeconds: Int64 = 600, daySeconds: Int64 = 6 * 3600
    /// The most slices that there are: see above.
    static let maxSlices = 7 + 5 + 1

    private let make: (Int64) -> Slice
    private(set) var recent: [Slice]
    private(set) var days: [Slice]
    let total: Slice

    /// - Parameter make: Makes a slice that begins at a time.
    init(at second: Int64, make: @escaping (Int64) -> Slice) {
        self.make = make
        recent = [make(second.floor(Self.recentSeconds))]
        days = [make(second.floor(Self.daySeconds))]
        total = make(second)
    }

    /// The slice in which requests are counted now.
    var current: Slice { recent[recent.count - 1] }

    /// All slices.
    var all: [Slice] { recent + days + [total] }

    /// The slices that a report about `span` adds up.
    func slices(_ span: ForecastSpan) -> [Slice] {
        switch span {
        case .hour: recent
        case .day: days + [current]
        case .start: [total, current]
        }
    }

    /// When a span that ends at `now` begins.
    static func start(of span: ForecastSpan, at now: Int64) -> Int64 {
        switch span {
        case .hour: now.floor(recentSeconds) - 3600
        case .day: now.floor(daySeconds) - 86_400
        case .start: .min
        }
    }

    /// Ends the current slice, and begins the one that `second` is in.
    mutating func advance(to second: Int64, _ series: WordRows) {
        let ended = current
        let day = ended.start.floor(Self.daySeconds)
        if days[days.count - 1].start != day { beginDay(at: day, series) }
        days[days.count - 1].add(ended) { series[$0] + Layout.Series.day }
        total.add(ended) { series[$0] + Layout.Series.total }
        Self.forget(Layout.Series.current, of: ended, series)
        recent.append(make(second.floor(Self.recentSeconds)))
        let (oldest, oldestDay) = (Self.start(of: .hour, at: second), Self.start(of: .day, at: second))
        recent.removeAll { $0.start < oldest }
        // There is always one that the next slice goes to, however long there was none.
        if days[days.count - 1].start < oldestDay { beginDay(at: second.floor(Self.daySeconds), series) }
        days.removeAll { $0.start < oldestDay }
    }

    private mutating func beginDay(at start: Int64, _ series: WordRows) {
        Self.forget(Layout.Series.day, of: days[days.count - 1], series)
        days.append(make(start))
    }

    /// Records of a slice that has ended are no longer found from their series.
    private static func forget(_ slot: Int, of slice: Slice, _ series: WordRows) {
        for place in 0..<slice.records.count {
            series[Int(slice.records[place][Layout.Record.series])][slot] = 0
        }
    }
}

extension Int64 {
    /// The largest multiple of `unit` that is not larger.
    func floor(_ unit: Int64) -> Int64 { self - (self % unit + unit) % unit }
}
