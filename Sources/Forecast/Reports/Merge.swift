// Reports of several instances put together.
//
// Numbers of keys and consumers are those of the union, requests are sums. A key that one instance alone saw is as exact as it was
// there. What several instances saw of one key in the same window can't be told from their sums: its peak lies between the largest of
// theirs and their sum, which is what is reported, and over a limit it has at least what it had at each of them. Decision logs of all
// instances, read together, give exact numbers in that case too.

import Bytes

/// Adds up the states of instances.
package struct ForecastMerge {
    /// Why states can't be added up.
    package struct Mismatch: Error, CustomStringConvertible {
        package let description: String
    }

    private var policies: [ForecastPolicy]?
    private var groups: [MergedGroup] = []
    private let consumers = TextTable()
    private var clients = CookieSet()
    private var isWhole = true
    private var from = Int64.max, to = Int64.min

    /// Nothing added yet.
    package init() {}

    /// Adds the state of an instance.
    /// - Throws: ``Mismatch`` when it is no state, or when the instance has other policies than those before it.
    package mutating func add(_ state: [UInt8]) throws(Mismatch) {
        let limits = JSON.Limits(bytes: 512 << 20, depth: 16, values: 50_000_000)
        guard let json = try? JSON(parsing: state, limits: limits),
            json["state"]?.integerValue == ForecastTotals.stateVersion
        else { throw Mismatch(description: "it is no state of a forecast that this version reads") }
        try adopt(ForecastPolicy.policies(json["policies"]))
        guard let names = json["consumers"]?.elements?.compactMap(\.stringValue),
            let cookies = CookieSet(json["cookies"]),
            let parts = json["groups"]?.elements, parts.count == groups.count,
            let from = json["from"]?.integerValue, let to = json["to"]?.integerValue
        else { throw Self.malformed }
        let numbers = names.map { name in Array(name.utf8).withBytes { consumers.findOrInsert($0) } }
        for (index, part) in parts.enumerated() {
            guard groups[index].add(part, consumers: numbers) else { throw Self.malformed }
        }
        clients.formUnion(cookies)
        isWhole = isWhole && json["whole"]?.boolValue ?? false
        (self.from, self.to) = (min(self.from, from), max(self.to, to))
    }

    private mutating func adopt(_ found: [ForecastPolicy]?) throws(Mismatch) {
        guard let found else { throw Self.malformed }
        if policies == nil {
            policies = found
            groups = ClassGroup.all(of: found).map(MergedGroup.init)
        }
        guard policies == found else {
            throw Mismatch(description: "it has other policies than the instances before it")
        }
    }

    private static let malformed = Mismatch(description: "the state is malformed")

    /// The sums of all that was added.
    package var totals: ForecastTotals {
        ForecastTotals(
            policies: policies ?? [], from: from, to: to, consumers: consumers, isWhole: isWhole, clients: clients
        ) { [groups] body in
            for group in groups { body(group.totals) }
        }
    }
}

/// A group's sums over several instances.
private struct MergedGroup {
    private let group: ClassGroup
    private let keys = TextTable()
    private let sum: Slice
    private var sampling = Sampling()
    private var slots: [UInt32] = []
    private var requests: [Double] = []
    private var consumerOf: [Int] = []
    private var isShared = false

    init(_ group: ClassGroup) {
        self.group = group
        let layout = Layout(units: group.units.count, isWide: true)
        sum = Slice(start: 0, layout: layout, limits: group.limits.count)
    }

    var totals: GroupTotals {
        GroupTotals(group, keys, sum, sampling, isShared: isShared) { (requests[$0], consumerOf[$0]) }
    }

    /// Adds a group of a state; false when it is malformed.
    /// - Parameter consumers: The numbers here of the state's consumers.
    mutating func add(_ json: JSON, consumers: [Int]) -> Bool {
        guard let level = json["level"]?.integerValue, let threshold = json["threshold"]?.doubleValue,
            let total = json["requests"]?.doubleValue, let limited = json["limited"]?.doubles,
            let windows = json["windows"]?.integers, let active = json["active"]?.integers,
            let over = json["over"]?.elements?.map({ $0.integers ?? [] }), let entries = json["keys"]?.elements,
            (0...63).contains(level), JSON.counts.contains(threshold), JSON.counts.contains(total),
            limited.count == group.limits.count, windows.count == limited.count,
            over.count == limited.count, (over + [active]).allSatisfy({ $0.allSatisfy(consumers.indices.contains) })
        else { return false }
        sampling = sampling.union(Sampling(level: Int(level), threshold: threshold))
        sum.requests += total
        sum.isComplete = sum.isComplete && json["complete"]?.boolValue ?? false
        for number in active { sum.consumers.insert(consumers[number]) }
        for index in limited.indices {
            sum.limited[index] += limited[index]
            sum.windows[index] += windows[index]
            for number in over[index] { sum.limitedConsumers[index].insert(consumers[number]) }
        }
        return entries.allSatisfy { add(key: $0, consumers) }
    }

    private mutating func add(key json: JSON, _ consumers: [Int]) -> Bool {
        guard let parts = json.elements, parts.count == 6, let key = parts[0].stringValue,
            let consumer = parts[1].integerValue, consumer < consumers.count, let own = parts[2].doubleValue,
            JSON.counts.contains(own), let total = parts[3].doubleValue, JSON.counts.contains(total),
            let peaks = parts[4].doubles, peaks.count == group.units.count,
            let cells = parts[5].elements?.map({ $0.doubles ?? [] }),
            cells.allSatisfy({ $0.count == 3 && $0[0] >= 0 && $0[0] < Double(group.limits.count) })
        else { return false }
        let index = series(of: key)
        requests[index] += total
        if consumer >= 0 { consumerOf[index] = consumers[Int(consumer)] }
        let (sum, layout) = (sum, sum.layout)
        let record = withUnsafeMutablePointer(to: &slots[index]) { sum.record(of: index, $0) }
        layout.add(own, at: record + Layout.Record.requests)
        for (unit, peak) in peaks.enumerated() { layout.add(peak, at: record + layout.peak(unit)) }
        for cell in cells { sum.note(record, limit: Int(cell[0]), requests: cell[1], windows: Int(cell[2])) }
        return true
    }

    private mutating func series(of key: String) -> Int {
        Array(key.utf8).withBytes { text in
            if let known = keys.find(text) {
                isShared = true
                return known
            }
            slots.append(0)
            requests.append(0)
            consumerOf.append(-1)
            return keys.insert(text)
        }
    }
}

extension JSON {
    /// What a count of requests may be. Another host says it: its sums must fit into whole numbers.
    fileprivate static let counts = 0.0...1e15

    fileprivate var doubles: [Double]? {
        guard let values = elements?.compactMap(\.doubleValue), values.count == elements?.count,
            values.allSatisfy(Self.counts.contains)
        else { return nil }
        return values
    }

    fileprivate var integers: [Int]? {
        guard let values = elements?.compactMap(\.integerValue), values.count == elements?.count,
            values.allSatisfy({ (0...Int64(1) << 50).contains($0) })
        else { return nil }
        return values.map { Int($0) }
    }
}

extension ForecastPolicy {
    /// Policies as a state has them; nil when they are malformed.
    fileprivate static func policies(_ json: JSON?) -> [ForecastPolicy]? {
        guard let members = json?.members else { return nil }
        let policies = members.map { member in
            var policy = ForecastPolicy(name: member.name, limits: [:])
            for entry in member.value["limits"]?.members ?? [] {
                let units = (entry.value.members ?? []).compactMap { unit in
                    LimitUnit(rawValue: unit.name).flatMap { name in
                        unit.value.integerValue.map { (name, Int($0)) }
                    }
                }
                policy.limits[entry.name] = Dictionary(units) { first, _ in first }
            }
            return policy
        }
        return policies.isEmpty ? nil : policies
    }
}
