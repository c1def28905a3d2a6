// When Envoy says that a request came. No decision reads it; a replay takes it for the time of day.

import Bytes
import Sessions

/// `attributes.request.time` of a CheckRequest.
package enum CheckRequestTime {
    /// The time in an encoded CheckRequest; nil when it has none, or is no CheckRequest. Nanoseconds of the second are in `nanos`.
    package static func read(_ message: Bytes) -> (seconds: Int64, nanos: Int32)? {
        guard let check = try? EnvoyCheckRequest(serializedBytes: message.array) else { return nil }
        let request = check.attributes.request
        return request.hasTime ? (request.time.seconds, request.time.nanos) : nil
    }
}
