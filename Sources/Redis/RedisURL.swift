// Where Redis is, as the provisional registrations of `redis` and `rediss` at IANA and Redis's own tools write it.
//
//     redis://host:6379/0        rediss://user@host:6380/0        unix:/run/redis/redis.sock
//     redis+sentinel://host:26379,host2:26379/name/0              rediss+sentinel://…

import Bytes

/// The place of a Redis server, or of the Sentinels that know it.
public struct RedisURL: Sendable, Equatable {
    /// A host and its port.
    public struct Host: Sendable, Hashable {
        /// A name or an IP address without brackets.
        public var name: String
        /// The port.
        public var port: Int

        /// A host and its port.
        public init(name: String, port: Int) {
            self.name = name
            self.port = port
        }

        /// `host:port`.
        public var text: String { name.contains(":") ? "[\(name)]:\(port)" : "\(name):\(port)" }
    }

    /// The kinds of places.
    public enum Place: Sendable, Equatable {
        /// A server.
        case tcp(Host)
        /// A Unix socket.
        case unix(path: String)
        /// Sentinels, and the name under which they know the server.
        case sentinels([Host], name: String)
    }

    /// The place.
    public let place: Place
    /// Whether TLS is spoken, with Sentinels too.
    public let isTLS: Bool
    /// The user (ACL) that the password belongs to; nil: the default user.
    public let user: String?
    /// The database.
    public let database: Int
    /// The URL as it was written. There is no secret in it.
    public let text: String

    private static let schemes: [(prefix: String, isTLS: Bool, isSentinel: Bool)] = [
        ("redis://", false, false), ("rediss://", true, false), ("redis+sentinel://", false, true),
        ("rediss+sentinel://", true, true),
    ]

    /// Reads a URL; nil when it is none, and when there is a password in it, which belongs into a file of its own.
    public init?(_ text: String) {
        self.text = text
        if text.hasPrefix("unix:") {
            let path = String(text.dropFirst(5))
            // sockaddr_un has room for 107 bytes.
            guard path.hasPrefix("/"), path.utf8.count <= 107, !path.hasPrefix("//") else { return nil }
            (place, isTLS, user, database) = (.unix(path: path), false, nil, 0)
            return
        }
        guard let scheme = Self.schemes.first(where: { text.hasPrefix($0.prefix) }) else { return nil }
        var rest = text.dropFirst(scheme.prefix.count)
        if let at = rest.firstIndex(of: "@") {
            let user = String(rest[..<at])
            guard !user.isEmpty, user.utf8.allSatisfy({ ASCII.isAlphanumeric($0) || "-_.".utf8.contains($0) }) else {
                return nil
            }
            self.user = user
            rest = rest[rest.index(after: at)...]
        } else {
            user = nil
        }
        var parts = rest.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        let names = parts.removeFirst()
        let hosts = names.split(separator: ",", omittingEmptySubsequences: false).map {
            Self.host(String($0), defaultPort: scheme.isSentinel ? 26379 : 6379)
        }
        let known = hosts.compactMap(\.self)
        guard known.count == hosts.count, (1...16).contains(known.count) else { return nil }
        if scheme.isSentinel {
            guard let name = parts.first, Self.isName(name) else { return nil }
            parts.removeFirst()
            place = .sentinels(known, name: name)
        } else {
            guard known.count == 1 else { return nil }
            place = .tcp(known[0])
        }
        isTLS = scheme.isTLS
        let database = parts.first.map { $0.isEmpty ? 0 : Int($0) ?? -1 } ?? 0
        guard parts.count <= 1, (0...65_535).contains(database) else { return nil }
        self.database = database
    }

    /// Whether all of it stays on this machine.
    public var isLocal: Bool {
        switch place {
        case .unix: true
        case .tcp(let host): isLoopback(host: host.name)
        case .sentinels(let hosts, _): hosts.allSatisfy { isLoopback(host: $0.name) }
        }
    }

    private static func isName(_ text: String) -> Bool {
        (1...128).contains(text.utf8.count)
            && text.utf8.allSatisfy { ASCII.isAlphanumeric($0) || "-_.".utf8.contains($0) }
    }

    private static func host(_ text: String, defaultPort: Int) -> Host? {
        guard let (name, port) = authority(text) else { return nil }
        let bare = name.hasPrefix("[") ? String(name.dropFirst().dropLast()) : name
        return Host(name: bare, port: port ?? defaultPort)
    }
}
