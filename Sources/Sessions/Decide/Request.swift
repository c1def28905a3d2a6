// A request as decisions see it: views of what a proxy told about it, whichever protocol told it.

import Bytes

/// One HTTP request of a client. Its parts are views, valid while the message that they were read from is.
///
/// Absent texts are empty, or nil where absent and empty differ.
public struct Request {
    /// The proxy's id of the question: a retry of it has the same. Envoy's is a number of its own.
    public var id = Bytes.empty
    /// The `x-request-id` header, by which logs are joined. Where clients may write it, it proves nothing.
    public var requestID: Bytes?
    /// The `traceparent` header: the trace that the request belongs to.
    public var traceParent: Bytes?
    /// The method, as sent.
    public var method = Bytes.empty
    /// The target: path and query as received, not decoded.
    public var target = Bytes.empty
    /// The authority that the client addressed (`Host`, `:authority`).
    public var host = Bytes.empty
    /// `http` or `https`, as the proxy saw it.
    public var scheme = Bytes.empty
    /// The body, as far as it was forwarded.
    public var body = Bytes.empty
    /// Bytes of the whole body as the proxy counts them; −1 when it does not know.
    public var bodySize: Int64 = 0
    /// The address that the connection to the proxy came from, as text.
    public var sourceAddress = Bytes.empty
    /// Whether the connection came from an IP address; false for a Unix socket or one inside the proxy.
    public var hasSourceIP = false

    /// The `authorization` header; several are joined with `,`.
    public var authorization: Bytes?
    /// The `cookie` header; several are joined with `; `.
    public var cookie: Bytes?
    /// The `content-type` header.
    public var contentType: Bytes?
    /// The `content-length` header.
    public var contentLength: Bytes?
    /// The `x-forwarded-proto` header.
    public var forwardedProto: Bytes?
    /// The `x-forwarded-host` header.
    public var forwardedHost: Bytes?
    /// The `x-envoy-auth-partial-body` header: `true` when the proxy cut the body off.
    public var partialBody: Bytes?
    /// The header that `trust.client_address_header` names.
    public var clientAddress: Bytes?

    /// The `origin` header: which site's script made the request.
    public var origin: Bytes?
    /// The `treat-as-untrusted` header: a browser's script asks for an answer as for an anonymous user.
    public var treatAsUntrusted: Bytes?

    /// Whether the request asks this service whose credentials it carries. Its path is the service's own then, whatever the wiki has
    /// there.
    public var asksForIdentity = false

    /// The message that it was read from, for the layer that knows its protocol.
    public var message = Bytes.empty

    /// What the route's configuration says of its requests; nil when it says nothing.
    public var overrides: RouteOverrides?

    /// What the request is called in logs.
    package var recordID: Bytes { requestID ?? id }

    /// An empty request.
    @inlinable
    public init() {}
}

/// What the operator's configuration of one route says, as text. From the operator, never from a client.
public struct RouteOverrides {
    /// `sessiongate.mode`.
    public var mode: Bytes?
    /// `sessiongate.profile`.
    public var profile: Bytes?
    /// `sessiongate.wiki`.
    public var wiki: Bytes?
    /// `sessiongate.form_bodies`.
    public var formBodies: Bytes?
    /// A name that begins with `sessiongate.` and is none of these, with its value.
    public var unknown: (name: Bytes, value: Bytes)?

    /// Nothing said.
    public init() {}

    /// Notes one entry; names that do not begin with `sessiongate.` are for others.
    public mutating func note(_ name: Bytes, _ value: Bytes) {
        guard name.starts(with: "sessiongate.") else { return }
        if name == "sessiongate.mode" {
            mode = value
        } else if name == "sessiongate.profile" {
            profile = value
        } else if name == "sessiongate.wiki" {
            wiki = value
        } else if name == "sessiongate.form_bodies" {
            formBodies = value
        } else {
            unknown = (name, value)
        }
    }
}
