// The priority of the workers' threads.

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The thread that a worker runs on.
enum WorkerThread {
    /// As of `nice`: event loops come first.
    private static let niceness: CInt = 10

    /// Lowers the priority of the calling thread, where it is not low already.
    static func lowerPriority() { setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, niceness) }
}
