// All caches share one budget of bytes. The largest gives way, so that none can push the others out: a flood of tokens costs the
// tokens' cache its oldest entries, not the users'.

/// A cache that shares a budget.
protocol Budgeted: Sendable {
    /// Bytes that it holds.
    var byteCount: Int { get }
    /// Frees at least this many bytes, or all that it has.
    func free(_ excess: Int)
}

/// A bound on the bytes of several caches together.
struct MemoryBudget: Sendable {
    /// Bytes of all caches together.
    let limit: Int
    private let caches: [any Budgeted]

    init(limit: Int, _ caches: [any Budgeted]) {
        self.limit = limit
        self.caches = caches
    }

    /// Bytes that are held now.
    var byteCount: Int { caches.reduce(0) { $0 + $1.byteCount } }

    /// Called after something was remembered: the largest cache frees what is too much.
    func enforce() {
        var excess = byteCount - limit
        while excess > 0, let largest = caches.max(by: { $0.byteCount < $1.byteCount }), largest.byteCount > 0 {
            largest.free(excess)
            excess = byteCount - limit
        }
    }
}
