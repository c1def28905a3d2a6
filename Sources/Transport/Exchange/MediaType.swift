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
        var end = value.firstIndex(of: 0x3B) ?? value.count
        while end > 0, value[end - 1] == 0x20 || value[end - 1] == 0x09 { end -= 1 }
        let essence = value.prefix(end)
        self =
            if essence.isCaseInsensitivelyEqual("application/grpc")
                || essence.isCaseInsensitivelyEqual("application/grpc+proto")
            {
                .grpc
            } else if essence.isCaseInsensitivelyEqual("application/json") {
                .json
            } else {
                .other
            }
    }
}

extension Bytes {
    /// Whether the view equals `literal`, which is lower-case, but for the case of ASCII letters.
    package func isCaseInsensitivelyEqual(_ literal: StaticString) -> Bool {
        let literal = Bytes(literal)
        guard count == literal.count else { return false }
        for index in 0..<count where self[index].asciiLowercased != literal[index] { return false }
        return true
    }
}

extension UInt8 {
    /// The lower-case letter of an ASCII upper-case one, else the byte itself.
    package var asciiLowercased: UInt8 { self >= 0x41 && self <= 0x5A ? self | 0x20 : self }
}
