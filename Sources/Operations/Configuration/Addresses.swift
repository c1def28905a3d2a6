// Addresses of listeners.

import Transport
import Wire

extension Codec where Value == ListenerAddress {
    /// An address to listen on.
    static var listener: Codec {
        scalar(
            "host:port, such as 127.0.0.1:9001 or [::1]:9001, or unix:/path", { ListenerAddress(parsing: $0) },
            format: \.text)
    }
}

extension ListenerAddress {
    /// `host:port` or `unix:/path`; port 0 lets the system choose one.
    init?(parsing text: String) {
        if text.hasPrefix("unix:") {
            let path = String(text.dropFirst(5))
            // sockaddr_un has room for 107 bytes.
            guard path.hasPrefix("/"), path.utf8.count <= 107 else { return nil }
            self = .unix(path: path)
            return
        }
        guard let colon = text.lastIndex(of: ":"), let port = Self.port(text[text.index(after: colon)...]) else {
            return nil
        }
        guard let (host, none) = authority(String(text[..<colon])), none == nil else { return nil }
        self = .tcp(host: host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host, port: port)
    }

    private static func port(_ digits: Substring) -> Int? {
        guard (1...5).contains(digits.utf8.count), digits.utf8.allSatisfy(ASCII.isDigit) else { return nil }
        return Int(digits).flatMap { $0 <= 65_535 ? $0 : nil }
    }

    /// The address as it is written in the configuration.
    public var text: String {
        switch self {
        case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unix(let path): "unix:\(path)"
        }
    }
}

extension Reading {
    /// Two listeners can't share an address, and a request must fit into what may wait.
    mutating func checkServer() {
        var seen: Set<String> = []
        for address in configuration.server.dataListeners.map(\.text) where !seen.insert(address).inserted {
            add("server.listen", "\(address) is given twice", expected: "each address once")
        }
        if let admin = configuration.server.admin?.text, seen.contains(admin), !admin.hasSuffix(":0") {
            add("server.admin", "\(admin) is a data listener already", expected: "an address of its own")
        }
        if configuration.server.maxBacklogBytes < configuration.server.maxMessageBytes {
            add(
                "server.max_backlog_size", "smaller than server.max_message_size",
                expected: "at least server.max_message_size")
        }
    }
}
