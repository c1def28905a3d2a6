// The type of a request's body, as far as endpoints depend on it. RFC 9110 section 8.3.1: types are case-insensitive, parameters follow ";".

import Bytes

/// A request's Content-Type.
package enum MediaType: Equatable, Sendable {
    /// `application/grpc` or `application/grpc+proto`.
    case grpc
    /// `application/json`.
    case json
    /// Another type.
    case other
    /// No Content-Type.
    case none

    /// Classifies a Content-Type field's value.
    package init(_ value: Bytes) {
        if value == "application/grpc" {
            self = .grpc
            return
        }
        let essence = value.prefix(value.firstIndex(of: 0x3B) ?? value.count).trimmed
        self =
            if essence.equalsIgnoringCase("application/grpc")
                || essence.equalsIgnoringCase("application/grpc+proto")
            {
                .grpc
            } else if essence.equalsIgnoringCase("application/json") {
                .json
            } else {
                .other
            }
    }
}
