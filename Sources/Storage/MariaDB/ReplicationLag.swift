// How far a replica is behind its primary.
//
// The replica itself says so to accounts that may ask (REPLICA MONITOR), in whole seconds. pt-heartbeat says so to all that may read
// its table, to the microsecond: it writes the time into the primary's table each second, and the replica has it when it has all that
// was written before.

/// What is known of a replica's lag.
enum ReplicationLag: Equatable {
    /// The account may not ask. The reason in words.
    case unknown(String)
    /// Behind by this much; what has no primary is not behind.
    case behind(Duration)
    /// Replication does not run, so that it falls behind more and more.
    case stopped

    /// Asks a server.
    ///
    /// - Parameter heartbeat: pt-heartbeat's table; nil: the server's own word.
    /// - Throws: When the server can't be asked.
    static func read(_ session: MariaDBSession, heartbeat: String?) throws(MariaDBError) -> ReplicationLag {
        do throws(MariaDBError) {
            if let heartbeat { return try beat(session, heartbeat) }
            return try status(session)
        } catch {
            guard error.consequence == .inaccessible else { throw error }
            return .unknown(error.message)
        }
    }

    private static func beat(_ session: MariaDBSession, _ table: String) throws(MariaDBError) -> ReplicationLag {
        let name = table.split(separator: ".").map { "`\($0)`" }.joined(separator: ".")
        let query = "SELECT TIMESTAMPDIFF(MICROSECOND, MAX(ts), UTC_TIMESTAMP(6)) FROM \(name)"
        guard let row = try session.run(query).rows.first, !row.isNull(0) else { return .stopped }
        // The clocks of two machines differ a little.
        return .behind(.microseconds(max(0, row.integer(0))))
    }

    /// One row for each server that is followed.
    private static func status(_ session: MariaDBSession) throws(MariaDBError) -> ReplicationLag {
        let result = try session.run("SHOW ALL SLAVES STATUS")
        guard let column = result.columns.firstIndex(of: "Seconds_Behind_Master") else { return .behind(.zero) }
        if result.rows.contains(where: { $0.isNull(column) }) { return .stopped }
        return .behind(.seconds(result.rows.map { $0.integer(column) }.max() ?? 0))
    }
}
