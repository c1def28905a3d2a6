// The table of all keys, continued: listeners, limits and deadlines.

import Transport
import Bytes
import EnvoyProtocol

extension ConfigurationSection {
    static let server = ConfigurationSection(
        "server", "Who is listened to, and how much of it.",
        [
            ConfigurationKey(
                "server.listen", \.server.dataListeners,
                Codec.dataListener.list(
                    "addresses: host:port, such as 127.0.0.1:9001 or [::1]:9001, or unix:/path; or {address: …, tls: …, "
                        + "mode: …, owner: …, group: …}", counts: 1...64),
                "Where checks come in (gRPC and JSON over HTTP/2, HTTP/1.1). With more to say than the address: tls: true "
                    + "(section tls), and for Unix sockets mode (0660), owner and group, by name or number.",
                example: """
                    - 127.0.0.1:9001
                    - {address: "0.0.0.0:9443", tls: true}
                    - {address: "unix:/run/sessiongate/envoy.sock", mode: "0660", group: envoy}
                    """),
            ConfigurationKey(
                "server.admin", \.server.admin, Codec.listener.orNone("none"),
                "Where /metrics, /healthz, /readyz, /config and /cache/invalidate are. For operators "
                    + "only: never expose it."),
            ConfigurationKey(
                "server.event_loops", \.server.eventLoops, .eventLoops,
                "Threads that answer checks; auto is one for each processor."),
            ConfigurationKey(
                "server.max_connections", \.server.maxConnections, .integer(1...10_000_000),
                "Most connections of all data listeners; more are closed at once."),
            ConfigurationKey(
                "server.max_concurrent_streams", \.server.maxConcurrentStreams, .integer(1...65_536),
                "Most requests at a time on one HTTP/2 connection."),
            ConfigurationKey(
                "server.max_message_size", \.server.maxMessageBytes, .size(4096...64 << 20),
                "Largest CheckRequest: a request's headers, and its body where Envoy forwards it."),
            ConfigurationKey(
                "server.max_header_size", \.server.maxHeaderBytes, .size(1024...1 << 20),
                "Most bytes of one request's own headers, as Envoy or another caller sends them."),
            ConfigurationKey(
                "server.max_backlog_size", \.server.maxBacklogBytes, .size(65_536...1 << 30),
                "Most bytes of requests that one connection may have waiting."),
            ConfigurationKey(
                "server.max_pending_lookups", \.server.maxPendingLookups, .integer(1...65_536),
                "Most rows and cookies that the requests of one connection may wait for; beyond it "
                    + "they fail as overloaded."),
            ConfigurationKey(
                "server.head_timeout", \.server.headDeadline, .milliseconds(100...600_000),
                "From a connection's first moment, or a request's first byte, to the end of the request's head."),
            ConfigurationKey(
                "server.body_timeout", \.server.bodyDeadline, .milliseconds(100...600_000),
                "From a request's head to its end."),
            ConfigurationKey(
                "server.idle_timeout", \.server.idleDeadline, .milliseconds(1000...86_400_000),
                "A connection without requests is closed after this time."),
            ConfigurationKey(
                "server.write_timeout", \.server.writeDeadline, .milliseconds(100...600_000),
                "A connection whose peer does not take its answers is closed after this time."),
            ConfigurationKey(
                "server.lookup_timeout", \.server.lookupDeadline, .milliseconds(10...600_000),
                "A request that waits longer for the store fails, where its caller does not say how "
                    + "long it waits (grpc-timeout)."),
            ConfigurationKey(
                "server.drain_timeout", \.server.drainDeadline, .milliseconds(0...600_000),
                "Requests under way get this long when the server is stopped."),
        ])
}

extension ConfigurationSection {
    static let tls = ConfigurationSection(
        "tls",
        "TLS on the listeners that ask for it. Files that are replaced are taken for new connections within seconds, or at "
            + "once on SIGHUP; files that can't be used are reported, and the old ones stay.",
        [
            ConfigurationKey(
                "tls.certificate", optional: \.server.tls.certificate, .file,
                "PEM file with the server's certificate, then those between it and the root.",
                example: "tls/server.pem"),
            ConfigurationKey(
                "tls.key", optional: \.server.tls.key, .file, "PEM file with its private key.",
                example: "tls/server.key"),
            ConfigurationKey(
                "tls.client_certificates", \.server.tls.clientCertificates, .choice(.none, .optional, .required),
                "Whether callers show certificates: they are not asked, one that is shown must be good, or there is no "
                    + "connection without a good one (mTLS)."),
            ConfigurationKey(
                "tls.client_ca", optional: \.server.tls.clientCA, .file,
                "PEM file with the certificates that callers' certificates must lead to.", example: "tls/clients.pem"),
            ConfigurationKey(
                "tls.client_names", \.server.tls.clientNames,
                Codec.word("a name").list("a list of DNS names and URIs"),
                "Names of which a caller's certificate must have one as a subject alternative name, byte for byte; with "
                    + "none here every certificate of the CA is good.",
                example: "[spiffe://wiki.example/envoy, envoy.wiki.example]"),
            ConfigurationKey(
                "tls.min_version", \.server.tls.minimumVersion, .choice(.tls12, .tls13), "The oldest version spoken."),
        ])

    static let http = ConfigurationSection(
        "http",
        "Other ways to ask than gRPC: Envoy's HTTP mode (/authz/… on the data listeners) and forward auth (/authz).",
        [
            ConfigurationKey(
                "http.trusted_peers", \.server.trustedPeers, .trustedPeers,
                "Proxies that may ask about other people's requests: only they are believed about the original URI, "
                    + "method, scheme and host (forward auth), and about the client's address (X-Forwarded-For, its "
                    + "last entry). unix stands for whoever may connect to a Unix socket.")
        ])
}

extension Codec where Value == TrustedPeers {
    /// Addresses of proxies.
    static var trustedPeers: Codec {
        let expectation = "a list of IP addresses, ranges such as 10.0.0.0/8, and unix"
        let names = Codec<String>.scalar(expectation, { TrustedPeers(names: [$0])?.names[0] }, format: { $0 })
            .list(expectation)
        return Codec(
            expectation: expectation, decode: { names.decode($0, &$1).flatMap { TrustedPeers(names: $0) } },
            encode: { names.encode($0.names) })
    }
}

extension Codec where Value == Int {
    /// A number of event loops, 0 when the machine decides.
    static var eventLoops: Codec {
        let number = Codec.integer(1...1024)
        let optional = number.orNone("auto")
        return Codec(
            expectation: optional.expectation, decode: { optional.decode($0, &$1).map { $0 ?? 0 } },
            encode: { $0 == 0 ? .string("auto") : number.encode($0) })
    }
}
