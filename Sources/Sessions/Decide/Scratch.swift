// What a check writes while it is made: buffers that the next one reuses, and what it has verified on the way.

import Bytes

/// The working memory of checks, one for each thread; passed to them `inout`, so that the compiler sees that no two share it.
public struct Scratch: ~Copyable {
    /// Bytes of the largest form that may be verified here; a larger one is a worker's. A share of 64 KiB takes about 0.1 ms.
    public var maxFormBytes = Int.max
    /// Bytes of the longest query that is read here. A hostile one of 8 KiB takes up to 1 ms: PHP and the OAuth library read it in
    /// different ways, and both are signed.
    public var maxQueryBytes = Int.max
    /// Records the way of one check, for people; nil on the request path, where it costs one comparison a step.
    public var trace: Trace?
    /// Rows that the check has used and that are to be read anew, while they still count. The shell takes it.
    public var refresh: Lookup?
    /// What a request was refused for whose credentials are masked: their signatures can't be verified again, so what was found then
    /// counts. Nil for all others: a server never sets it.
    package var recorded: Reason?
    /// What was wrong with the last route that was misconfigured: one sentence for the operator.
    public internal(set) var routeProblem = ""

    /// The worker's check that this is; nil on an event loop.
    var work: DetachedCheck?
    /// The parameters that an OAuth 1 signature covers.
    var parameters = SignatureParameters(compatibility: .mediawiki)
    /// The signature base string.
    var baseString: [UInt8] = []
    /// A signature, encoded or decoded.
    var text: [UInt8] = []
    /// What the request says to the action API, once that was looked for.
    var apiVariables: APIVariables?
    /// Where the rows behind the request's consumer key and token are; nil before they were read in it.
    var signer: CacheKey?
    /// Tokens and cookies that were verified, to be remembered.
    var verified = Verified()

    /// The last path and what it leads to: of a thousand requests nearly all have the same few.
    private var knownPath: [UInt8] = []
    private var knownEntryPoint = EntryPoint.other
    private var knownGeneration: UInt32 = 0

    /// Empty buffers.
    public init() {}

    /// The bytes of `query` and `form` when they are too many for this thread, so that a worker is to read them; else nil.
    func workerBytes(_ query: Bytes, _ form: Bytes?) -> Int? {
        let form = form?.count ?? 0
        return query.count > maxQueryBytes || form > maxFormBytes ? query.count + form : nil
    }

    /// Prepares for the next check.
    mutating func begin() {
        trace?.reset()
        apiVariables = nil
        signer = nil
        if verified.isEmpty { return }
        verified = Verified()
    }

    /// The entry point of `request`, whose target is `target`.
    mutating func entryPoint(of request: Request, _ target: RequestTarget, _ policy: Policy) -> EntryPoint {
        if request.asksForIdentity { return .other }
        if knownGeneration == policy.generation, knownPath.withBytes({ $0 == target.path }) { return knownEntryPoint }
        let found = policy.entryPoints.find(target, of: request)
        // With the others the query or a form may have a say.
        if found != .ignored, found != .refused, target.path.count <= 256 {
            knownPath.removeAll(keepingCapacity: true)
            knownPath.append(target.path)
            knownEntryPoint = found
            knownGeneration = policy.generation
        }
        return found
    }
}

/// What a check has verified that memory did not hold: results of signatures, which never change.
struct Verified {
    var token: VerifiedToken?
    var cookie: VerifiedCookie?

    var isEmpty: Bool { token == nil && cookie == nil }
}
