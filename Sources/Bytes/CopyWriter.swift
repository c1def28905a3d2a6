// Many small copies into one room that was made before: an array that is appended to makes sure of room each time.

/// Copies pieces one behind the other into memory that somebody else owns.
@frozen
public struct CopyWriter {
    @usableFromInline let room: UnsafeMutableRawBufferPointer
    /// Bytes written.
    public var count: Int { written }
    @usableFromInline var written = 0

    /// A writer at the start of `room`, which must be there as long as the writer.
    @inlinable
    public init(_ room: UnsafeMutableRawBufferPointer) { self.room = room }

    /// Copies `bytes`, for which there must be room.
    @inlinable
    public mutating func put(_ bytes: Bytes) {
        precondition(bytes.count <= room.count - written, "no room was made for it")
        guard let target = room.baseAddress, let source = bytes.buffer.baseAddress else { return }
        (target + written).copyMemory(from: source, byteCount: bytes.count)
        written += bytes.count
    }
}
