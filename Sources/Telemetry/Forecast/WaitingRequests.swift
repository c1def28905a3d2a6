// What an event loop has handed over and what is not counted yet, read again.

import Bytes
import Forecast

/// Requests of one event loop, in the order of time.
struct WaitingRequests {
    private var bytes: [UInt8] = []
    private var position = 0

    /// Adds what was in a room.
    mutating func append(_ room: borrowing ForecastRoom) {
        if position == bytes.count { (bytes, position) = ([], 0) }
        bytes.append(contentsOf: room.bytes)
    }

    /// Bytes that wait.
    var count: Int { bytes.count - position }

    /// When the next request was; nil when there is none.
    var nextSecond: Int64? {
        guard position < bytes.count else { return nil }
        return bytes.withBytes { Int64(Self.number($0.dropFirst(position), 4)) }
    }

    /// Counts the requests up to `second`.
    mutating func count(upTo second: Int64, _ engine: ForecastEngine) {
        let start = position
        position = bytes.withBytes { bytes in
            var rest = bytes.dropFirst(start)
            while !rest.isEmpty {
                let own = Int64(Self.number(rest, 4))
                guard own <= second else { break }
                let (name, owner) = (Int(rest[5]), Int(rest[6]))
                let key = Self.number(rest.dropFirst(7), 2)
                let texts = rest.dropFirst(ForecastQueue.headBytes)
                engine.count(
                    Observation(
                        key: texts[(name + owner)..<(name + owner + key)], className: texts[0..<name],
                        consumer: texts[name..<(name + owner)],
                        cookie: Observation.Cookie(rawValue: rest[4]) ?? .none, second: own))
                rest = texts.dropFirst(name + owner + key)
            }
            return bytes.count - rest.count
        }
    }

    private static func number(_ bytes: Bytes, _ count: Int) -> Int {
        var value = 0
        for place in 0..<count { value |= Int(bytes[place]) << (8 * place) }
        return value
    }
}
