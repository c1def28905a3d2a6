// Where a database server listens.

/// The address of a database server.
public enum DatabaseAddress: Hashable, Sendable {
    /// A host, by name or number, and its port.
    case tcp(host: String, port: Int)
    /// A Unix socket on this machine.
    case unix(path: String)

    /// The address as it is written in the configuration.
    public var text: String {
        switch self {
        case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unix(let path): "unix:\(path)"
        }
    }
}
