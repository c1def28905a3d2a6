// OAuth 1.0a (RFC 5849, 3.2) in MediaWiki's order: version, consumer, token, timestamp, nonce, method, signature, address.
//
// One difference is deliberate: the nonce is claimed when the decision is carried out, after the signature, so that a stranger can't
// use up a client's nonces and a check that waits for a store can be made again.

import Bytes

/// Who signed, as the request says: views that are valid during the check.
struct Signer {
    let consumerKey: Bytes
    /// Empty when the request has none that could exist.
    let token: Bytes
    /// The key of both.
    let key: CacheKey

    init(consumerKey: Bytes, token: Bytes) {
        self.consumerKey = consumerKey
        self.token = token
        key = CacheKey(consumerKey, token)
    }
}

extension Check {
    /// Verifies an OAuth 1 request.
    func verifyOAuth1(
        _ request: Request, header: Bytes, target: RequestTarget, wiki: ServedWiki, _ route: Route,
        _ scratch: inout Scratch
    ) throws(Halt) -> Found {
        try collectParameters(request, header: header, target: target, route, &scratch)
        try requireVersion(&scratch)
        let signer = try readSigner(&scratch)
        scratch.signer = signer.key
        let rows = try findRows(of: signer, &scratch)
        try requireRegistered(rows, &scratch)
        let timestamp = try readTimestamp(&scratch)
        let nonce = try readNonce(&scratch)
        try requireWaiting(scratch)
        // Written only now that consumer and token are known, so that strangers can't make us do the work for a large form.
        writeBaseString(request, target: target, wiki: wiki, &scratch)
        try requireWaiting(scratch)
        try requireSignature(rows, of: signer, &scratch)
        guard let grant = rows.grant else { throw .refused(.tokenInvalid) }
        let claim = NonceClaim(
            of: signer.key, nonce: nonce, requestID: request.id,
            expires: Int64(timestamp.rounded(.down)) + settings.oauth1.timestampWindow,
            shared: settings.oauth1.sharesNonces
                ? SharedNonce(consumer: signer.consumerKey, token: signer.token, nonce: nonce) : nil)
        do throws(Halt) {
            try requireAddress(request, rows, &scratch)
            try requireStanding(grant, wiki: wiki, scratch.trace)
        } catch .refused(let reason) {
            return .refused(reason, claim: claim)
        }
        return .identity(grant.identity, claim: claim)
    }

    /// Refuses the request unless it is signed with the secrets, or the key, in `rows`. With those that are remembered it need not be,
    /// when a secret was reset since: MediaWiki takes the new one at once, so they are read once more first.
    private func requireSignature(
        _ rows: OAuth1Rows, of signer: Signer, _ scratch: inout Scratch
    ) throws(Halt) {
        do throws(Halt) {
            try requireSignature(rows, &scratch)
        } catch .refused(.signatureInvalid) where rows.mayBeOutdated(at: now) {
            throw .needs(.oauth1Again(consumerKey: signer.consumerKey.array, token: signer.token.array))
        }
    }

    /// Notes whether a check holds; refuses the request when it does not.
    func require(_ holds: Bool, _ reason: Reason, _ check: StaticString, _ trace: Trace?) throws(Halt) {
        trace?.check(check, holds)
        if !holds { throw .refused(reason) }
    }

    // MARK: Parameters

    /// Collects and merges what the signature covers.
    func collectParameters(
        _ request: Request, header: Bytes, target: RequestTarget, _ route: Route, _ scratch: inout Scratch
    ) throws(Halt) {
        try require(
            header.count <= Self.maxTargetBytes, .headerMalformed, "Authorization header is not too long", scratch.trace
        )
        let body = try formBody(of: request, route)
        if let bytes = scratch.workerBytes(target.query, body) { try leaveToWorker(bytes, header: header, &scratch) }
        scratch.parameters.begin(settings.oauth1.compatibility)
        scratch.parameters.addQuery(target.query)
        if let body {
            try requireWaiting(scratch)
            scratch.parameters.addBody(body)
        }
        try collectHeader(header, &scratch)
        try require(
            !scratch.parameters.isOverfull, .parametersTooMany, "there are not too many parameters", scratch.trace)
        scratch.parameters.merge()
        if let trace = scratch.trace { trace.parameters = scratch.parameters.listing }
    }

    private func collectHeader(_ header: Bytes, _ scratch: inout Scratch) throws(Halt) {
        let isWellFormed = scratch.parameters.addHeader(header)
        if !isWellFormed {
            try require(false, .headerMalformed, "Authorization header is well formed", scratch.trace)
        }
    }

    /// Leaves the check of a large form or query to a worker, when the header names a consumer and token that exist.
    private func leaveToWorker(_ bytes: Int, header: Bytes, _ scratch: inout Scratch) throws(Halt) {
        scratch.parameters.begin(settings.oauth1.compatibility)
        try collectHeader(header, &scratch)
        scratch.parameters.merge()
        let signer = try readSigner(&scratch)
        scratch.signer = signer.key
        let rows = try findRows(of: signer, &scratch)
        try requireRegistered(rows, &scratch)
        guard let grant = rows.grant else { throw .refused(.tokenInvalid) }
        throw .needs(.worker(Workload(for: grant.identity, bytes: bytes)))
    }

    // MARK: Consumer and token

    private func requireVersion(_ scratch: inout Scratch) throws(Halt) {
        let isSupported =
            switch scratch.parameters.value(of: .version) {
            case .absent: true
            case .list: false
            case .text(let version): !PHP.isTruthy(version) || version == "1.0"
            }
        try require(isSupported, .versionUnsupported, "oauth_version is absent or 1.0", scratch.trace)
    }

    /// Bytes of a consumer key or token; MediaWiki's own have 32, its columns 32 (`oarc_consumer_key`, `oaac_access_token`).
    private static var maxKeyBytes: Int { 128 }

    private func readSigner(_ scratch: inout Scratch) throws(Halt) -> Signer {
        let key = scratch.parameters.value(of: .consumerKey).truthy
        try require(key != nil, .consumerKeyMissing, "oauth_consumer_key is present", scratch.trace)
        let consumerKey = key ?? .empty
        // What no column holds is not looked up, nor remembered as unknown.
        try require(
            consumerKey.count <= Self.maxKeyBytes, .consumerUnknown, "oauth_consumer_key is of a possible length",
            scratch.trace)
        // A missing token is looked up all the same: an unknown consumer is the earlier refusal.
        guard case .text(let token) = scratch.parameters.value(of: .token), token.count <= Self.maxKeyBytes else {
            return Signer(consumerKey: consumerKey, token: .empty)
        }
        return Signer(consumerKey: consumerKey, token: token)
    }

    private func findRows(of signer: Signer, _ scratch: inout Scratch) throws(Halt) -> OAuth1Rows {
        var isDue = false
        // 128 bits of a keyed hash are not compared further: a request that met another's rows would have to be signed with their
        // secret.
        guard let rows = memory.oauth1.value(signer.key, at: now, generation: policy.generation, isDue: &isDue)
        else {
            throw .needs(.oauth1(consumerKey: signer.consumerKey.array, token: signer.token.array))
        }
        if isDue { scratch.refresh = .oauth1(consumerKey: signer.consumerKey.array, token: signer.token.array) }
        return rows
    }

    private func requireRegistered(_ rows: OAuth1Rows, _ scratch: inout Scratch) throws(Halt) {
        try require(rows.consumer != nil, .consumerUnknown, "consumer is registered", scratch.trace)
        try require(rows.grant != nil, .tokenInvalid, "token is an accepted one of the consumer", scratch.trace)
    }

    private func requireAddress(_ request: Request, _ rows: OAuth1Rows, _ scratch: inout Scratch) throws(Halt) {
        // A Unix socket, a listener inside the proxy, or an edge in front that was not passed: there is no address.
        let isKnown = settings.trust.clientAddressHeader == nil ? request.hasSourceIP : request.clientAddress != nil
        let isAllowed =
            isKnown ? rows.restrictions.allows(clientAddress(of: request)) : rows.restrictions.allowsEverything
        try require(
            isAllowed, .addressNotAllowed, "client address is allowed by the consumer's restrictions", scratch.trace)
    }

    // MARK: Timestamp and nonce

    private func readTimestamp(_ scratch: inout Scratch) throws(Halt) -> Double {
        let value = scratch.parameters.value(of: .timestamp)
        try require(!value.isList, .parameterRepeated, "oauth_timestamp is given once", scratch.trace)
        try require(value.truthy != nil, .timestampMissing, "oauth_timestamp is present", scratch.trace)
        guard let timestamp = value.truthy.flatMap(seconds) else {
            scratch.trace?.check("oauth_timestamp is a number", false)
            throw .refused(.timestampMalformed)
        }
        let isRecent = abs(Double(now.seconds) - timestamp) <= Double(settings.oauth1.timestampWindow)
        try require(isRecent, .timestampExpired, "oauth_timestamp is within the window", scratch.trace)
        return timestamp
    }

    private func seconds(_ text: Bytes) -> Double? {
        if settings.oauth1.compatibility == .mediawiki { return PHP.leadingNumber(text) }
        return PHP.integerKey(text).map(Double.init)
    }

    private func readNonce(_ scratch: inout Scratch) throws(Halt) -> Bytes {
        let nonce: Bytes? =
            switch scratch.parameters.value(of: .nonce) {
            case .absent: nil
            case .text(let text): PHP.isTruthy(text) ? text : nil
            // PHP writes an array that is used as text as "Array".
            case .list: Bytes("Array")
            }
        try require(nonce != nil, .nonceMissing, "oauth_nonce is present", scratch.trace)
        return nonce ?? .empty
    }
}
