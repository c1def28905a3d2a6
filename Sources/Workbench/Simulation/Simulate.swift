// What a farm of instances asks of its database and its nonce store: a simulation, for capacity that no one machine can show.
//
// Each request picks a session (few are used much, most are used little: Zipf's law) and an instance at random. An instance knows a
// session's rows for a lifetime, reads them anew from four fifths of it on, and waits for what it does not know.

import ArgumentParser
import Bytes
import Sessions

/// `workbench simulate`.
struct Simulate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Simulate a farm: reads of the database from a cold start on, and what a replay meets.")

    @Option(help: "Instances of Sessiongate.") var instances = 30
    @Option(help: "Requests a second of all instances together.") var rate = 100_000
    @Option(help: "Sessions (tokens and cookie users) that make them.") var sessions = 200_000
    @Option(help: "Seconds to simulate; at half of them everything is forgotten.") var seconds = 60
    @Option(help: "Milliseconds that a row counts: cache.lifetime.") var lifetime = 10_000
    @Option(help: "Milliseconds that a read takes.") var read = 2
    @Option(help: "The same number gives the same farm.") var seed: UInt64 = 1

    func run() {
        var farm = SimulatedFarm(instances: instances, sessions: sessions, lifetime: lifetime, read: read, seed: seed)
        print("\(instances) instances, \(rate) requests/s, \(sessions) sessions, rows count \(lifetime) ms")
        print("second  reads/s  waiting %  hit %")
        for second in 0..<seconds {
            if second == seconds / 2 { farm.forgetAll() }
            let counts = farm.run(requests: rate, second: second)
            if second < 3 || second % 10 == 9 || (0..<3).contains(second - seconds / 2) {
                print(counts.line(second: second))
            }
        }
        print("of 10,000 requests sent to two instances at random, both were accepted: ", terminator: "")
        print("\(races(stores: instances)) with memories of their own, \(races(stores: 1)) with one store for all")
    }

    /// How many of 10,000 requests are accepted twice, when instance n claims nonces in store n modulo `stores`.
    private func races(stores count: Int) -> Int {
        var random = SplitMix(state: seed)
        let stores = (0..<count).map { _ in NonceMemory(capacity: 20_000, share: 100, horizon: 601) }
        return (0..<10_000).count { number in
            let accepted = (0..<2).count { _ in
                let store = stores[random.below(instances) % count]
                return "n\(number)".utf8Bytes { nonce in
                    let claim = NonceClaim(
                        consumer: Bytes("consumer"), token: Bytes("token"), nonce: nonce, requestID: .empty,
                        expires: 600)
                    return store.claim(claim, now: 1) == .fresh
                }
            }
            return accepted == 2
        }
    }
}

extension String {
    fileprivate func utf8Bytes<Result>(_ body: (Bytes) -> Result) -> Result { Array(utf8).withBytes(body) }
}

/// A generator whose numbers a seed decides (SplitMix64).
struct SplitMix {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ word >> 30) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ word >> 27) &* 0x94D0_49BB_1331_11EB
        return word ^ word >> 31
    }

    /// A number below `count`.
    mutating func below(_ count: Int) -> Int { Int(next().multipliedFullWidth(by: UInt64(count)).high) }
    /// A number in 0..<1.
    mutating func fraction() -> Double { Double(next() >> 11) * 0x1p-53 }
}
