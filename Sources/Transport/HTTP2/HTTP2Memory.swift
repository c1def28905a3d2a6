// Memory for one nghttp2 session: what a stream needs is taken from what the stream before gave back. Each call costs nghttp2
// half a dozen small blocks; the C library's allocator, which serves all threads, took a fiftieth of a request for them.
//
//     block:  capacity (16 bytes) │ what nghttp2 gets …       a free block's first word points to the next one
//
// One for each session, and freed with it: whichever thread lets go of a connection last, nobody else uses this.

import CNative.HTTP2

/// Free lists for small blocks, by size.
package struct HTTP2Memory: ~Copyable {
    private let lists: UnsafeMutablePointer<List>

    private struct List {
        var first: UnsafeMutableRawPointer?
        var count = 0
    }

    /// Small blocks come in multiples of this many bytes, up to `classCount` of them; larger ones are the C library's.
    private static var step: Int { 64 }
    private static var classCount: Int { 16 }
    private static var headerSize: Int { 16 }
    /// Blocks of a size that are kept at most: streams come and go by the dozen.
    private static var mostKept: Int { 32 }

    package init() {
        lists = .allocate(capacity: Self.classCount)
        lists.initialize(repeating: List(), count: Self.classCount)
    }

    deinit {
        trim()
        lists.deallocate()
    }

    /// Gives back what nghttp2 does not use.
    package func trim() {
        for index in 0..<Self.classCount {
            while let block = lists[index].first {
                lists[index].first = block.load(as: UnsafeMutableRawPointer?.self)
                (block - Self.headerSize).deallocate()
            }
            lists[index].count = 0
        }
    }

    /// What nghttp2 is told; good for as long as this value is there.
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
            list.pointee.count -= 1
            return block
        }
        let whole = UnsafeMutableRawPointer.allocate(byteCount: capacity + headerSize, alignment: 16)
        whole.storeBytes(of: capacity, as: Int.self)
        return whole + headerSize
    }

    @inline(__always)
    private static func free(_ block: UnsafeMutableRawPointer?, _ lists: UnsafeMutableRawPointer?) {
        guard let block else { return }
        guard let list = list(capacity(of: block), lists), list.pointee.count < mostKept else {
            return (block - headerSize).deallocate()
        }
        block.storeBytes(of: list.pointee.first, as: UnsafeMutableRawPointer?.self)
        list.pointee.first = block
        list.pointee.count += 1
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
