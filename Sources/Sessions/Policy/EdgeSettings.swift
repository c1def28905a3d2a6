// What an operator decides about what the edge is told.

/// What the edge is told, and under which names. A header without a name is not sent.
public struct EdgeSettings: Sendable, Equatable {
    /// What is done about caches that might store a response with our Set-Cookie.
    public enum MarkPrivate: String, Sendable {
        /// `Cache-Control: private` is added to responses that have no Cache-Control.
        case whenAbsent = "when_absent"
        /// `Cache-Control: private, no-store` replaces what the upstream says.
        case always
        /// Responses are left as they are.
        case never

        /// The Cache-Control beside our Set-Cookie; nil for none.
        package var cacheControl: String? {
            switch self {
            case .whenAbsent: "private"
            case .always: "private, no-store"
            case .never: nil
            }
        }
    }
    /// Request header with the central user id.
    public var userIDHeader: String? = "x-session-user-id"
    /// Request header with the JWT subject.
    public var subjectHeader: String? = "x-session-sub"
    /// Request header with the consumer key.
    public var consumerHeader: String? = "x-session-consumer"
    /// Request header with the rate limit class.
    public var classHeader: String? = "x-session-class"
    /// Request header with the session type.
    public var typeHeader: String? = "x-session-type"
    /// Request header with the rate limit key.
    public var rateLimitKeyHeader: String?
    /// Overwrite the request's `cookie` header with one that carries the session JWT.
    public var injectCookie = false
    /// Tell a key and a class of anonymous requests too, and of none that is not to be limited (``Limits``).
    public var limitsAll = false
    /// What is done about caches.
    public var markPrivate = MarkPrivate.always
    /// The class `BYPASS` is told by leaving the class header out.
    public var omitsBypass = false
    /// Headers of other profiles, removed: what one route trusts must not be forged on another.
    package internal(set) var foreignHeaders: [String] = []

    /// The names of the headers that are sent.
    package var headers: [String] {
        [userIDHeader, subjectHeader, consumerHeader, classHeader, typeHeader, rateLimitKeyHeader].compactMap { $0 }
    }

    /// The default names.
    public init() {}

    /// The name of the profile that is configured by the keys of `edge`.
    public static let standardName = "standard"
    /// The name of ``gateway``.
    public static let gatewayName = "gateway"

    /// What the rate limit rules of Wikimedia's REST gateway read: the key (`jwt-sub:<sub>`) and the class.
    public static let gateway: EdgeSettings = {
        var edge = EdgeSettings()
        edge.userIDHeader = nil
        edge.subjectHeader = nil
        edge.consumerHeader = nil
        edge.typeHeader = nil
        edge.rateLimitKeyHeader = "x-wmf-user-id"
        edge.classHeader = "x-wmf-ratelimit-class"
        edge.omitsBypass = true
        edge.limitsAll = true
        return edge
    }()
}
