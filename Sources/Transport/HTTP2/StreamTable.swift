// The open streams of one HTTP/2 connection. nghttp2 forgets to tell of streams that are open when a session ends, so we keep
// our own list. It is never longer than the announced number of concurrent streams, and the stream that is asked for is nearly
// always the newest: a backward scan over packed ids beats hashing.

/// Open streams by id.
struct StreamTable {
    private var ids: [Int32] = []
    private var exchanges: [Exchange] = []

    /// How many streams are open.
    var count: Int { ids.count }

    /// The stream with this id, nil when it is closed.
    subscript(id: Int32) -> Exchange? {
        guard let index = index(of: id) else { return nil }
        return exchanges[index]
    }

    mutating func insert(_ exchange: Exchange) {
        ids.append(exchange.id)
        exchanges.append(exchange)
    }

    mutating func remove(_ id: Int32) -> Exchange? {
        guard let index = index(of: id) else { return nil }
        let last = ids.count - 1
        ids.swapAt(index, last)
        exchanges.swapAt(index, last)
        ids.removeLast()
        return exchanges.removeLast()
    }

    /// Empties the table; returns what was open.
    mutating func removeAll() -> [Exchange] {
        defer { self = StreamTable() }
        return exchanges
    }

    /// The open streams, in no order.
    var open: [Exchange] { exchanges }

    private func index(of id: Int32) -> Int? {
        var index = ids.count - 1
        while index >= 0 {
            if ids[index] == id { return index }
            index -= 1
        }
        return nil
    }
}
