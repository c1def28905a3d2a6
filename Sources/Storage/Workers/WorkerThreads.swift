// The threads of a lane, at a low priority: requests that an event loop answers by itself are not delayed.

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif
import NIOPosix

/// Threads for work that blocks.
struct WorkerThreads: Sendable {
    /// How many there are.
    let count: Int
    private let pool: NIOThreadPool

    /// As of `nice`: event loops come first.
    private static let niceness: CInt = 10

    init(_ count: Int) {
        self.count = count
        pool = NIOThreadPool(numberOfThreads: count)
        pool.start()
    }

    /// Runs `body` on one of the threads; not at all once they end.
    func run(_ body: @escaping @Sendable () -> Void) {
        pool.submit { item in
            guard case .active = item else { return }
            setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, Self.niceness)
            body()
        }
    }

    /// Ends them when what is under way is done.
    func shutdown() async { try? await pool.shutdownGracefully() }
}
