// Which header holds the client's address is the policy's to say; so a CheckRequest is read under a policy.

import Bytes
import Sessions

extension Policy {
    /// Calls `body` with what decisions read of an encoded CheckRequest; the views are valid during the call.
    /// - Throws: When the message is no CheckRequest.
    package func withRequest<Result>(_ message: Bytes, _ body: (Request) -> Result) throws(WireError) -> Result {
        let check = try CheckRequest(protobuf: message, addressHeader: clientAddressHeader.view)
        // It owns the values of headers that came several times.
        defer { withExtendedLifetime(check) {} }
        return body(check.request)
    }

    /// What limits count the request of `decision` on; nil where its identity says all, since the profile leaves the rest to others.
    package func limits(of decision: Decision, _ request: Request) -> Limits? {
        guard profiles[decision.profile].settings.limitsAll else { return nil }
        // The message was decoded once already. Its other headers are looked for here only.
        guard let check = try? CheckRequest(protobuf: request.message) else {
            return limits(of: decision.identity, request) { _ in nil }
        }
        defer { withExtendedLifetime(check) {} }
        return limits(of: decision.identity, request) { check.header($0) }
    }
}
