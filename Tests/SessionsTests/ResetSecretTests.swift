// A secret that was reset counts at once, as in MediaWiki, and guessing signatures buys no reads.

import Bytes
import EnvoyProtocol
import Sessions
import TestSupport
import Testing

@Suite struct ResetSecretTests {
    /// A world whose rows behind Alice's token have been in memory for `seconds`.
    private func warm(_ seconds: Double = 1) -> TestWorld {
        let world = TestWorld()
        #expect(world.check(world.signed(nonce: "warm")).decision?.outcome == .authenticated)
        pass(seconds, in: world)
        return world
    }

    private func pass(_ seconds: Double, in world: TestWorld) {
        world.now = Timestamp(milliseconds: world.now.milliseconds + Int64(seconds * 1000))
    }

    private static let resets: [(name: String, secrets: String, reset: @Sendable (TestWorld) -> Void)] = [
        ("consumer", "new&ts", { $0.directory.consumers[0].storedSecret = Array("new".utf8) }),
        ("token", "cs&new", { $0.directory.acceptances[0].storedSecret = Array("new".utf8) }),
    ]

    @Test(arguments: [0, 1]) func theNewSecretCountsAtOnceAndTheOldOneNoMore(which: Int) {
        let (_, secrets, reset) = Self.resets[which]
        let world = warm()
        reset(world)
        let first = world.check(world.signed(nonce: "a", secrets: secrets))
        #expect(first.decision?.outcome == .authenticated)
        #expect(first.lookups == [.oauth1Again(consumerKey: Array("ck".utf8), token: Array("ta".utf8))])
        #expect(world.check(world.signed(nonce: "b", secrets: secrets)).lookups.isEmpty)
        #expect(world.check(world.signed(nonce: "c")).reason == .signatureInvalid)
    }

    /// Guessing: one read in two seconds for a token, however many guesses there are.
    @Test func guessesBuyNoReads() {
        let world = warm()
        let before = world.directory.reads
        for guess in 0..<1000 {
            #expect(world.check(world.signed(nonce: "n\(guess)", secrets: "guess&ts")).reason == .signatureInvalid)
            pass(0.008, in: world)
        }
        #expect((3...5).contains(world.directory.reads - before))
    }

    /// Rows that were read for this very request are not read twice.
    @Test func whatWasJustReadIsNotReadAgain() {
        let world = TestWorld()
        #expect(world.check(world.signed(nonce: "a", secrets: "guess&ts")).reason == .signatureInvalid)
        #expect(world.directory.reads == 1)
    }

    /// What an attacker's guesses have had read serves the client, too: two seconds are the longest that a reset goes unnoticed.
    @Test func aResetAmongGuessesIsNoticed() {
        let world = warm()
        #expect(world.check(world.signed(nonce: "a", secrets: "guess&ts")).reason == .signatureInvalid)
        world.directory.consumers[0].storedSecret = Array("new".utf8)
        pass(1.9, in: world)
        #expect(world.check(world.signed(nonce: "b", secrets: "new&ts")).reason == .signatureInvalid)
        pass(0.1, in: world)
        #expect(world.check(world.signed(nonce: "c", secrets: "new&ts")).decision?.outcome == .authenticated)
    }

    /// Without the database it can't be told whether a secret was reset.
    @Test func anOutageIsNoRefusal() {
        let world = warm()
        world.directory.fail(with: Fault.storeUnavailable)
        #expect(world.check(world.signed(nonce: "a", secrets: "new&ts")).fault == .storeUnavailable)
        #expect(world.check(world.signed(nonce: "b")).decision?.outcome == .authenticated)
    }

    @Test func aClockThatIsSetBackEndsInADecision() {
        let world = warm()
        pass(-3600, in: world)
        #expect(world.check(world.signed(nonce: "a", secrets: "guess&ts")).reason == .signatureInvalid)
    }
}
