// envoy.service.auth.v3.CheckResponse as a value: for JSON, the HTTP modes, the command line and tests. A check writes its
// answer straight to bytes; this is what reads it back.

import Bytes

/// An answer to a CheckRequest.
public struct CheckResponse: Equatable, Sendable {
    /// What is to be done with the request.
    public enum Answer: Equatable, Sendable {
        /// Nothing is said: Envoy goes by the status alone.
        case none
        /// It goes on, changed (`OkHttpResponse`).
        case ok(OK)
        /// The client gets this response instead (`DeniedHttpResponse`).
        case denied(Denied)
        /// The check failed, and the client gets this response (`error_response`).
        case error(Denied)
    }

    /// `HeaderValueOption`: a header and how it is set.
    public struct HeaderOption: Equatable, Sendable {
        /// The header's name.
        public var key: String
        /// Its value, the only one that Envoy reads here.
        public var value: String
        /// Its value as bytes, empty as a rule.
        public var rawValue: [UInt8] = []
        /// The older switch, nil when unset.
        public var append: Bool?
        /// The newer one.
        public var appendAction: HeaderAppendAction
        /// Whether an empty value is kept.
        public var keepEmptyValue = false

        /// A header that is added.
        public init(
            _ key: String, _ value: String, append: Bool? = nil,
            appendAction: HeaderAppendAction = .appendIfExistsOrAdd
        ) {
            self.key = key
            self.value = value
            self.append = append
            self.appendAction = appendAction
        }
    }

    /// A query parameter.
    public struct QueryParameter: Equatable, Sendable {
        /// Its name.
        public var key: String
        /// Its value.
        public var value: String

        /// A parameter.
        public init(_ key: String, _ value: String) {
            self.key = key
            self.value = value
        }
    }

    /// `OkHttpResponse`: changes to the request, and to the response that it will have.
    public struct OK: Equatable, Sendable {
        /// Headers to set in the request.
        public var headers: [HeaderOption] = []
        /// Headers to remove from the request, after the others are set.
        public var headersToRemove: [String] = []
        /// Headers to add to the client's response.
        public var responseHeadersToAdd: [HeaderOption] = []
        /// Query parameters to set.
        public var queryParametersToSet: [QueryParameter] = []
        /// Query parameters to remove.
        public var queryParametersToRemove: [String] = []

        /// No changes.
        public init() {}
    }

    /// `DeniedHttpResponse`: a response to the client.
    public struct Denied: Equatable, Sendable {
        /// HTTP status; 0 when unset, which Envoy reads as 403.
        public var status: Int32
        /// Headers of the response.
        public var headers: [HeaderOption]
        /// Body of the response.
        public var body: String

        /// A response.
        public init(status: Int32 = 0, headers: [HeaderOption] = [], body: String = "") {
            self.status = status
            self.headers = headers
            self.body = body
        }
    }

    /// `status.code`, a gRPC code: 0 lets the request go on.
    public var statusCode: Int32 = 0
    /// `status.message`
    public var statusMessage = ""
    /// What is to be done.
    public var answer = Answer.none
    /// `dynamic_metadata`: an object, nil when there is none.
    public var dynamicMetadata: JSON?

    /// An empty answer, which lets the request go on.
    public init() {}

    /// The changes, when the request goes on.
    public var ok: OK? {
        if case .ok(let ok) = answer { ok } else { nil }
    }

    /// The refusal, when it is one.
    public var denied: Denied? {
        if case .denied(let denied) = answer { denied } else { nil }
    }

    /// The error response, when it is one.
    public var error: Denied? {
        if case .error(let error) = answer { error } else { nil }
    }
}
