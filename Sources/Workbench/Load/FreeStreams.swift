// Which connection takes the next request.

/// Streams that are free, by their connection: the one that has been free for longest is taken first.
struct FreeStreams {
    private var ring: [Int] = []
    private var first = 0
    private var count = 0
    private var used: [Int] = []
    private var isUsed: [Bool] = []

    init() {}

    init(connections: Int, streams: Int) {
        ring = (0..<connections * streams).map { $0 % connections }
        count = ring.count
        isUsed = Array(repeating: false, count: connections)
    }

    var isEmpty: Bool { count == 0 }

    /// Takes a stream; there must be one.
    mutating func take() -> Int {
        let connection = ring[first]
        first = (first + 1) % ring.count
        count -= 1
        if !isUsed[connection] {
            isUsed[connection] = true
            used.append(connection)
        }
        return connection
    }

    mutating func put(_ connection: Int) {
        ring[(first + count) % ring.count] = connection
        count += 1
    }

    /// Connections of which streams were taken since the last call.
    mutating func takeUsed() -> [Int] {
        defer { used.removeAll(keepingCapacity: true) }
        for connection in used { isUsed[connection] = false }
        return used
    }
}
