// Changes of database servers in the words of the log.

import Logging
import Storage

extension MariaDBDirectory.Change {
    /// How much an operator should care.
    var level: Logger.Level {
        switch self {
        case .up: .notice
        case .lagging, .lagUnknown: .warning
        case .down: .error
        }
    }

    /// One sentence.
    var text: String {
        switch self {
        case .up(let server): "\(server) can be asked again"
        case .lagging(let server, let reason): "\(server) is not asked: \(reason)"
        case .down(let error): "not asked until it answers: \(error)"
        case .lagUnknown(let server, let reason):
            "\(server): its lag is unknown, so that it is asked however far it is behind: \(reason); grant REPLICA MONITOR, or set "
                + "store.mariadb.heartbeat, or store.mariadb.max_lag: none"
        }
    }
}
