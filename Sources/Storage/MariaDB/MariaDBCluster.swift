// Servers with the same rows: replicas that lookups are spread over, and the primary that they follow.

import Dispatch
import Sessions
import Synchronization

/// A primary and its replicas.
final class MariaDBCluster: Sendable {
    private let replicas: [MariaDBServer]
    private let primary: MariaDBServer?
    private let budget: Mutex<QueryBudget>

    init(
        _ servers: MariaDBSource.Servers, _ role: BatchSQL.Role, _ source: MariaDBSource,
        observe: @escaping MariaDBDirectory.Observer
    ) {
        replicas = servers.replicas.map { MariaDBServer($0, role, source, watchesLag: true, observe: observe) }
        primary = servers.primary.map { MariaDBServer($0, role, source, watchesLag: false, observe: observe) }
        budget = Mutex(QueryBudget(perSecond: source.primaryRate, now: .now))
    }

    /// What is known of each server.
    var statuses: [DatabaseServerStatus] {
        replicas.map { $0.status(isPrimary: false) } + [primary?.status(isPrimary: true)].compactMap(\.self)
    }
    /// Whether there is a primary.
    var hasPrimary: Bool { primary != nil }

    /// Connects to all servers, at the same time.
    ///
    /// - Parameter toleratesOutage: Whether to go on without a server that answers, as long as none of them has an error that
    ///   waiting would not mend; and with such an error of one, as long as another can be asked.
    /// - Throws: When no server can be asked, or one of them can't be read.
    func begin(toleratesOutage: Bool) throws(StoreError) {
        let servers = replicas + [primary].compactMap(\.self)
        let found = Mutex<[StoreError?]>(Array(repeating: nil, count: servers.count))
        DispatchQueue.concurrentPerform(iterations: servers.count) { index in
            let error = servers[index].begin()
            found.withLock { $0[index] = error }
        }
        let errors = found.withLock { $0 }
        let isOut = errors.prefix(replicas.count).allSatisfy { $0 != nil }
        let known = errors.compactMap(\.self)
        if isOut || !toleratesOutage, let error = known.first(where: \.isLasting) { throw error }
        if isOut, !toleratesOutage, let error = known.first { throw error }
    }

    /// What the database lacks that does not keep it from being used; nothing while no server answers.
    func advice() -> [String] {
        for replica in replicas where replica.health == .up {
            if let advice = try? replica.advice() { return advice }
        }
        return []
    }

    /// Reads from a replica, or from another one when it fails. When none is asked, the primary is, as often as it may be.
    ///
    /// - Throws: When none answers.
    func read<Result>(_ body: (MariaDBSession) throws(MariaDBError) -> Result) throws(StoreError) -> Result {
        var failure: StoreError?
        // A third would make one lookup wait for a third timeout.
        for _ in 0..<2 {
            guard let server = choose() else { break }
            do {
                return try server.read(body)
            } catch { failure = error }
        }
        if let result = readPrimary(body) { return result }
        throw failure ?? problem
    }

    /// Reads from the primary; nil when there is none, when it was asked too often already, and when it does not answer.
    func readPrimary<Result>(_ body: (MariaDBSession) throws(MariaDBError) -> Result) -> Result? {
        guard let primary, primary.health == .up, budget.withLock({ $0.take(at: .now) }) else { return nil }
        return try? primary.read(body)
    }

    /// The replica with the fewest lookups under way; of several any.
    private func choose() -> MariaDBServer? {
        let ready = replicas.filter { $0.health == .up }.map { (server: $0, inUse: $0.inUse) }
        let fewest = ready.map(\.inUse).min()
        return ready.filter { $0.inUse == fewest }.randomElement()?.server
    }

    /// Why no replica is asked.
    private var problem: StoreError {
        let reasons = replicas.map { replica in
            switch replica.health {
            case .down(let error): "\(error)"
            case .lagging(let reason): "\(replica.address.text): \(reason)"
            case .up: "\(replica.address.text): just recovered"
            }
        }
        return StoreError(.unavailable(reasons.joined(separator: "; ")))
    }
}

/// How many queries the primary may still get: a second's worth at once, and filled up evenly.
package struct QueryBudget: ~Copyable {
    private let perSecond: Double
    private var left: Double
    private var filled: ContinuousClock.Instant

    /// A full budget.
    package init(perSecond: Int, now: ContinuousClock.Instant) {
        self.perSecond = Double(perSecond)
        left = self.perSecond
        filled = now
    }

    /// Takes one; false when there is none.
    package mutating func take(at now: ContinuousClock.Instant) -> Bool {
        left = min(perSecond, left + (now - filled) / .seconds(1) * perSecond)
        filled = now
        guard left >= 1 else { return false }
        left -= 1
        return true
    }
}

extension StoreError {
    /// Whether waiting would not mend it: another table, another right, another account.
    fileprivate var isLasting: Bool {
        switch kind {
        case .missingTable, .missingColumn, .denied, .unusablePrefix, .inaccessible: true
        case .unavailable, .busy, .timedOut, .failed: false
        }
    }
}
