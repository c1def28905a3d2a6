// The table of all keys, continued: listeners, limits and timeouts, TLS, HTTP modes.

import Transport
import Bytes
import EnvoyProtocol

extension ConfigurationSection {
    static let server = ConfigurationSection(
        "server",
        "Listeners, and the limits and timeouts of connections and requests.",
        [
            ConfigurationKey(
                "server.listen", \.server.dataListeners,
                Codec.dataListener.list(
                    "addresses: host:port, such as 127.0.0.1:9001 or [::1]:9001, or unix:/path; or {address: …, tls: …, "
                        + "mode: …, owner: …, group: …}", counts: 1...64),
                "Addresses that checks come in on: gRPC and JSON over HTTP/2, and HTTP/1.1. The long form adds tls: "
                    + "true (section tls) and, for a Unix socket, its mode (0660), owner and group, by name or "
                    + "number.",
                example: """
                    - 127.0.0.1:9001
                    - {address: "0.0.0.0:9443", tls: true}
                    - {address: "unix:/run/sessiongate/envoy.sock", mode: "0660", group: envoy}
                    """),
            ConfigurationKey(
                "server.admin", \.server.admin, Codec.listener.orNone("none"),
                "Address of the pages for operators: /metrics, /healthz, /readyz, /config and others. One that other machines "
                    + "reach needs server.admin_token_file, or server.admin_tls with tls.client_certificates: required."
            ),
            ConfigurationKey(
                "server.admin_token_file", optional: \.adminTokenFile, .file,
                "A file with a token of at least 16 characters. Every request to server.admin must have it then "
                    + "(Authorization: Bearer …) but for /healthz and /readyz.",
                example: "keys/admin-token"),
            ConfigurationKey(
                "server.admin_tls", \.server.isAdminTLS, .boolean,
                "Speak TLS on server.admin, by the settings of section tls."),
            ConfigurationKey(
                "server.share_listeners", \.server.sharesListeners, .boolean,
                "Another process may listen on the same addresses at the same time (SO_REUSEPORT), so that a new one starts "
                    + "before the old one ends. It must run as the same user. A Unix socket becomes the new process's."),
            ConfigurationKey(
                "server.event_loops", \.server.eventLoops, .threads,
                "Threads that answer checks. auto: one for each processor."),
            ConfigurationKey(
                "server.max_connections", \.server.maxConnections, .integer(1...10_000_000),
                "Most open connections of all data listeners together. Further ones are closed at once."),
            ConfigurationKey(
                "server.max_concurrent_streams", \.server.maxConcurrentStreams, .integer(1...65_536),
                "Most requests at a time on one HTTP/2 connection."),
            ConfigurationKey(
                "server.max_message_size", \.server.maxMessageBytes, .size(4096...64 << 20),
                "Largest CheckRequest: it holds a request's headers and, where Envoy forwards it, the body."),
            ConfigurationKey(
                "server.max_header_size", \.server.maxHeaderBytes, .size(1024...1 << 20),
                "Most bytes in the headers of a request to Sessiongate itself."),
            ConfigurationKey(
                "server.max_backlog_size", \.server.maxBacklogBytes, .size(65_536...1 << 30),
                "Most bytes of requests that may wait on one connection."),
            ConfigurationKey(
                "server.max_pending_lookups", \.server.maxPendingLookups, .integer(1...65_536),
                "Most lookups of rows and cookies that the requests of one connection may wait for. Further requests "
                    + "fail as overloaded."),
            ConfigurationKey(
                "server.head_timeout", \.server.headDeadline, .milliseconds(100...600_000),
                "Time for a request's headers to arrive, from the connection's start or the request's first byte."),
            ConfigurationKey(
                "server.body_timeout", \.server.bodyDeadline, .milliseconds(100...600_000),
                "Time for a request's body to arrive, from the end of its headers."),
            ConfigurationKey(
                "server.idle_timeout", \.server.idleDeadline, .milliseconds(1000...86_400_000),
                "A connection without requests is closed after this time."),
            ConfigurationKey(
                "server.write_timeout", \.server.writeDeadline, .milliseconds(100...600_000),
                "A connection is closed when its peer reads no answers for this time."),
            ConfigurationKey(
                "server.lookup_timeout", \.server.lookupDeadline, .milliseconds(10...600_000),
                "A request fails when the store takes longer than this. The caller's own deadline (grpc-timeout) "
                    + "replaces it."),
            ConfigurationKey(
                "server.drain_delay", \.server.drainDelay, .milliseconds(0...600_000),
                "When the server is told to stop, it says so for this time and serves as before: /readyz answers 503 and "
                    + "gRPC's health service NOT_SERVING, so that proxies and load balancers go elsewhere first. As long as "
                    + "they take to notice."),
            ConfigurationKey(
                "server.drain_timeout", \.server.drainDeadline, .milliseconds(0...600_000),
                "When the server stops, requests under way have this time to finish."),
        ]
    ).fixedAtStart
}

extension ConfigurationSection {
    static let tls = ConfigurationSection(
        "tls",
        "TLS on the listeners that set tls: true. Replaced files are used for new connections within seconds, or at "
            + "once on SIGHUP. Files that can't be used are reported in the log, and the old ones stay in use.",
        [
            ConfigurationKey(
                "tls.certificate", optional: \.server.tls.certificate, .file,
                "PEM file with the server's certificate, followed by the intermediate certificates.",
                example: "tls/server.pem"),
            ConfigurationKey(
                "tls.key", optional: \.server.tls.key, .file,
                "PEM file with the private key of tls.certificate.",
                example: "tls/server.key"),
            ConfigurationKey(
                "tls.client_certificates", \.server.tls.clientCertificates, .choice(.none, .optional, .required),
                "none: callers are not asked for a certificate. optional: a certificate that is shown must be valid. "
                    + "required: there is no connection without a valid one (mTLS)."),
            ConfigurationKey(
                "tls.client_ca", optional: \.server.tls.clientCA, .file,
                "PEM file with the CA certificates that issue callers' certificates.", example: "tls/clients.pem"),
            ConfigurationKey(
                "tls.client_names", \.server.tls.clientNames,
                Codec.word("a name").list("a list of DNS names and URIs"),
                "A caller's certificate must have one of these as a subject alternative name, byte for byte. An "
                    + "empty list accepts every certificate of the CA.",
                example: "[spiffe://wiki.example/envoy, envoy.wiki.example]"),
            ConfigurationKey(
                "tls.min_version", \.server.tls.minimumVersion, .choice(.tls12, .tls13),
                "The oldest TLS version that is accepted."),
        ]
    ).fixedAtStart

    static let http = ConfigurationSection(
        "http",
        "Other ways to ask than gRPC: Envoy's HTTP mode (/authz/… on the data listeners) and forward auth (/authz).",
        [
            ConfigurationKey(
                "http.trusted_peers", \.server.trustedPeers, .trustedPeers,
                "Proxies that may ask about their clients' requests. Only they are believed about the original URI, "
                    + "method, scheme and host (forward auth) and about the client's address (the last entry of "
                    + "X-Forwarded-For). unix stands for every process that may connect to a Unix socket.")
        ]
    ).fixedAtStart
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
    /// A number of threads; 0 stands for one per processor.
    static var threads: Codec {
        let number = Codec.integer(1...1024)
        let optional = number.orNone("auto")
        return Codec(
            expectation: optional.expectation, decode: { optional.decode($0, &$1).map { $0 ?? 0 } },
            encode: { $0 == 0 ? .string("auto") : number.encode($0) })
    }
}
