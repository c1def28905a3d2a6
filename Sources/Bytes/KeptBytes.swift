// A copy of bytes at a place of its own, for views that outlive one call.

/// Owns a copy of bytes. Its view is valid as long as this object is.
public final class KeptBytes: Sendable {
    // nonisolated(unsafe): written by init, freed by deinit, and only read in between.
    private nonisolated(unsafe) let memory: UnsafeMutableBufferPointer<UInt8>

    /// Copies `bytes`.
    public init(_ bytes: [UInt8]) {
        memory = .allocate(capacity: bytes.count)
        _ = memory.initialize(from: bytes)
    }

    deinit { memory.deallocate() }

    /// The bytes.
    public var view: Bytes { Bytes(UnsafeBufferPointer(memory)) }
}
