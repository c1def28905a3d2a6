// The count of one group of classes: for each key how many requests it has made in the current window of each unit.

import Bytes

/// What is known of the requests of a group.
final class GroupLedger {
    let group: ClassGroup
    let layout: Layout
    let keys = TextTable()
    let series: WordRows
    @exclusivity(unchecked) private(set) var timeline: Timeline
    @exclusivity(unchecked) private(set) var sampling = Sampling()
    /// Where requests are counted now, and the seconds of each unit: as they are in the timeline and the group.
    @exclusivity(unchecked) private var current: Slice
    private let seconds: [Int64]

    init(_ group: ClassGroup, isWeighted: Bool, start: Int64, budget: CellBudget) {
        self.group = group
        let layout = Layout(units: group.units.count, isWide: isWeighted)
        self.layout = layout
        series = WordRows(stride: layout.seriesWords)
        let limits = group.limits.count
        let timeline = Timeline(at: start) { Slice(start: $0, layout: layout, limits: limits, budget: budget) }
        self.timeline = timeline
        current = timeline.current
        seconds = group.units.map(\.seconds)
    }

    /// Bytes in memory.
    var byteCount: Int { timeline.all.reduce(keys.byteCount + series.byteCount) { $0 + $1.byteCount } }

    /// Begins a new slice of time.
    func advance(to second: Int64) {
        timeline.advance(to: second, series)
        current = timeline.current
    }

    /// Counts a request of `key`.
    /// - Parameter consumer: The consumer's number; nil for none.
    /// - Parameter weight: For how many requests it stands.
    func count(_ key: TextTable.Entry, consumer: Int?, at second: Int64, weight: Double, _ random: inout SplitMix) {
        let slice = current
        slice.requests += weight
        if let consumer { slice.consumers.insert(consumer) }
        guard let index = find(key, weight: weight, &random) else { return }
        let own = series[index]
        if let consumer { own[Layout.Series.consumer] = UInt32(consumer + 1) }
        let record = slice.record(of: index, own + Layout.Series.current)
        layout.add(weight, at: record + Layout.Record.requests)
        for unit in seconds.indices {
            let window = UInt32(truncatingIfNeeded: second / seconds[unit])
            let before = advance(own + layout.window(unit), to: window, by: weight)
            let count = before + weight
            slice.raise(record, unit, to: count)
            if count > group.lowest[unit] { compare(before, count, unit, slice, record, consumer) }
        }
    }

    private func find(_ key: TextTable.Entry, weight: Double, _ random: inout SplitMix) -> Int? {
        if let index = keys.find(key) { return index }
        guard sampling.contains(key.text) || sampling.holds(weight: weight, &random) else { return nil }
        _ = series.append()
        return keys.insert(key)
    }

    /// Counts in the window of a unit; returns how many requests it had before. A request that comes late counts in the window that
    /// is open.
    @inline(__always)
    private func advance(_ place: Slice.Words, to window: UInt32, by weight: Double) -> Double {
        if window > place[0] {
            place[0] = window
            layout.set(weight, at: place + 1)
            return 0
        }
        let before = layout.amount(place + 1)
        layout.set(before + weight, at: place + 1)
        return before
    }

    /// Notes what of a request is over each limit of a unit, when the window had `before` requests without it and has `count` with it.
    private func compare(
        _ before: Double, _ count: Double, _ unit: Int, _ slice: Slice, _ record: Slice.Words, _ consumer: Int?
    ) {
        for index in group.ranges[unit] {
            let limit = Double(group.limits[index].value)
            guard count > limit else { continue }
            let isFirst = before <= limit
            let over = count - max(before, limit)
            slice.limited[index] += over
            if isFirst { slice.windows[index] += 1 }
            if let consumer { slice.limitedConsumers[index].insert(consumer) }
            slice.note(record, limit: index, requests: over, windows: isFirst ? 1 : 0)
        }
    }
}

// MARK: - When memory is full

extension GroupLedger {
    /// Requests of the series at `index` since the start.
    func total(of index: Int) -> Double {
        let own = series[index]
        return amount(own[Layout.Series.total], timeline.total) + amount(own[Layout.Series.current], timeline.current)
    }

    private func amount(_ slot: UInt32, _ slice: Slice) -> Double {
        slot == 0 ? 0 : layout.amount(slice.records[Int(slot) - 1] + Layout.Record.requests)
    }

    /// Whether there are keys to be forgotten that take more than the tables themselves.
    var canThin: Bool { sampling.level < 40 && keys.count >= 256 }

    /// Forgets half of the keys with few requests.
    func thin() {
        sampling.halve((0..<keys.count).map(total))
        var renumbered = [UInt32](repeating: 0, count: keys.count)
        var kept: UInt32 = 0
        for index in renumbered.indices where isKept(index) {
            kept += 1
            renumbered[index] = kept
        }
        keys.filter { renumbered[$0] != 0 }
        for index in renumbered.indices where renumbered[index] != 0 {
            series.move(index, to: Int(renumbered[index]) - 1)
        }
        series.truncate(to: Int(kept))
        let (current, day) = (timeline.current, timeline.days.last)
        for slice in timeline.all {
            let slot =
                slice === current
                ? Layout.Series.current
                : slice === day ? Layout.Series.day : slice === timeline.total ? Layout.Series.total : nil
            slice.filter(renumbered) { number, place in
                if let slot { series[number][slot] = UInt32(place + 1) }
            }
        }
    }

    private func isKept(_ index: Int) -> Bool {
        keys.withText(index) { sampling.weight(of: $0, total: total(of: index)) > 0 }
    }

    /// What was counted in `span`.
    func totals(_ span: ForecastSpan) -> GroupTotals {
        let sum = Slice(start: 0, layout: layout, limits: group.limits.count)
        var slots = [UInt32](repeating: 0, count: max(1, keys.count))
        slots.withUnsafeMutableBufferPointer { slots in
            // It has a place for every series, and does not outlive the call.
            guard let base = slots.baseAddress else { return }
            for slice in timeline.slices(span) { sum.add(slice) { base + $0 } }
        }
        return GroupTotals(group, keys, sum, sampling) { index in
            (total(of: index), Int(series[index][Layout.Series.consumer]) - 1)
        }
    }
}
