// Memory for the nghttp2 sessions of one event loop. A stream gets the blocks that an earlier stream of any connection gave
// back, so that they are still in the processor's cache when there are thousands of connections. Each call takes nghttp2 half a
// dozen small blocks; with the C library's allocator, which serves all threads, they took a fiftieth of a request's time.
//
//     block:  capacity (16 bytes) │ what nghttp2 gets …       a free block's first word points to the next one

import CNative.HTTP2

/// Free lists for small blocks, by size. Used on one event loop only.
package final class HTTP2Memory {
    private let lists: UnsafeMutablePointer<List>

    private struct List {
        var first: UnsafeMutableRawPointer?
        /// Bytes of the blocks.
        var kept = 0
    }

    /// Small blocks come in multiples of this many bytes, up to `classCount` of them; larger ones are the C library's.
    private static var step: Int { 64 }
    private static var classCount: Int { 16 }
    private static var headerSize: Int { 16 }
    /// Bytes of free blocks that are kept of each size: a megabyte in all.
    private static var maxKept: Int { 1 << 16 }

    package init() {
        lists = .allocate(capacity: Self.classCount)
        lists.initialize(repeating: List(), count: Self.classCount)
    }

    deinit {
        for index in 0..<Self.classCount {
            while let block = lists[index].first {
                lists[index].first = block.load(as: UnsafeMutableRawPointer?.self)
                (block - Self.headerSize).deallocate()
            }
        }
        lists.deallocate()
    }

    /// Bytes of free blocks that are kept for later.
    package var keptBytes: Int { (0..<Self.classCount).reduce(0) { $0 + lists[$1].kept } }

    /// The functions for nghttp2, valid as long as this object exists.
    package var functions: nghttp2_mem {
        nghttp2_mem(
            mem_user_data: UnsafeMutableRawPointer(lists),
            malloc: { size, lists in HTTP2Memory.allocate(size, lists) },
            free: { block, lists in HTTP2Memory.free(block, lists) },
            calloc: { count, size, lists in
                let (bytes, overflow) = count.multipliedReportingOverflow(by: size)
                guard !overflow, let block = HTTP2Memory.allocate(bytes, lists) else { return nil }
                block.initializeMemory(as: UInt8.self, repeating: 0, count: bytes)
                return block
            },
            realloc: { block, size, lists in HTTP2Memory.reallocate(block, size, lists) })
    }

    @inline(__always)
    private static func list(_ capacity: Int, _ lists: UnsafeMutableRawPointer?) -> UnsafeMutablePointer<List>? {
        guard capacity <= step * classCount else { return nil }
        return lists.unsafelyUnwrapped.assumingMemoryBound(to: List.self) + (capacity / step - 1)
    }

    @inline(__always)
    private static func capacity(of block: UnsafeMutableRawPointer) -> Int { (block - headerSize).load(as: Int.self) }

    @inline(__always)
    private static func allocate(_ size: Int, _ lists: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
        let capacity = (max(1, size) + step - 1) / step * step
        if let list = list(capacity, lists), let block = list.pointee.first {
            list.pointee.first = block.load(as: UnsafeMutableRawPointer?.self)
            list.pointee.kept -= capacity
            return block
        }
        let whole = UnsafeMutableRawPointer.allocate(byteCount: capacity + headerSize, alignment: 16)
        whole.storeBytes(of: capacity, as: Int.self)
        return whole + headerSize
    }

    @inline(__always)
    private static func free(_ block: UnsafeMutableRawPointer?, _ lists: UnsafeMutableRawPointer?) {
        guard let block else { return }
        let capacity = capacity(of: block)
        guard let list = list(capacity, lists), list.pointee.kept + capacity <= maxKept else {
            return (block - headerSize).deallocate()
        }
        block.storeBytes(of: list.pointee.first, as: UnsafeMutableRawPointer?.self)
        list.pointee.first = block
        list.pointee.kept += capacity
    }

    private static func reallocate(
        _ block: UnsafeMutableRawPointer?, _ size: Int, _ lists: UnsafeMutableRawPointer?
    ) -> UnsafeMutableRawPointer? {
        guard let block else { return allocate(size, lists) }
        let old = capacity(of: block)
        if size <= old, size > old / 2 { return block }
        guard let moved = allocate(size, lists) else { return nil }
        moved.copyMemory(from: block, byteCount: min(old, size))
        free(block, lists)
        return moved
    }
}
