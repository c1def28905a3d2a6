// The open streams of one HTTP/2 connection. nghttp2 forgets to tell of streams that are open when a session ends, so we keep
// our own list. It is never longer than the announced number of concurrent streams, and the stream that is asked for is nearly
// always the newest: a backward scan over packed ids beats hashing.

/// Open streams by id.
struct StreamTable: ~Copyable {
    private var ids: [Int32] = []
    // Unmanaged: retained here from `insert` to `remove`, so that the dozen calls of nghttp2 for one request count nothing.
    private var exchanges: [Unmanaged<Exchange>] = []

    deinit {
        for exchange in exchanges { exchange.release() }
    }

    /// How many streams are open.
    var count: Int { ids.count }

    /// The stream with this id, nil when it is closed.
    subscript(id: Int32) -> Exchange? { index(of: id).map { exchanges[$0].takeUnretainedValue() } }

    /// Calls `body` with the stream with this id, which `body` must not close. Nil when it is closed.
    ///
    /// `_withUnsafeGuaranteedRef` is the only way that counts no reference: with `unowned(unsafe)`, here and in the callbacks, a
    /// request took 1,180 instructions more (of 20,340; `STAGES=callAnonymous make gates`).
    @inline(__always)
    func with<Result>(_ id: Int32, _ body: (Exchange) -> Result) -> Result? {
        guard let index = index(of: id) else { return nil }
        return exchanges[index]._withUnsafeGuaranteedRef(body)
    }

    mutating func insert(_ exchange: Exchange) {
        ids.append(exchange.id)
        exchanges.append(.passRetained(exchange))
    }

    mutating func remove(_ id: Int32) -> Exchange? {
        guard let index = index(of: id) else { return nil }
        let last = ids.count - 1
        ids.swapAt(index, last)
        exchanges.swapAt(index, last)
        ids.removeLast()
        return exchanges.removeLast().takeRetainedValue()
    }

    /// Empties the table; returns what was open.
    mutating func removeAll() -> [Exchange] {
        defer {
            ids = []
            exchanges = []
        }
        return exchanges.map { $0.takeRetainedValue() }
    }

    /// The open streams, in no order.
    var open: [Exchange] { exchanges.map { $0.takeUnretainedValue() } }

    @inline(__always)
    private func index(of id: Int32) -> Int? {
        var index = ids.count - 1
        while index >= 0 {
            if ids[index] == id { return index }
            index -= 1
        }
        return nil
    }
}
