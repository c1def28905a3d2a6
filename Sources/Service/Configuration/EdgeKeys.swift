// What the edge is told: one table, for the section `edge` and for each of `edge.profiles`.

import Bytes
import Sessions

/// A key of `edge` that a profile may have too.
struct EdgeKey: Sendable {
    /// Its name within `edge`, or within a profile.
    let name: String
    /// As a key of `edge`.
    let configurationKey: ConfigurationKey
    /// Reads the value of a profile's key, which is at the path in the second parameter.
    let read: @Sendable (SourceValue, String, inout EdgeSettings, inout [Mismatch]) -> Void
    /// The value of a profile's key.
    let write: @Sendable (EdgeSettings) -> JSON

    private init<Value: Sendable>(
        _ name: String, _ part: any WritableKeyPath<EdgeSettings, Value> & Sendable, _ codec: Codec<Value>,
        _ documentation: String
    ) {
        self.name = name
        configurationKey = ConfigurationKey("edge.\(name)", \.settings.edge, part, codec, documentation)
        read = { source, path, edge, mismatches in
            guard let value = codec.decode(source, part: path, &mismatches) else { return }
            edge[keyPath: part] = value
        }
        write = { codec.encode($0[keyPath: part]) }
    }

    static let all = [
        EdgeKey(
            "user_id_header", \.userIDHeader, Codec.headerName.orNone("none"),
            "Header with the central user id."),
        EdgeKey(
            "subject_header", \.subjectHeader, Codec.headerName.orNone("none"),
            "Header with the JWT subject, such as mw:local:enwiki:7."),
        EdgeKey(
            "consumer_header", \.consumerHeader, Codec.headerName.orNone("none"),
            "Header with the consumer key."),
        EdgeKey(
            "class_header", \.classHeader, Codec.headerName.orNone("none"),
            "Header with the rate limit class."),
        EdgeKey(
            "type_header", \.typeHeader, Codec.headerName.orNone("none"),
            "Header with the session type, such as oauth1."),
        EdgeKey(
            "rate_limit_key_header", \.rateLimitKeyHeader, Codec.headerName.orNone("none"),
            "Header with the key that rate limit rules count on, such as jwt-sub:mw:local:enwiki:7."),
        EdgeKey(
            "inject_cookie", \.injectCookie, .boolean,
            "Put the session JWT into the request's cookie header, so that a filter behind Sessiongate sees it "
                + "on a client's first request."),
        EdgeKey(
            "limit_all", \.limitsAll, .boolean,
            "Tell a key and a class of every request that is to be limited, anonymous ones too: section limits. OPTIONS "
                + "requests have none, nor requests without trust.client_address_header. The profile gateway does so."),
        EdgeKey(
            "mark_private", \.markPrivate, .choice(.always, .whenAbsent, .never),
            "Cache-Control of a response with our Set-Cookie, so that no shared cache hands the cookie to "
                + "others. always: private, no-store replaces what the upstream says. when_absent: private is "
                + "added if the upstream says nothing. never: it is left alone."),
    ]
}
