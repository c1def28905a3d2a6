// Where an admin listener is, and the files with which it is asked over TLS.

import Service
import Transport

/// An admin listener, as it is reached.
public struct AdminEndpoint: Sendable {
    /// Its address.
    public let address: ListenerAddress
    /// Whether it speaks TLS.
    public let isTLS: Bool
    /// What ``init(parsing:)`` expects.
    public static var expectation: String { "host:port, http://host:port, https://host:port or unix:/path" }

    /// The listener at `address`.
    public init(_ address: ListenerAddress, isTLS: Bool) {
        self.address = address
        self.isTLS = isTLS
    }

    /// `host:port`, `http://host:port`, `https://host:port` or `unix:/path`; nil for anything else.
    public init?(parsing text: String) {
        let scheme = ["http://", "https://"].first { text.hasPrefix($0) }
        var rest = text.dropFirst(scheme?.count ?? 0)
        if rest.hasSuffix("/"), !rest.hasPrefix("unix:") { rest = rest.dropLast() }
        guard let address = ListenerAddress(parsing: String(rest)) else { return nil }
        if case .unix = address, scheme != nil { return nil }
        self.init(address, isTLS: scheme == "https://")
    }

    /// How it is called: with its scheme where that is not HTTP.
    public var text: String { isTLS ? "https://\(address.text)" : address.text }

    /// The name or address that is connected to.
    var host: String {
        switch address {
        case .tcp(let host, _): host
        case .unix: "localhost"
        }
    }

    /// The Host field of requests to it.
    var authority: String {
        switch address {
        case .tcp: address.text
        case .unix: "localhost"
        }
    }
}

/// What TLS to an admin listener takes: PEM files, all of them optional.
public struct AdminTLS: Sendable {
    /// CAs that sign servers' certificates; nil: those of the system.
    public var authority: String?
    /// The client's own certificate, and its key.
    public var certificate: String?, key: String?
    /// The name that the server's certificate must have; nil: the one that is connected to.
    public var serverName: String?

    /// No files.
    public init() {}

    /// Whether nothing is given.
    public var isEmpty: Bool { authority == nil && certificate == nil && key == nil && serverName == nil }
}
