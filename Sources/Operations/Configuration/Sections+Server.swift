// The table of all keys, continued: listeners, limits and deadlines.

import Transport
import Wire

extension ConfigurationSection {
    static let server = ConfigurationSection(
        "server", "Who is listened to, and how much of it.",
        [
            ConfigurationKey(
                "server.listen", \.server.dataListeners,
                Codec.listener.list(
                    "addresses: host:port, such as 127.0.0.1:9001 or [::1]:9001, or unix:/path", counts: 1...64),
                "Where checks come in (gRPC and JSON over cleartext HTTP/2, HTTP/1.1)."),
            ConfigurationKey(
                "server.admin", \.server.admin, Codec.listener.orNone("none"),
                "Where /metrics, /healthz, /readyz, /config and /cache/invalidate are. For operators "
                    + "only: never expose it."),
            ConfigurationKey(
                "server.event_loops", \.server.eventLoops, .eventLoops,
                "Threads that answer checks; auto is one for each processor."),
        ])
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
