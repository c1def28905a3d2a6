// The way of a request, from top to bottom: find the credential, verify it, decide about the cookie, answer.
//
//     CheckRequest ─ find ─┬─ OAuth 1 ─── verifyOAuth1 ──┐
//                          ├─ Bearer ──── verifyBearer ──┼─ Identity ─ decideCookie ─ claim the nonce ─ Answer
//                          └─ none ────── cookie session ┘
//
// Everything here is synchronous and reads memory only. What memory does not hold ends the check with `.needs`; once that is
// fetched, the check is run again from the start. The nonce is claimed last, so that a check can be repeated until it is decided.

import Bytes
import EnvoyProtocol

/// The service's answer to one request, or what it takes to get one.
public enum CheckStep {
    /// Decided; the CheckResponse has been written.
    case answered(Verdict)
    /// Have this resolved, then check again. Give up with `Fault.unresolved` after `Authorizer.mostRounds`.
    case needs(Lookup)
    /// No verdict is possible; answer as an outage.
    case failed(Fault)
}

/// What was decided.
public struct Verdict: Sendable {
    /// Who it is, or that it is nobody, or refused.
    public enum Outcome: String, Sendable {
        /// Valid credentials.
        case authenticated
        /// No credentials, or a cookie that counts for nothing.
        case anonymous
        /// Invalid credentials.
        case refused
    }
    /// The outcome.
    public var outcome: Outcome
    /// Who the request comes from, when authenticated.
    public var identity: Identity?
    /// What happens to the cookie.
    public var cookie: CookieAction = .none
    /// Why the request was refused, or why its cookie counted for nothing.
    public var reason: Reason?
    /// Whether the refusal is carried out, or only reported.
    public var mode: Mode = .enforce
    /// Whether the refused credential was a Bearer token.
    public var isBearer = false
    /// When the credentials end, milliseconds since 1970; nil when they don't.
    public var expires: Double?
    /// What the route wants the edge to be told.
    var profile: Profile
}

/// What the credentials of a request say.
enum Found {
    case identity(Identity)
    case anonymous(Reason?)
}

/// Checks requests; one per event loop, and used by it alone.
public final class Authorizer {
    let gate: Gate
    /// What happened so far.
    public let counters = Counters()
    // exclusivity(unchecked): an authorizer belongs to one event loop, and a check never calls out to anybody who has it. The
    // runtime's checks were a seventh of an OAuth 1 request's instructions.
    /// Records the way of one check, for people; nil on the request path.
    @exclusivity(unchecked) public var trace: Trace?
    let parameters: SignatureParameters
    @exclusivity(unchecked) var scratch = OAuth1Scratch()
    @exclusivity(unchecked) var pendingNonce: PendingNonce?
    /// When the credentials of the check end, milliseconds since 1970.
    @exclusivity(unchecked) var expires: Double?
    /// The access token of the check, to note its cookie; nothing is decided by it.
    @exclusivity(unchecked) var bearer: VerifiedToken?
    /// Nothing is changed by the check: no nonce claimed, no cookie minted.
    @exclusivity(unchecked) var isDryRun = false
    /// A path of this event loop's, and what it leads to: of a thousand requests nearly all have the same few.
    @exclusivity(unchecked) private var knownPath: [UInt8] = []
    @exclusivity(unchecked) private var knownEntryPoint = EntryPoint.other
    /// Bytes of the largest form that is verified here; a larger one is a worker's. As a loop's share of 64 KiB takes about 0.1 ms.
    @exclusivity(unchecked) public var largestForm = Int.max
    /// What is wrong with the last route that was misconfigured: one sentence for the operator.
    public private(set) var routeProblem = ""

    /// No check needs more lookups than this.
    public static let mostRounds = 8

    /// An authorizer of `gate`.
    public init(gate: Gate) {
        self.gate = gate
        parameters = SignatureParameters(compatibility: gate.settings.oauth1.compatibility)
    }

    /// Checks `request` and, when that is decided, appends the CheckResponse (protobuf) to `response`.
    public func check(_ request: CheckRequest, at now: Timestamp, into response: inout [UInt8]) -> CheckStep {
        switch decide(request, at: now) {
        case .success(let verdict):
            count(verdict)
            Answer.write(verdict, to: request, gate: gate, into: &response)
            return .answered(verdict)
        case .failure(.needs(let lookup)):
            counters.waited[lookup.kind].add()
            return .needs(lookup)
        case .failure(.failed(let fault)):
            return .failed(fault)
        case .failure(.refused(let reason)):
            preconditionFailure("a refusal is a verdict: \(reason)")
        }
    }

    /// Appends the CheckResponse (protobuf) to a request that is decided.
    package func encode(_ verdict: Verdict, to request: CheckRequest, into response: inout [UInt8]) {
        Answer.write(verdict, to: request, gate: gate, into: &response)
    }

    /// Checks `request` without changing anything: no nonce is claimed, no cookie set.
    public func inspect(_ request: CheckRequest, at now: Timestamp) -> CheckStep {
        isDryRun = true
        defer { isDryRun = false }
        switch decide(request, at: now) {
        case .success(let verdict): return .answered(verdict)
        case .failure(.needs(let lookup)): return .needs(lookup)
        case .failure(.failed(let fault)): return .failed(fault)
        case .failure(.refused(let reason)): preconditionFailure("a refusal is a verdict: \(reason)")
        }
    }

    private func decide(_ request: CheckRequest, at now: Timestamp) -> Result<Verdict, Halt> {
        pendingNonce = nil
        expires = nil
        defer { bearer = nil }
        let route: Route
        do throws(Route.Misconfigured) {
            route = try Route.of(request, gate: gate)
        } catch {
            routeProblem = error.description
            return .failure(.failed(.routeMisconfigured))
        }
        let target = RequestTarget(request.path)
        let credential = findCredential(in: request, target)
        trace?.note("credential", credential.description)
        var verdict = Verdict(outcome: .anonymous, mode: route.mode, profile: route.profile)
        if case .bearer = credential { verdict.isBearer = true }
        do throws(Halt) {
            switch try verify(credential, request, route, at: now) {
            case .anonymous(let reason):
                verdict.reason = reason
            case .identity where isForAnybody(target):
                verdict.reason = .originAnonymous
            case .identity(var identity):
                verdict.outcome = .authenticated
                verdict.cookie = try decideCookie(request, of: &identity, at: now)
                verdict.identity = identity
                verdict.expires = expires
            }
            try claimNonce(at: now)
            return .success(verdict)
        } catch .refused(let reason) {
            return refuse(verdict, reason, at: now)
        } catch {
            return .failure(error)
        }
    }

    private func verify(
        _ credential: Credential, _ request: CheckRequest, _ route: Route, at now: Timestamp
    ) throws(Halt) -> Found {
        switch credential {
        case .none:
            return try verifyCookieSession(request, at: now)
        case .ignored:
            return .anonymous(nil)
        case .misplaced:
            throw .refused(.notAPI)
        case .centralAuth(let token):
            let found = try token.withBytes { (token) throws(Halt) in try verifyCentralAuth(token, at: now) }
            guard case .anonymous(let reason) = found else { return found }
            // Junk does not make nobody of a user: the wiki is to refuse it, or does not look at it.
            let session = try verifyCookieSession(request, at: now)
            if case .identity = session { return session }
            return .anonymous(reason)
        case .oauth1(let header, let target):
            do throws(Halt) {
                let wiki = try wiki(of: request, route)
                return try .identity(
                    verifyOAuth1(request, header: header, target: target, wiki: wiki, route, at: now))
            } catch .refused(.bodyUnavailable) where gate.settings.oauth1.bodyUnavailable == .anonymous {
                return .anonymous(.bodyUnavailable)
            }
        case .bearer(let header):
            return try .identity(verifyBearer(header, wiki: wiki(of: request, route), at: now))
        }
    }

    /// Whether the action API will not look at whose request it is: `origin=*` allows every site to read the answer.
    private func isForAnybody(_ target: RequestTarget) -> Bool {
        guard let origin = target.queryValue("origin"), origin == [UInt8(ascii: "*")] else { return false }
        return entryPoint(of: target) == .action
    }

    /// The entry point of `target`.
    func entryPoint(of target: RequestTarget) -> EntryPoint {
        if knownPath.withBytes({ $0 == target.path }) { return knownEntryPoint }
        let found = gate.entryPoints.find(target)
        // With the others the query has a say.
        if found == .action || found == .other, target.path.count <= 256 {
            knownPath.removeAll(keepingCapacity: true)
            knownPath.append(target.path)
            knownEntryPoint = found
        }
        return found
    }

    /// A refusal after the signature was verified burns the nonce all the same; a replay of it is a replay first.
    private func refuse(_ verdict: Verdict, _ reason: Reason, at now: Timestamp) -> Result<Verdict, Halt> {
        var verdict = verdict
        verdict.outcome = .refused
        verdict.identity = nil
        verdict.cookie = .none
        verdict.reason = reason
        do throws(Halt) {
            try claimNonce(at: now)
        } catch .refused(let earlier) {
            verdict.reason = earlier
        } catch {
            return .failure(error)
        }
        return .success(verdict)
    }

    /// Claims the nonce of an OAuth 1 request whose signature was verified (RFC 5849, 3.3).
    private func claimNonce(at now: Timestamp) throws(Halt) {
        guard let nonce = pendingNonce, !isDryRun else { return }
        pendingNonce = nil
        switch gate.memory.nonces.claim(nonce.key, request: nonce.request, now: now.seconds, expires: nonce.expires) {
        case .fresh:
            trace?.check("nonce is new", true)
        case .retried:
            counters.retries.add()
            trace?.check("nonce is new, or this is the proxy's retry of the same request", true)
        case .used:
            trace?.check("nonce is new", false)
            throw .refused(.nonceUsed)
        case .full:
            throw .failed(.nonceMemoryFull)
        }
    }

    /// Counts a verdict of ours, or of a worker in our place.
    public func count(_ verdict: Verdict) {
        switch verdict.outcome {
        case .anonymous: counters.anonymous.add()
        case .authenticated:
            if let type = verdict.identity?.type { counters.authenticated[type.index].add() }
        case .refused:
            if let reason = verdict.reason { counters.refused[reason.index].add() }
            if verdict.mode == .observe { counters.observed.add() }
        }
        switch verdict.cookie {
        case .none: break
        case .keep: counters.cookiesKept.add()
        case .set: counters.cookiesSet.add()
        }
    }
}

extension Lookup {
    /// Index into `Counters.waited`.
    var kind: Int {
        switch self {
        case .oauth1: 0
        case .oauth2: 1
        case .user: 2
        case .cookie: 3
        case .verdict: 4
        }
    }
}
