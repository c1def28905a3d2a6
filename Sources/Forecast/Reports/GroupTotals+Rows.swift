// From the sums of a group to rows.

import Bytes

extension GroupTotals {
    /// The rows of the group's limits.
    func rows(
        policy: String?, top: Int, _ names: TextTable, isWhole: Bool, isSampled: Bool
    ) -> [(ClassGroup.Limit, ForecastRow)] {
        var rows: [(ClassGroup.Limit, ForecastRow)] = []
        for unit in group.units.indices {
            let own = group.ranges[unit].filter { policy == nil || group.limits[$0].policy == policy }
            guard !own.isEmpty else { continue }
            let peaks = Peaks(of: self, unit)
            for index in own {
                var row = row(index, peaks)
                row.isExact = isWhole && !isSampled && sampling.level == 0 && sum.isComplete && !isShared
                if !row.isExact { row.error = error(isSampled: isSampled) }
                row.top = hardestHit(index, unit, count: top, names)
                rows.append((group.limits[index], row))
            }
        }
        return rows
    }

    private func row(_ index: Int, _ peaks: Peaks) -> ForecastRow {
        let limit = group.limits[index]
        var row = ForecastRow(
            policy: limit.policy, className: limit.className, unit: limit.unit, limit: limit.value)
        row.keys = peaks.keys
        row.requests = sum.requests
        row.consumers = Double(sum.consumers.count)
        row.limitedConsumers = Double(sum.limitedConsumers[index].count)
        row.limitedKeys = peaks.keys(above: Double(limit.value))
        (row.limitedRequests, row.limitedWindows) = over(index)
        (row.limit99, row.limit999) = (peaks.limit(sparing: 990), peaks.limit(sparing: 999))
        return row
    }

    /// Requests and windows over a limit. Sums when all keys were counted, else what the counted ones stand for.
    private func over(_ index: Int) -> (requests: Double, windows: Double) {
        guard sampling.level > 0 else { return (sum.limited[index], Double(sum.windows[index])) }
        return weights.indices.reduce(into: (requests: 0.0, windows: 0.0)) { total, place in
            let own = over(place, limit: index)
            total.requests += own.requests * weights[place]
            total.windows += own.windows * weights[place]
        }
    }

    /// The standard error of adaptive sampling is 1.2 by the root of the sample's size; the share's bound is that of Dvoretzky,
    /// Kiefer and Wolfowitz for 95 %.
    private func error(isSampled: Bool) -> ForecastError {
        guard sampling.level > 0 else { return ForecastError(isShared: isShared, isSampled: isSampled) }
        let sample = Double(max(1, weights.count { $0 > 1 }))
        return ForecastError(
            keys: 1.2 / sample.squareRoot(), share: 1.36 / sample.squareRoot(), isShared: isShared, isSampled: isSampled
        )
    }

    /// The keys with the most requests over the limit, of others those that came nearest to it.
    private func hardestHit(_ index: Int, _ unit: Int, count: Int, _ names: TextTable) -> [ForecastKey] {
        guard count > 0 else { return [] }
        var best: [(place: Int, order: (Double, Double, Double))] = []
        for place in 0..<sum.records.count where weight(place) > 0 {
            let order = (over(place, limit: index).requests, peak(place, unit), requests(place))
            // Of keys that made the same there may be very many: each is compared with a few of the best.
            if best.count == count, !precedes(order, place, best[count - 1]) { continue }
            var (low, high) = (0, best.count)
            while low < high {
                let middle = (low + high) / 2
                if precedes(order, place, best[middle]) { high = middle } else { low = middle + 1 }
            }
            best.insert((place, order), at: low)
            if best.count > count { best.removeLast() }
        }
        return best.map { place, order in
            let consumer = Int(consumers[place])
            return ForecastKey(
                key: key(place), consumer: consumer < 0 ? nil : names.text(consumer), requests: order.2,
                peak: order.1, limitedRequests: order.0)
        }
    }

    /// The larger first; of equal ones by name, so that the same counts give the same report.
    private func precedes(
        _ order: (Double, Double, Double), _ place: Int, _ other: (place: Int, order: (Double, Double, Double))
    ) -> Bool {
        order == other.order ? key(place) < key(other.place) : order > other.order
    }
}

/// The largest windows of the keys of a group, in one unit, ascending.
private struct Peaks {
    private var values: [Double] = []
    /// How many keys there are up to each; empty when each stands for one.
    private var upTo: [Double] = []

    init(of totals: GroupTotals, _ unit: Int) {
        let places = 0..<totals.sum.records.count
        guard !totals.weights.isEmpty else {
            values = places.map { totals.peak($0, unit) }.sorted()
            return
        }
        let pairs = places.map { (totals.peak($0, unit), totals.weights[$0]) }.filter { $0.1 > 0 }.sorted {
            $0.0 < $1.0
        }
        values = pairs.map(\.0)
        var sum = 0.0
        upTo = pairs.map { pair in
            sum += pair.1
            return sum
        }
    }

    /// How many keys there are.
    var keys: Double { upTo.last ?? Double(values.count) }

    /// How many keys have a peak above `limit`.
    func keys(above limit: Double) -> Double {
        let index = partition { $0 > limit }
        guard !upTo.isEmpty else { return Double(values.count - index) }
        return keys - (index == 0 ? 0 : upTo[index - 1])
    }

    /// The smallest limit at which this many thousandths of the keys are never over it: the nearest rank of the peaks. 0 of no keys.
    func limit(sparing thousandths: Int) -> Double {
        guard !values.isEmpty else { return 0 }
        if upTo.isEmpty { return values[(values.count * thousandths + 999) / 1000 - 1] }
        let wanted = keys * Double(thousandths)
        return values[upTo.firstIndex { $0 * 1000 >= wanted } ?? values.count - 1]
    }

    private func partition(_ isBehind: (Double) -> Bool) -> Int {
        var (low, high) = (0, values.count)
        while low < high {
            let middle = (low + high) / 2
            if isBehind(values[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
