// What a record says about a request beside what was decided.

import Bytes

/// Where a request came from and where it was to go.
package struct RequestFacts {
    /// The host that the client addressed, as trusted hops say.
    package let host: Bytes
    /// The id of the wiki; nil when none serves the host.
    package let wiki: String?
    /// The client's address; empty when the trusted hop does not say it.
    package let address: Bytes
    /// The path, without the query.
    package let path: Bytes
    /// Whether the route carries refusals out.
    package let mode: Mode

    /// The facts about `request` under `policy`.
    package init(_ request: Request, _ policy: Policy) {
        let route = try? Route(request.overrides, policy)
        let trust = policy.settings.trust
        host = trust.forwardedHost ? request.forwardedHost ?? request.host : request.host
        wiki = (route?.wiki ?? policy.wikis.find(host: host))?.id
        address = policy.clientAddress(of: request) ?? .empty
        path = request.target.prefix(request.target.firstIndex(of: UInt8(ascii: "?")) ?? request.target.count)
        mode = route?.mode ?? policy.settings.mode
    }
}
