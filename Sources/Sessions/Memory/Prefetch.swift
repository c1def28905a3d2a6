// Memory, fetched before it is needed.
//
// With a million users in memory, what is remembered of one is in no cache of the processor: a check would wait a dozen times
// for a line of memory, one after the other, since each says where the next lies. So the rows keep the addresses of all that
// the check will read, and it is fetched together while the signature is verified. Where no signature is, since the token was
// verified before, the token remembers what its last request has led to, and all of it is fetched while its text is compared.

import CNative.Processor

/// Where a grant, its identity and its answer lie.
struct Prefetch: Sendable {
    // Addresses are only ever hints: nothing is read there.
    private let grant: UInt
    private let identity: UInt
    private let answer: UInt
    private let answerSize: UInt

    private static let line: UInt = 64
    /// Bytes of rows: of OAuth 1's, which are larger.
    static let rowsSize: UInt = 144
    /// Bytes of a grant and of an identity that each request reads: their first.
    private static let grantSize: UInt = 96, identitySize: UInt = 160

    init(_ grant: Grant?) {
        self.grant = Self.address(grant)
        identity = Self.address(grant?.identity)
        (answer, answerSize) = Self.span(grant?.identity.answer)
    }

    /// Where an array lies, with what stands before its elements: type, references, count, capacity.
    private static func span(_ array: [UInt8]?) -> (address: UInt, size: UInt) {
        guard let array else { return (0, 0) }
        let header: UInt = 32
        return array.withUnsafeBytes { (UInt(bitPattern: $0.baseAddress) &- header, UInt($0.count) + header) }
    }

    /// Where a minted cookie lies, and what of it goes into answers.
    struct Cookie: Sendable {
        private let cookie: UInt
        private let part: UInt
        private let partSize: UInt

        init(_ cookie: MintedCookie?) {
            self.cookie = Prefetch.address(cookie)
            (part, partSize) = Prefetch.span(cookie?.part)
        }

        @inline(__always)
        func begin() {
            Prefetch.fetch(cookie, 64)
            Prefetch.fetch(part, partSize)
        }
    }

    /// Where an object lies, 0 for none.
    static func address(_ object: AnyObject?) -> UInt {
        object.map { UInt(bitPattern: Unmanaged.passUnretained($0).toOpaque()) } ?? 0
    }

    /// Begins to fetch all of it, and returns at once.
    @inline(__always)
    func begin() {
        Self.fetch(grant, Self.grantSize)
        Self.fetch(identity, Self.identitySize)
        Self.fetch(answer, answerSize)
    }

    /// Begins to fetch all lines that have one of `size` bytes at `address`.
    @inline(__always)
    static func fetch(_ address: UInt, _ size: UInt) {
        guard address != 0 else { return }
        var next = address & ~(line - 1)
        while next < address &+ size {
            processor_prefetch(UnsafeRawPointer(bitPattern: next))
            next &+= line
        }
    }
}
