// What was counted in a slice of time, or in several together.

/// The records of a group's keys for a time, and sums over all of its requests.
package final class Slice {
    typealias Words = UnsafeMutablePointer<UInt32>

    /// When it began, seconds since 1970.
    let start: Int64
    let layout: Layout
    let records: WordRows
    @exclusivity(unchecked) private(set) var cells: WordRows
    /// Requests, those of keys that are not counted included.
    @exclusivity(unchecked) var requests = 0.0
    /// Requests and windows over each limit, of counted keys.
    @exclusivity(unchecked) var limited: [Double]
    @exclusivity(unchecked) var windows: [Int]
    /// Consumers with a request, and by limit those with a request over it.
    @exclusivity(unchecked) var consumers = NumberSet()
    @exclusivity(unchecked) var limitedConsumers: [NumberSet]
    /// Whether no cell is missing: what each key had over each limit is known.
    var isComplete = true
    private let budget: CellBudget?

    init(start: Int64, layout: Layout, limits: Int, budget: CellBudget? = nil) {
        self.start = start
        self.layout = layout
        self.budget = budget
        records = WordRows(stride: layout.recordWords)
        cells = WordRows(stride: layout.cellWords)
        limited = [Double](repeating: 0, count: limits)
        windows = [Int](repeating: 0, count: limits)
        limitedConsumers = [NumberSet](repeating: NumberSet(), count: limits)
    }

    deinit { budget?.used -= cells.count }

    /// Bytes in memory.
    var byteCount: Int {
        records.byteCount + cells.byteCount + limitedConsumers.reduce(consumers.byteCount) { $0 + $1.byteCount }
    }

    /// The record of the series at `index`, which is made when there is none. `slot` is where its place is noted.
    @inline(__always)
    func record(of index: Int, _ slot: Words) -> Words {
        if slot.pointee == 0 {
            let place = records.append()
            records[place][Layout.Record.series] = UInt32(index)
            slot.pointee = UInt32(place + 1)
        }
        return records[Int(slot.pointee) - 1]
    }

    /// Notes that requests of a record were over a limit.
    func note(_ record: Words, limit: Int, requests: Double, windows: Int) {
        var next = record[Layout.Record.cell]
        while next != 0 {
            let cell = cells[Int(next) - 1]
            if cell[Layout.Cell.limit] == UInt32(limit) {
                layout.add(requests, at: cell + Layout.Cell.requests)
                cell[Layout.Cell.windows] &+= UInt32(clamping: windows)
                return
            }
            next = cell[Layout.Cell.next]
        }
        guard budget?.take() ?? true else {
            isComplete = false
            return
        }
        let place = cells.append()
        let cell = cells[place]
        cell[Layout.Cell.next] = record[Layout.Record.cell]
        cell[Layout.Cell.limit] = UInt32(limit)
        cell[Layout.Cell.windows] = UInt32(clamping: windows)
        layout.set(requests, at: cell + Layout.Cell.requests)
        record[Layout.Record.cell] = UInt32(place + 1)
    }

    /// Calls `body` with limit, requests and windows for each limit that requests of a record were over.
    func forEachCell(of record: Words, _ body: (Int, Double, Int) -> Void) {
        var next = record[Layout.Record.cell]
        while next != 0 {
            let cell = cells[Int(next) - 1]
            body(
                Int(cell[Layout.Cell.limit]), layout.amount(cell + Layout.Cell.requests), Int(cell[Layout.Cell.windows])
            )
            next = cell[Layout.Cell.next]
        }
    }

    /// Adds what `other` counted. `slot` gives where the place of a series' record in this slice is noted.
    func add(_ other: Slice, slot: (Int) -> Words) {
        addSums(of: other)
        for place in 0..<other.records.count {
            let source = other.records[place]
            let series = Int(source[Layout.Record.series])
            add(source, of: other, to: record(of: series, slot(series)))
        }
    }

    private func addSums(of other: Slice) {
        requests += other.requests
        isComplete = isComplete && other.isComplete
        consumers.formUnion(other.consumers)
        for index in limited.indices {
            limited[index] += other.limited[index]
            windows[index] += other.windows[index]
            limitedConsumers[index].formUnion(other.limitedConsumers[index])
        }
    }

    private func add(_ source: Words, of other: Slice, to record: Words) {
        layout.add(layout.amount(source + Layout.Record.requests), at: record + Layout.Record.requests)
        for unit in 0..<layout.units {
            raise(record, unit, to: layout.amount(source + layout.peak(unit)))
        }
        other.forEachCell(of: source) { note(record, limit: $0, requests: $1, windows: $2) }
    }

    /// Makes the peak of a unit at least `count`.
    @inline(__always)
    func raise(_ record: Words, _ unit: Int, to count: Double) {
        let peak = record + layout.peak(unit)
        if count > layout.amount(peak) { layout.set(count, at: peak) }
    }
}

extension Slice {
    /// Keeps the records of the series that `renumbered` has a new number for, with 1 added; 0 stands for none.
    /// - Parameter moved: Gets the new number and the new place of each.
    func filter(_ renumbered: [UInt32], moved: (Int, Int) -> Void) {
        let old = cells
        cells = WordRows(stride: layout.cellWords)
        budget?.used -= old.count
        var kept = 0
        for place in 0..<records.count {
            let record = records[place]
            let number = renumbered[Int(record[Layout.Record.series])]
            guard number != 0 else { continue }
            record[Layout.Record.series] = number - 1
            copyCells(of: record, from: old)
            records.move(place, to: kept)
            moved(Int(number) - 1, kept)
            kept += 1
        }
        records.truncate(to: kept)
    }

    private func copyCells(of record: Words, from old: WordRows) {
        var next = record[Layout.Record.cell]
        record[Layout.Record.cell] = 0
        while next != 0 {
            let cell = old[Int(next) - 1]
            let amount = layout.amount(cell + Layout.Cell.requests)
            let windows = Int(cell[Layout.Cell.windows])
            note(record, limit: Int(cell[Layout.Cell.limit]), requests: amount, windows: windows)
            next = cell[Layout.Cell.next]
        }
    }
}

/// How many cells all slices may have together. A limit so low that every key is over it in every slice must not take all memory.
final class CellBudget {
    private let most: Int
    var used = 0

    init(_ most: Int) { self.most = most }

    func take() -> Bool {
        guard used < most else { return false }
        used += 1
        return true
    }
}
