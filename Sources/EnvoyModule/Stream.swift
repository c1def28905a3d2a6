// One request in Envoy, from its header fields to its answer.
//
//     headers ──┬─► decided: header fields and metadata are set, it goes on ──► response: Set-Cookie
//               ├─► refused: answered at once
//               ├─► a signed form: its body is kept ─► body, trailers: decided as above
//               └─► something is missing: all stops ─► scheduled: decided as above, or the next is missing
//
// Whatever goes wrong, nothing passes: the answer is 503, unless the operator lets requests pass unidentified.

import Bytes
import CEnvoy
import EnvoyProtocol
import Service
import Sessions
import Transport

/// One request.
final class Stream {
    private enum Phase {
        /// Not decided; its body may follow.
        case open
        /// A signed form is on its way.
        case buffering
        /// Something is looked up; the number of the lookup.
        case waiting(UInt64)
        /// Decided or answered.
        case over
    }

    /// What becomes of the request now.
    private enum Next {
        case proceed, buffer, wait, answered
    }

    // Envoy destroys a filter's configuration after its streams.
    private unowned(unsafe) let filter: Filter
    private var phase = Phase.open
    private var lookups: UInt64 = 0
    private let began = ContinuousClock.now
    private var number: UInt64 = 0
    private var waiter: Waiter?
    private var detached: DetachedCheck?
    private var claim: PendingClaim?
    /// The cookie that the answer sets, and what it says to caches.
    private var cookie: MintedCookie?
    private var marking = EdgeSettings.MarkPrivate.never

    init(_ filter: Unmanaged<Filter>) { self.filter = filter._withUnsafeGuaranteedRef { $0 } }

    /// The stream that Envoy has a pointer to. It is kept as long as it is used: what is done to it may end it.
    @inline(__always)
    static func at(_ pointer: UnsafeRawPointer) -> Stream {
        Unmanaged<Stream>.fromOpaque(pointer).takeUnretainedValue()
    }

    private var envoy: envoy_callbacks { filter.envoy }

    /// Envoy has forgotten it.
    func end() {
        phase = .over
        waiter?.cancel()
        detached?.giveUp()
    }
}

// MARK: - Events

extension Stream {
    func onHeaders(_ stream: UnsafeMutableRawPointer, isEnd: Bool) -> CInt {
        let status: envoy_headers_status
        switch check(stream, isWhole: isEnd) {
        case .proceed: status = ENVOY_CONTINUE
        case .buffer, .answered: status = ENVOY_STOP
        case .wait: status = ENVOY_STOP_ALL
        }
        return CInt(status.rawValue)
    }

    func onBody(_ stream: UnsafeMutableRawPointer, isEnd: Bool) -> CInt {
        guard case .buffering = phase else { return CInt(ENVOY_BODY_CONTINUE.rawValue) }
        let next = isEnd ? check(stream, isWhole: true) : .buffer
        return CInt(
            (next == .proceed ? ENVOY_BODY_CONTINUE : next == .answered ? ENVOY_BODY_DROP : ENVOY_BODY_BUFFER).rawValue)
    }

    func onTrailers(_ stream: UnsafeMutableRawPointer) -> CInt {
        guard case .buffering = phase else { return CInt(ENVOY_CONTINUE.rawValue) }
        return CInt((check(stream, isWhole: true) == .proceed ? ENVOY_CONTINUE : ENVOY_STOP).rawValue)
    }

    func onScheduled(_ stream: UnsafeMutableRawPointer, _ event: UInt64) {
        guard case .waiting(let lookup) = phase, lookup == event else { return }
        let fault = waiter?.fault
        waiter = nil
        let next = fault.map { fail(stream, afterLookup: $0) } ?? check(stream, isWhole: true)
        if next == .proceed { envoy.continue_decoding(stream) }
    }

    func onResponseHeaders(_ stream: UnsafeMutableRawPointer) {
        guard let cookie else { return }
        let kind = CInt(ENVOY_RESPONSE_HEADERS.rawValue)
        cookie.header.withBytes { _ = envoy.add_header(stream, kind, Bytes("set-cookie").envoy, $0.envoy) }
        // No shared cache may hand the cookie to others. Whatever the upstream said, `always` is no weaker.
        guard let control = marking.cacheControl else { return }
        var count = 0, text = envoy_text.none
        _ = envoy.get_header(stream, kind, Bytes("cache-control").envoy, &text, 0, &count)
        guard marking == .always || count == 0 else { return }
        _ = control.withEnvoyText { envoy.set_header(stream, kind, Bytes("cache-control").envoy, $0) }
    }
}

// MARK: - The decision

extension Stream {
    /// Decides, as far as that can be done now.
    /// - Parameter isWhole: Whether all of the request's body is here.
    private func check(_ stream: UnsafeMutableRawPointer, isWhole: Bool) -> Next {
        let route = envoy.get_route_config(stream).map {
            Unmanaged<RouteConfiguration>.fromOpaque($0).takeUnretainedValue()
        }
        if let route, route.isDisabled {
            phase = .over
            return .proceed
        }
        guard let worker = filter.worker(of: stream) else { return fail(stream, .unresolved, nil) }
        if number == 0 { number = worker.nextRequest() }
        let next = worker.withRequest(stream, number, envoy) { request in
            request.overrides = route?.overrides
            let readsForm = worker.policy.readsForm(of: request)
            guard readsForm, case let isBuffered = isBuffering || lookups > 0, isBuffered || !isWhole else {
                if readsForm { request.noteWholeForm() }
                return decide(stream, request, worker)
            }
            if !isBuffered { return buffer(stream) }
            return withBody(stream) { body in
                request.body = body
                request.bodySize = Int64(body.count)
                request.noteWholeForm()
                return decide(stream, request, worker)
            }
        }
        return next ?? fail(stream, .unresolved, worker)
    }

    private var isBuffering: Bool { if case .buffering = phase { true } else { false } }

    private func buffer(_ stream: UnsafeMutableRawPointer) -> Next {
        phase = .buffering
        let limit = envoy.get_buffer_limit(stream)
        // 0 is no limit.
        if limit != 0, limit < filter.options.maxFormBytes {
            envoy.set_buffer_limit(stream, filter.options.maxFormBytes)
        }
        return .buffer
    }

    private func decide(_ stream: UnsafeMutableRawPointer, _ request: Request, _ worker: Worker) -> Next {
        let step = worker.endpoints.settle(
            request, decidedAs: detached?.result, pending: claim, at: SystemClock.now(), timing: { timing }
        ) { workload in
            let message = request.checkRequest(worker.forEachField)
            return worker.endpoints.detach(workload, of: message)
        }
        switch step {
        case .decided(let settled): return apply(settled, stream, request, worker)
        case .failed(let fault): return fail(stream, fault, worker)
        case .needs(let lookup): return wait(for: lookup, stream, worker)
        }
    }

    private var timing: CheckTiming {
        let (seconds, attoseconds) = (ContinuousClock.now - began).components
        return CheckTiming(lookups: Int(lookups), age: seconds * 1_000_000_000 + attoseconds / 1_000_000_000)
    }

    private func wait(for lookup: Lookup, _ stream: UnsafeMutableRawPointer, _ worker: Worker) -> Next {
        guard lookups < maxLookups, let waiter = Waiter(stream, envoy) else { return fail(stream, .unresolved, worker) }
        if case .detached(let check) = lookup { detached = check }
        if case .nonce(let claim) = lookup { self.claim = claim }
        lookups += 1
        phase = .waiting(lookups)
        self.waiter = waiter
        filter.engine?.resolve(lookup) { [lookups] fault in waiter.finish(fault, event: lookups) }
        return .wait
    }
}

// MARK: - What follows from it

extension Stream {
    private func apply(
        _ settled: SettledDecision, _ stream: UnsafeMutableRawPointer, _ request: Request, _ worker: Worker
    ) -> Next {
        phase = .over
        let policy = worker.policy
        let decision = settled.decision
        var found: [KeptBytes] = []
        let answer = FilterAnswer.of(decision, to: request, policy) { name in
            HeaderListReader.value(of: name, worker.forEachField).map { value in
                found.append(KeptBytes(value))
                return found[found.count - 1].view
            }
        }
        if decision.outcome == .refused, decision.mode == .enforce, let reason = decision.reason {
            let refusal = Refusals.refusal(reason, isBearer: decision.isBearer, request, policy)
            let origin = CrossOrigin.headers(for: request)
            setMetadata(stream, answer, decision)
            refuse(stream, refusal, origin, reason)
            return .answered
        }
        let profile = policy.profiles[decision.profile].settings
        // What is set makes the request's views invalid.
        let injected = profile.injectCookie ? InjectedCookie(settled, request, policy) : .unchanged
        let present = worker.presentFields(of: answer)
        setFields(stream, answer, present)
        inject(stream, injected)
        setMetadata(stream, answer, decision)
        cookie = settled.cookie
        marking = profile.markPrivate
        return .proceed
    }

    /// A field that the request has not is not removed: Envoy would look for it again.
    private func setFields(_ stream: UnsafeMutableRawPointer, _ answer: FilterAnswer, _ present: UInt64) {
        var bit: UInt64 = 1
        for field in answer.fields {
            if let value = field.value {
                set(stream, field.name.view, value.view.envoy)
            } else if bit == 0 || present & bit != 0 {
                set(stream, field.name.view, .none)
            }
            bit <<= 1
        }
    }

    private func inject(_ stream: UnsafeMutableRawPointer, _ cookie: InjectedCookie) {
        switch cookie {
        case .unchanged: break
        case .removed: set(stream, "cookie", .none)
        case .replaced(let value): value.withBytes { set(stream, "cookie", $0.envoy) }
        }
    }

    private func set(_ stream: UnsafeMutableRawPointer, _ name: StaticString, _ value: envoy_text) {
        set(stream, Bytes(name), value)
    }

    private func set(_ stream: UnsafeMutableRawPointer, _ name: Bytes, _ value: envoy_text) {
        _ = envoy.set_header(stream, CInt(ENVOY_REQUEST_HEADERS.rawValue), name.envoy, value)
    }

    /// As a Struct in a Struct where Envoy takes one; else each leaf under its whole path, since older versions take texts only.
    private func setMetadata(_ stream: UnsafeMutableRawPointer, _ answer: FilterAnswer, _ decision: Decision) {
        let space = filter.metadataNamespace.view.envoy
        if let setStruct = envoy.set_metadata_struct {
            return answer.withMetadata(of: decision) { setStruct(stream, space, $0.envoy) }
        }
        for leaf in answer.leaves(of: decision) {
            envoy.set_metadata_string(stream, space, leaf.path.view.envoy, leaf.value.view.envoy)
        }
    }

    private func refuse(
        _ stream: UnsafeMutableRawPointer, _ refusal: Refusal, _ origin: [(name: String, value: [UInt8])],
        _ reason: Reason
    ) {
        var fields = ReplyFields()
        for (name, value) in refusal.headers { fields.add(name, Array(value.utf8)) }
        for (name, value) in origin { fields.add(name, value) }
        reply(stream, refusal.status, fields, refusal.body, details: "sessiongate-refused{\(reason.rawValue)}")
    }

    /// A lookup has failed: the check is recorded here, for no decision was tried again.
    private func fail(_ stream: UnsafeMutableRawPointer, afterLookup fault: Fault) -> Next {
        let worker = filter.worker(of: stream)
        _ = worker?.withRequest(stream, number, envoy) { request in
            worker?.endpoints.noteFailure(of: request, fault, timing, at: SystemClock.now())
        }
        return fail(stream, fault, worker)
    }

    /// Nothing can be decided: an outage, never a refusal.
    private func fail(_ stream: UnsafeMutableRawPointer, _ fault: Fault, _ worker: Worker?) -> Next {
        phase = .over
        worker?.endpoints.countFailure(fault)
        if filter.options.passesOnFailure, let policy = worker?.policy {
            // What a client wrote into the names of identity headers must not pass for identity.
            for field in FilterAnswer.anonymous(policy.profiles[0], policy).fields {
                set(stream, field.name.view, .none)
            }
            return .proceed
        }
        var fields = ReplyFields()
        fields.add("content-type", Array("application/json".utf8))
        fields.add("retry-after", Array("5".utf8))
        let body = Array("{\"error\":\"no verdict\"}\n".utf8)
        reply(stream, 503, fields, body, details: "sessiongate-outage{\(fault.rawValue)}")
        return .answered
    }

    private func reply(
        _ stream: UnsafeMutableRawPointer, _ status: Int, _ fields: ReplyFields, _ body: [UInt8], details: String
    ) {
        fields.withEnvoyHeaders { headers, count in
            body.withBytes { body in
                details.withEnvoyText { envoy.send_response(stream, UInt32(status), headers, count, body.envoy, $0) }
            }
        }
    }
}

// MARK: - The body

extension Stream {
    /// Calls `body` with all of the request's body that Envoy has.
    private func withBody<Result>(_ stream: UnsafeMutableRawPointer, _ body: (Bytes) -> Result) -> Result {
        var chunks = chunks(stream, ENVOY_RECEIVED_REQUEST_BODY)
        // Kept by an earlier filter, it is received in one piece and is what is kept.
        if chunks.isEmpty || !envoy.received_buffered_request_body(stream) {
            chunks = self.chunks(stream, ENVOY_BUFFERED_REQUEST_BODY) + chunks
        }
        if chunks.count == 1 { return body(chunks[0].bytes) }
        var text: [UInt8] = []
        text.reserveCapacity(chunks.reduce(0) { $0 + $1.count })
        for chunk in chunks { text.append(chunk.bytes) }
        return text.withBytes(body)
    }

    private func chunks(_ stream: UnsafeMutableRawPointer, _ body: envoy_body) -> [envoy_text] {
        let kind = CInt(body.rawValue)
        let count = envoy.get_body_chunks_size(stream, kind)
        guard count > 0 else { return [] }
        var isThere = false
        let chunks = [envoy_text](unsafeUninitializedCapacity: count) { buffer, initialized in
            guard let start = buffer.baseAddress else { return }
            isThere = envoy.get_body_chunks(stream, kind, start)
            initialized = isThere ? count : 0
        }
        return chunks
    }
}

extension Request {
    /// All of the form is here: none means an empty one. The route may say otherwise.
    fileprivate mutating func noteWholeForm() {
        var overrides = overrides ?? RouteOverrides()
        if overrides.formBodies == nil { overrides.formBodies = Bytes("always") }
        self.overrides = overrides
    }
}
