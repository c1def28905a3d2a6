// One server: the connections to it, and whether it is asked.
//
// A connection of its own watches each server, so that lookups meet only servers that answered a second ago. What a lookup finds out
// counts at once.

import Dispatch
import Sessions
import Synchronization

/// A server of a farm.
final class MariaDBServer: Sendable {
    private struct State {
        var idle: [MariaDBSession] = []
        var inUse = 0
        var health = ServerHealth()
        var hasToldUnknownLag = false
        var lag: Duration?
        var (queries, failures) = (0, 0)
    }

    /// Its address.
    let address: DatabaseAddress
    private let role: BatchSQL.Role
    private let source: MariaDBSource
    private let watchesLag: Bool
    private let observe: MariaDBDirectory.Observer
    private let state = Mutex(State())
    private let slots: DispatchSemaphore
    private let watch: DispatchQueue

    /// - Parameter watchesLag: Whether it is a replica, which may be behind.
    init(
        _ address: DatabaseAddress, _ role: BatchSQL.Role, _ source: MariaDBSource, watchesLag: Bool,
        observe: @escaping MariaDBDirectory.Observer
    ) {
        self.address = address
        self.role = role
        self.source = source
        self.watchesLag = watchesLag && source.maxLag != nil
        self.observe = observe
        slots = DispatchSemaphore(value: source.connections)
        watch = DispatchQueue(label: "sessiongate.database.\(address.text)")
    }

    /// Whether it is asked, or why not.
    var health: ServerHealth.State { state.withLock { $0.health.state } }
    /// What is known of it.
    func status(isPrimary: Bool) -> DatabaseServerStatus {
        state.withLock { state in
            DatabaseServerStatus(
                address: address.text, isPrimary: isPrimary, isAsked: state.health.state == .up,
                lag: state.lag.map { $0 / .seconds(1) }, queries: state.queries, failures: state.failures)
        }
    }
    /// Connections that are reading.
    var inUse: Int { state.withLock { $0.inUse } }

    /// Runs `body` with a connection.
    ///
    /// - Throws: When there is none, and what `body` throws. The server is not asked any more then, until it answers the watch.
    func read<Result>(_ body: (MariaDBSession) throws(MariaDBError) -> Result) throws(StoreError) -> Result {
        guard slots.wait(timeout: .now() + .milliseconds(source.queryTimeout)) == .success else {
            throw StoreError(.unavailable("all connections are in use"), server: address.text)
        }
        defer { slots.signal() }
        state.withLock { state in
            state.inUse += 1
            state.queries += 1
        }
        defer { state.withLock { $0.inUse -= 1 } }
        do throws(StoreError) {
            if let result = try readIdle(body) { return result }
            return try read(MariaDBSession(address, role, source), body)
        } catch {
            state.withLock { $0.failures += 1 }
            if case .failed = error.kind {} else { fail(error) }
            throw error
        }
    }

    /// Reads by a connection that was used before; nil when there is none, or when the server has closed it meanwhile.
    private func readIdle<Result>(
        _ body: (MariaDBSession) throws(MariaDBError) -> Result
    ) throws(StoreError) -> Result? {
        guard let session = state.withLock({ $0.idle.popLast() }) else { return nil }
        do throws(MariaDBError) {
            let result = try body(session)
            giveBack(session)
            return result
        } catch {
            // The others are of the same time and have the same tables.
            state.withLock { $0.idle.removeAll() }
            guard error.consequence == .lost || error.consequence == .inaccessible else {
                throw error.storeError(address)
            }
            return nil
        }
    }

    private func read<Result>(
        _ session: MariaDBSession, _ body: (MariaDBSession) throws(MariaDBError) -> Result
    ) throws(StoreError) -> Result {
        do throws(MariaDBError) {
            let result = try body(session)
            giveBack(session)
            return result
        } catch { throw error.storeError(address) }
    }

    private func giveBack(_ session: MariaDBSession) {
        state.withLock { state in
            if state.idle.count < source.connections { state.idle.append(session) }
        }
    }

    private func fail(_ error: StoreError) {
        let isNew = state.withLock { state in
            // What is not known to be closed would be found out one timeout at a time.
            state.idle.removeAll()
            return state.health.fail(error, at: .now)
        }
        if isNew { observe(.down(error)) }
    }
}

extension MariaDBServer {
    /// Connects and looks for the first time, and goes on looking from time to time until the server is released.
    ///
    /// - Returns: What was found, for the start; nil when the server can be asked.
    func begin() -> StoreError? {
        let session = look(nil)
        schedule(session)
        guard case .down(let error) = health else { return nil }
        return error
    }

    /// What the database lacks that does not keep it from being used.
    func advice() throws(StoreError) -> [String] {
        try read { session throws(MariaDBError) in try session.advice(source) }
    }

    private func schedule(_ session: MariaDBSession?) {
        let wait = state.withLock { $0.health.wait(jitter: .random(in: 0...1)) }
        let milliseconds = Int(wait / .milliseconds(1))
        watch.asyncAfter(deadline: .now() + .milliseconds(milliseconds)) { [weak self] in
            guard let self else { return }
            schedule(look(session))
        }
    }

    /// Asks whether the server answers, and how far it is behind.
    private func look(_ open: MariaDBSession?) -> MariaDBSession? {
        do throws(StoreError) {
            var opened = open
            if opened == nil { opened = try MariaDBSession(address, role, source) }
            guard let session = opened else { return nil }
            do throws(MariaDBError) {
                try note(watchesLag ? ReplicationLag.read(session, heartbeat: source.heartbeat) : isAlive(session))
            } catch {
                throw error.storeError(address)
            }
            return session
        } catch {
            fail(error)
            return nil
        }
    }

    private func isAlive(_ session: MariaDBSession) throws(MariaDBError) -> ReplicationLag {
        _ = try session.run("SELECT 1")
        return .behind(.zero)
    }

    private func note(_ lag: ReplicationLag) {
        let problem = problem(of: lag)
        let (isNew, isUntold) = state.withLock { state in
            defer { if case .unknown = lag { state.hasToldUnknownLag = true } }
            state.lag = if case .behind(let time) = lag, watchesLag { time } else { nil }
            return (state.health.answer(lag: problem), !state.hasToldUnknownLag)
        }
        if isNew { observe(problem.map { .lagging(server: address.text, $0) } ?? .up(server: address.text)) }
        if case .unknown(let reason) = lag, isUntold { observe(.lagUnknown(server: address.text, reason)) }
    }

    private func problem(of lag: ReplicationLag) -> String? {
        switch lag {
        case .unknown: nil
        case .stopped: "its replication does not run"
        case .behind(let time):
            time > .seconds(source.maxLag ?? .max) ? "it is \(time.components.seconds) s behind its primary" : nil
        }
    }
}
