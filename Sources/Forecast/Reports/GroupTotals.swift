// What a report is made of: the sums of one group over a span, whether they come from one engine or from several instances.

import Bytes

/// The sums of a group over a span.
package final class GroupTotals {
    /// The group.
    package let group: ClassGroup
    let keys: TextTable
    let sum: Slice
    let sampling: Sampling
    /// For each record how many keys it stands for; empty when that is one throughout.
    let weights: [Double]
    /// For each record its key's requests since the start.
    let totals: [Double]
    /// For each record the number of the consumer of its last request, −1 for none.
    let consumers: [Int32]
    /// Whether some keys were counted by several instances: what they did in one window together is not known.
    let isShared: Bool

    /// - Parameter facts: For a series its requests since the start, and its consumer's number, −1 for none.
    init(
        _ group: ClassGroup, _ keys: TextTable, _ sum: Slice, _ sampling: Sampling, isShared: Bool = false,
        _ facts: (Int) -> (total: Double, consumer: Int)
    ) {
        (self.group, self.keys, self.sum, self.sampling, self.isShared) = (group, keys, sum, sampling, isShared)
        let series = (0..<sum.records.count).map { Int(sum.records[$0][Layout.Record.series]) }
        let facts = series.map(facts)
        totals = facts.map(\.total)
        consumers = facts.map { Int32($0.consumer) }
        weights =
            sampling.level == 0
            ? []
            : zip(series, totals).map { index, total in
                keys.withText(index) { sampling.weight(of: $0, total: total) }
            }
    }

    /// How many keys the record at `place` stands for.
    func weight(_ place: Int) -> Double { weights.isEmpty ? 1 : weights[place] }

    /// The key of the record at `place`.
    func key(_ place: Int) -> String { keys.text(Int(sum.records[place][Layout.Record.series])) }

    /// Requests of the record at `place`.
    func requests(_ place: Int) -> Double { sum.layout.amount(sum.records[place] + Layout.Record.requests) }

    /// The most requests of the record at `place` in a window of a unit.
    func peak(_ place: Int, _ unit: Int) -> Double { sum.layout.amount(sum.records[place] + sum.layout.peak(unit)) }

    /// Requests and windows of the record at `place` over a limit.
    func over(_ place: Int, limit: Int) -> (requests: Double, windows: Double) {
        var found = (requests: 0.0, windows: 0.0)
        sum.forEachCell(of: sum.records[place]) { if $0 == limit { found = ($1, Double($2)) } }
        return found
    }
}

/// The sums of all groups over a span.
package struct ForecastTotals {
    /// The policies, in the order of reports.
    package let policies: [ForecastPolicy]
    /// When the span begins and ends, milliseconds since 1970.
    package var from: Int64, to: Int64
    /// The consumers' keys.
    let consumers: TextTable
    /// Whether every request and every consumer was counted.
    let isWhole: Bool
    /// Whether requests stood for several each.
    var isSampled = false
    /// The clients that may keep a cookie.
    let clients: CookieSet
    /// Calls its argument with the sums of each group, one after the other, so that those of one are in memory at a time.
    let forEachGroup: ((GroupTotals) -> Void) -> Void
}
