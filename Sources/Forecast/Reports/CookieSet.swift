// Which OAuth clients keep the session cookie: a client that returns it is known to an edge that reads cookies alone.

import Bytes

/// What is told about the cookies of a span.
package struct CookieReport: Sendable, Equatable {
    /// OAuth clients: a user and a consumer, whose requests get a cookie when they bring none.
    package var clients = 0.0
    /// Those with two requests or more, of which can be said what they do with the cookie.
    package var returning = 0.0
    /// Those that brought a good cookie at least once.
    package var keeping = 0.0
    /// Requests that got a cookie, and requests that brought a good one.
    package var set = 0.0, kept = 0.0
    /// Whether the clients were counted one by one.
    package var isExact = true

    /// Which part of the returning clients keeps the cookie; nil when there is none.
    package var share: Double? { returning > 0 ? min(1, keeping / returning) : nil }

    /// Nothing counted.
    package init() {}
}

/// The clients of a span.
struct CookieSet {
    /// A client: a hash of its user and its consumer.
    struct Client: Equatable {
        let hash: UInt64
        /// Whether it had two requests or more.
        var isReturning: Bool
        /// Whether it brought a good cookie.
        var isKeeping: Bool
    }

    /// Leading zero bits that the hash of a client must have, as in ``Sampling``.
    var level = 0
    /// Requests that got a cookie, and requests that brought a good one.
    var set = 0.0, kept = 0.0
    var members: [Client] = []

    /// What is told of them.
    var report: CookieReport {
        var report = CookieReport()
        let scale = Double(1 << level)
        report.clients = Double(members.count) * scale
        report.returning = Double(members.count { $0.isReturning || $0.isKeeping }) * scale
        report.keeping = Double(members.count(where: \.isKeeping)) * scale
        (report.set, report.kept, report.isExact) = (set, kept, level == 0)
        return report
    }

    /// Adds what another instance counted.
    mutating func formUnion(_ other: CookieSet) {
        level = max(level, other.level)
        (set, kept) = (set + other.set, kept + other.kept)
        var byHash = Dictionary(members.map { ($0.hash, $0) }) { first, _ in first }
        for client in other.members {
            let known = byHash[client.hash]
            byHash[client.hash] = Client(
                hash: client.hash, isReturning: known != nil || client.isReturning,
                isKeeping: client.isKeeping || known?.isKeeping ?? false)
        }
        members = byHash.values.filter { $0.hash.leadingZeroBitCount >= level }
    }
}

extension CookieSet {
    /// As in an instance's state.
    var json: JSON {
        [
            "level": .integer(Int64(level)), "set": .amount(set), "kept": .amount(kept),
            "clients": .array(
                members.map { client in
                    let bits: Int64 = (client.isReturning ? 1 : 0) | (client.isKeeping ? 2 : 0)
                    return [.number("\(client.hash)"), .integer(bits)]
                }),
        ]
    }

    /// Reads what ``json`` writes; nil when it is something else.
    init?(_ json: JSON?) {
        guard let json, let level = json["level"]?.integerValue, (0...63).contains(level),
            let set = json["set"]?.doubleValue, let kept = json["kept"]?.doubleValue,
            let clients = json["clients"]?.elements
        else { return nil }
        (self.level, self.set, self.kept) = (Int(level), set, kept)
        for client in clients {
            guard let parts = client.elements, parts.count == 2, case .number(let literal) = parts[0],
                let hash = UInt64(literal), let bits = parts[1].integerValue
            else { return nil }
            members.append(Client(hash: hash, isReturning: bits & 1 != 0, isKeeping: bits & 2 != 0))
        }
    }
}
