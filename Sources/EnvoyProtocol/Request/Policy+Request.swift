// Which header holds the client's address is the policy's to say; so a CheckRequest is read under a policy.

import Bytes
import Sessions

extension Policy {
    /// Calls `body` with what decisions read of an encoded CheckRequest; the views are valid during the call.
    /// - Throws: When the message is no CheckRequest.
    package func withRequest<Result>(_ message: Bytes, _ body: (Request) -> Result) throws(WireError) -> Result {
        try clientAddressHeader.withBytes { (header) throws(WireError) in
            let check = try CheckRequest(protobuf: message, addressHeader: header)
            // It owns the values of headers that came several times.
            return withExtendedLifetime(check) { body(check.request) }
        }
    }
}
