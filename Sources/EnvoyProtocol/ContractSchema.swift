// The contract's messages, as Envoy's API definitions have them: names as in the .proto files, numbers as on the wire.

import Bytes

extension MessageSchema {
    /// `envoy.service.auth.v3.CheckRequest`
    static let checkRequest = MessageSchema(
        FieldSchema(
            1, "attributes",
            .message(
                MessageSchema(
                    FieldSchema(1, "source", .message(peer)),
                    FieldSchema(2, "destination", .message(peer)),
                    FieldSchema(4, "request", .message(request)),
                    FieldSchema(10, "context_extensions", .stringMap),
                    FieldSchema(11, "metadata_context", .message(metadata)),
                    FieldSchema(13, "route_metadata_context", .message(metadata)),
                    FieldSchema(12, "tls_session", .message(MessageSchema(FieldSchema(1, "sni", .string))))
                ))))

    /// `envoy.service.auth.v3.CheckResponse`
    static let checkResponse = MessageSchema(
        FieldSchema(
            1, "status",
            .message(
                MessageSchema(
                    FieldSchema(1, "code", .int32),
                    FieldSchema(2, "message", .string),
                    FieldSchema(3, "details", .opaque, repeated: true)
                ))),
        FieldSchema(2, "denied_response", .message(denied), oneof: 1),
        FieldSchema(3, "ok_response", .message(ok), oneof: 1),
        FieldSchema(5, "error_response", .message(denied), oneof: 1),
        FieldSchema(4, "dynamic_metadata", .structure)
    )

    private static let peer = MessageSchema(
        FieldSchema(1, "address", .message(address)),
        FieldSchema(2, "service", .string),
        FieldSchema(3, "labels", .stringMap),
        FieldSchema(4, "principal", .string),
        FieldSchema(5, "certificate", .string)
    )

    private static let address = MessageSchema(
        FieldSchema(1, "socket_address", .message(socketAddress), oneof: 1),
        FieldSchema(
            2, "pipe", .message(MessageSchema(FieldSchema(1, "path", .string), FieldSchema(2, "mode", .uint32))),
            oneof: 1),
        FieldSchema(
            3, "envoy_internal_address",
            .message(
                MessageSchema(
                    FieldSchema(1, "server_listener_name", .string, oneof: 1),
                    FieldSchema(2, "endpoint_id", .string))),
            oneof: 1)
    )

    private static let socketAddress = MessageSchema(
        FieldSchema(1, "protocol", .enumeration([.init("TCP", 0), .init("UDP", 1)])),
        FieldSchema(2, "address", .string),
        FieldSchema(3, "port_value", .uint32, oneof: 1),
        FieldSchema(4, "named_port", .string, oneof: 1),
        FieldSchema(5, "resolver_name", .string),
        FieldSchema(6, "ipv4_compat", .bool),
        FieldSchema(7, "network_namespace_filepath", .string)
    )

    private static let request = MessageSchema(
        FieldSchema(1, "time", .timestamp),
        FieldSchema(
            2, "http",
            .message(
                MessageSchema(
                    FieldSchema(1, "id", .string),
                    FieldSchema(2, "method", .string),
                    FieldSchema(3, "headers", .headers),
                    FieldSchema(13, "header_map", .message(headerMap)),
                    FieldSchema(4, "path", .string),
                    FieldSchema(5, "host", .string),
                    FieldSchema(6, "scheme", .string),
                    FieldSchema(7, "query", .string),
                    FieldSchema(8, "fragment", .string),
                    FieldSchema(9, "size", .int64),
                    FieldSchema(10, "protocol", .string),
                    FieldSchema(11, "body", .string),
                    FieldSchema(12, "raw_body", .bytes)
                )))
    )

    private static let metadata = MessageSchema(
        FieldSchema(1, "filter_metadata", .structMap),
        FieldSchema(2, "typed_filter_metadata", .opaqueMap)
    )

    private static let headerMap = MessageSchema(
        FieldSchema(1, "headers", .message(header(.headerName)), repeated: true))

    private static func header(_ name: FieldSchema.Kind) -> MessageSchema {
        MessageSchema(
            FieldSchema(1, "key", name),
            FieldSchema(2, "value", .string),
            FieldSchema(3, "raw_value", .bytes)
        )
    }

    private static let headerOption = MessageSchema(
        FieldSchema(1, "header", .message(header(.string))),
        FieldSchema(2, "append", .boolValue),
        FieldSchema(
            3, "append_action",
            .enumeration([
                .init("APPEND_IF_EXISTS_OR_ADD", 0), .init("ADD_IF_ABSENT", 1),
                .init("OVERWRITE_IF_EXISTS_OR_ADD", 2), .init("OVERWRITE_IF_EXISTS", 3),
            ])),
        FieldSchema(4, "keep_empty_value", .bool)
    )

    private static let ok = MessageSchema(
        FieldSchema(2, "headers", .message(headerOption), repeated: true),
        FieldSchema(5, "headers_to_remove", .string, repeated: true),
        FieldSchema(3, "dynamic_metadata", .structure),
        FieldSchema(6, "response_headers_to_add", .message(headerOption), repeated: true),
        FieldSchema(7, "query_parameters_to_set", .message(queryParameter), repeated: true),
        FieldSchema(8, "query_parameters_to_remove", .string, repeated: true)
    )

    private static let queryParameter = MessageSchema(FieldSchema(1, "key", .string), FieldSchema(2, "value", .string))

    private static let denied = MessageSchema(
        FieldSchema(1, "status", .message(MessageSchema(FieldSchema(1, "code", .enumeration(statusCodes))))),
        FieldSchema(2, "headers", .message(headerOption), repeated: true),
        FieldSchema(3, "body", .string)
    )

    /// `envoy.type.v3.StatusCode`
    private static let statusCodes: [FieldSchema.EnumValue] = [
        .init("Empty", 0), .init("Continue", 100), .init("OK", 200), .init("Created", 201), .init("Accepted", 202),
        .init("NonAuthoritativeInformation", 203), .init("NoContent", 204), .init("ResetContent", 205),
        .init("PartialContent", 206), .init("MultiStatus", 207), .init("AlreadyReported", 208), .init("IMUsed", 226),
        .init("MultipleChoices", 300), .init("MovedPermanently", 301), .init("Found", 302), .init("SeeOther", 303),
        .init("NotModified", 304), .init("UseProxy", 305), .init("TemporaryRedirect", 307),
        .init("PermanentRedirect", 308), .init("BadRequest", 400), .init("Unauthorized", 401),
        .init("PaymentRequired", 402), .init("Forbidden", 403), .init("NotFound", 404), .init("MethodNotAllowed", 405),
        .init("NotAcceptable", 406), .init("ProxyAuthenticationRequired", 407), .init("RequestTimeout", 408),
        .init("Conflict", 409), .init("Gone", 410), .init("LengthRequired", 411), .init("PreconditionFailed", 412),
        .init("PayloadTooLarge", 413), .init("URITooLong", 414), .init("UnsupportedMediaType", 415),
        .init("RangeNotSatisfiable", 416), .init("ExpectationFailed", 417), .init("MisdirectedRequest", 421),
        .init("UnprocessableEntity", 422), .init("Locked", 423), .init("FailedDependency", 424),
        .init("UpgradeRequired", 426), .init("PreconditionRequired", 428), .init("TooManyRequests", 429),
        .init("RequestHeaderFieldsTooLarge", 431), .init("InternalServerError", 500), .init("NotImplemented", 501),
        .init("BadGateway", 502), .init("ServiceUnavailable", 503), .init("GatewayTimeout", 504),
        .init("HTTPVersionNotSupported", 505), .init("VariantAlsoNegotiates", 506), .init("InsufficientStorage", 507),
        .init("LoopDetected", 508), .init("NotExtended", 510), .init("NetworkAuthenticationRequired", 511),
    ]
}
