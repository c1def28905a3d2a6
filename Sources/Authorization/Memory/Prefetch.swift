// Memory, fetched before it is needed.
//
// With a million users in memory, what is remembered of one is in no cache of the processor: a check would wait a dozen times
// for a line of memory, one after the other, since each says where the next lies. So the rows keep the addresses of all that
// the check will read, and it is fetched together while the signature is verified.

import CNative.Processor

/// Where a grant, its identity and its answer lie.
struct Prefetch: Sendable {
    // Addresses are only ever hints: nothing is read there.
    private let grant: UInt
    private let identity: UInt
    private let answer: UInt
    private let answerSize: UInt

    private static let line: UInt = 64
    /// Bytes of a grant and of an identity that each request reads: their first.
    private static let grantSize: UInt = 96, identitySize: UInt = 160

    init(_ grant: Grant?) {
        // What stands before an array's elements: type, references, count, capacity.
        let arrayHeader: UInt = 32
        self.grant = Self.address(grant)
        identity = Self.address(grant?.identity)
        (answer, answerSize) =
            grant?.identity.answer.withUnsafeBytes {
                (UInt(bitPattern: $0.baseAddress) &- arrayHeader, UInt($0.count) + arrayHeader)
            } ?? (0, 0)
    }

    private static func address(_ object: AnyObject?) -> UInt {
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
    private static func fetch(_ address: UInt, _ size: UInt) {
        var next = address & ~(line - 1)
        while next < address &+ size {
            processor_prefetch(UnsafeRawPointer(bitPattern: next))
            next &+= line
        }
    }
}
