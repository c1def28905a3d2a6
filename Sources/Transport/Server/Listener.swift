// A data listener: where it is, and who may connect to it how.

/// Where to listen.
public enum ListenerAddress: Sendable, Hashable {
    /// An IP address or host name; port 0 lets the system choose.
    case tcp(host: String, port: Int)
    /// A Unix domain socket. A socket that a process has left behind at this path is replaced.
    case unix(path: String)
}

/// A data listener.
public struct Listener: Sendable, Hashable {
    /// Where it is.
    public var address: ListenerAddress
    /// Whether TLS is spoken.
    public var isTLS = false
    /// Permissions of a Unix socket: those who may write to it may connect.
    public var mode: UInt32 = 0o660
    /// Owner and group of a Unix socket; nil: the process's.
    public var owner: UInt32?, group: UInt32?

    /// A listener without TLS.
    public init(_ address: ListenerAddress) { self.address = address }

    /// A listener on a TCP port, without TLS.
    public static func tcp(host: String, port: Int) -> Listener { Listener(.tcp(host: host, port: port)) }
    /// A listener on a Unix domain socket.
    public static func unix(path: String) -> Listener { Listener(.unix(path: path)) }
}
