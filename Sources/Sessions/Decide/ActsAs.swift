// What the wiki makes of whose request it is. Whose it is, and whose limits it counts on, does not depend on that.

import Bytes

/// For whom the wiki acts.
public enum ActsAs: String, Sendable {
    /// For the user, or as the cookie beside the credentials says.
    case user
    /// For an anonymous one, whatever the credentials.
    case anonymous
}

extension Check {
    /// The variables of the action API that `request` has: of the form before those of the query.
    /// - Parameter workload: Whose work it is to read a form of so many bytes.
    func apiVariables(
        of request: Request, _ target: RequestTarget, _ route: Route, _ scratch: inout Scratch,
        _ workload: (Int) -> Workload
    ) throws(Halt) -> APIVariables {
        if let known = scratch.apiVariables { return known }
        let form = visibleForm(of: request, route)
        if let bytes = scratch.workerBytes(target.query, form) { throw .needs(.worker(workload(bytes))) }
        try requireWaiting(scratch)
        var variables = APIVariables().found(in: target.query)
        if let form { variables = APIVariables().found(in: form).over(variables) }
        scratch.apiVariables = variables
        return variables
    }

    /// For whom the wiki acts on a request of `identity`.
    func actsAs(
        _ identity: Identity, _ request: Request, _ target: RequestTarget, _ route: Route,
        _ scratch: inout Scratch
    ) throws(Halt) -> ActsAs {
        // A consumer without a user is known for its limits only.
        guard identity.userID != nil else { return .anonymous }
        let variables = try apiVariables(of: request, target, route, &scratch) { Workload(for: identity, bytes: $0) }
        guard lacksSameOriginSecurity(request, variables, identity.type) else { return .user }
        let entryPoint = scratch.entryPoint(of: request, target, policy)
        guard entryPoint == .action || entryPoint == .unknown else { return .user }
        scratch.trace?.note("acts as", "anonymous: the answer may be read by any site")
        return .anonymous
    }

    /// MediaWiki's `ApiMain::lacksSameOriginSecurity`: any site may read the answer, so that it is made for an anonymous user.
    private func lacksSameOriginSecurity(
        _ request: Request, _ variables: APIVariables, _ type: SessionType
    ) -> Bool {
        if variables.isAnyOrigin || variables.callback == .text || request.treatAsUntrusted != nil { return true }
        // With `crossorigin` only sessions act as their user that no other site can make a browser use.
        return variables.crossorigin == .text && type == .cookie
    }

    /// The form of a POST request as PHP reads it; nil when there is none, or not all of it is shown.
    private func visibleForm(of request: Request, _ route: Route) -> Bytes? {
        let form = request.postForm
        return !form.isEmpty && isBodyComplete(request, route) ? form : nil
    }
}
