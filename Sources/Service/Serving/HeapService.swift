// What a flood took is given back to the system when it is over. The allocator keeps what is freed for what is allocated next, and
// gives back only what lies at the end of an arena: one small piece that lives on behind it keeps all of it. After a flood that could
// be most of a gigabyte, for good.

import CNative.Allocator
import Foundation
import ServiceLifecycle
import Synchronization

/// Looks now and then how much memory lies idle, and gives it back when that is much.
final class HeapService: ServiceLifecycle.Service {
    /// Bytes that may lie idle: the next burst of requests needs them, and getting them from the system again takes time.
    private static let maxIdleBytes = 64 << 20
    /// Idle bytes that could not be given back, since something in their pages is used. Trying that again and again would be of no
    /// use, and each time threads that allocate memory wait.
    private let stuckBytes = Atomic<Int>(0)

    func run() async { await untilShutdown(every: .seconds(5)) { [self] in giveBack() } }

    private func giveBack() {
        let idle = Self.idleBytes
        stuckBytes.store(min(stuckBytes.load(ordering: .relaxed), idle), ordering: .relaxed)
        guard idle > Self.maxIdleBytes + stuckBytes.load(ordering: .relaxed) else { return }
        malloc_trim(0)
        stuckBytes.store(Self.idleBytes, ordering: .relaxed)
    }

    /// Bytes of the heap that are not used, and not given back.
    private static var idleBytes: Int {
        let resident = residentBytes
        // Most of the time the process is not even as large as that, and the heap need not be walked through.
        guard resident > maxIdleBytes else { return 0 }
        let heap = mallinfo2()
        return max(0, resident - Int(clamping: heap.uordblks + heap.hblkhd))
    }

    /// Bytes of the process's own memory that the machine holds (proc(5), `RssAnon`).
    private static var residentBytes: Int {
        guard let status = try? Files.read("/proc/self/status", limit: 1 << 16) else { return 0 }
        let line = String(decoding: status, as: UTF8.self).split(separator: "\n").first { $0.hasPrefix("RssAnon:") }
        let kibibytes = line?.split { $0 == " " || $0 == "\t" }.dropFirst().first.flatMap { Int($0) }
        return (kibibytes ?? 0) << 10
    }
}
