// Nonces that outlive a restart.

import Bytes
import Cryptography
import Sessions
import Testing

@Suite struct NonceHandoverTests {
    private let now: Int64 = 1_772_366_400

    private func claim(_ nonce: String, request: String = "", expires: Int64) -> NonceClaim {
        Array(nonce.utf8).withBytes { nonce in
            Array(request.utf8).withBytes { request in
                NonceClaim(
                    consumer: Bytes("ck"), token: Bytes("ta"), nonce: nonce, requestID: request, expires: expires)
            }
        }
    }

    private func memory() -> NonceMemory { NonceMemory(capacity: 100_000, share: 50, horizon: 601) }

    @Test func whatWasAcceptedBeforeIsNotAcceptedAfter() throws {
        let (old, new) = (memory(), memory())
        for index in 0..<1000 { _ = old.claim(claim("n\(index)", request: "r\(index)", expires: now + 300), now: now) }
        _ = old.claim(claim("over", expires: now + 1), now: now)
        try new.takeOver(old.handover(now: now + 10), now: now + 10)
        #expect(new.count == 1000)
        for index in 0..<1000 {
            #expect(new.claim(claim("n\(index)", request: "other", expires: now + 300), now: now + 10) == .used)
        }
        #expect(new.claim(claim("n7", request: "r7", expires: now + 300), now: now + 10) == .retried)
        #expect(new.claim(claim("fresh", expires: now + 300), now: now + 10) == .fresh)
    }

    @Test func noMoreIsTakenThanThereIsRoomFor() throws {
        let old = memory()
        for index in 0..<3000 { _ = old.claim(claim("n\(index)", expires: now + 300), now: now) }
        let small = NonceMemory(capacity: 1000, share: 50, horizon: 601)
        try small.takeOver(old.handover(now: now), now: now)
        #expect(small.count == 1000)
    }

    @Test func damagedAndForeignFilesAreNotTaken() throws {
        let old = memory()
        for index in 0..<3 { _ = old.claim(claim("n\(index)", expires: now + 300), now: now) }
        let handover = old.handover(now: now)
        for index in handover.indices {
            var damaged = handover
            damaged[index] ^= 1
            #expect(throws: NonceHandoverError.damaged) { try memory().takeOver(damaged, now: now) }
            #expect(throws: NonceHandoverError.damaged) { try memory().takeOver(Array(handover[..<index]), now: now) }
        }
        var foreign = Array(handover.dropLast(32))
        foreign[8] ^= 1
        foreign += foreign.withBytes { SHA256.digest($0) }.withBytes { $0.array }
        #expect(throws: NonceHandoverError.foreign) { try memory().takeOver(foreign, now: now) }
        #expect(throws: NonceHandoverError.foreign) { try NonceMemory.adoptSecret(of: foreign) }
        // Its own secret may be adopted at any time.
        try NonceMemory.adoptSecret(of: handover)
    }
}
