// Consumers of the configuration ($wgOAuthStaticApps): before the rows, and judged as rows are.

import Bytes
import Sessions
import TestSupport
import Testing

@Suite struct StaticConsumerTests {
    /// Alice's consumer `ck` (1) of the database, as one of the configuration.
    private func consumer(_ change: (inout Consumer) -> Void = { _ in }) -> Consumer {
        var consumer = TestWorld().directory.consumers[0]
        consumer.name = "Configured"
        change(&consumer)
        return consumer
    }

    /// A world whose database has no such consumer, but its acceptances.
    private func world(_ consumers: Consumer...) -> TestWorld {
        let world = TestWorld()
        world.settings.staticConsumers = consumers
        world.directory.consumers.removeAll { $0.id == 1 }
        return world
    }

    @Test func withoutARow() {
        let world = world(consumer())
        let outcome = world.check(world.signed(nonce: "n1"))
        #expect(outcome.decision?.outcome == .authenticated && outcome.decision?.identity?.userID == 3)
        #expect(outcome.decision?.identity?.consumer?.name == "Configured")
        #expect(world.check(world.signed(token: "tb", nonce: "n2")).decision?.identity?.userID == 5)
        #expect(world.check(world.signed(token: "to", nonce: "n3")).reason == .tokenInvalid, "another consumer's")
        #expect(world.check(world.signed(token: "none", nonce: "n4")).reason == .tokenInvalid)
    }

    /// What the row says does not count: neither its stage nor its secret.
    @Test func beforeTheRow() {
        let world = TestWorld()
        world.settings.staticConsumers = [consumer { $0.storedSecret = Array("other".utf8) }]
        world.directory.consumers[0].stage = .disabled
        #expect(world.check(world.signed(nonce: "n1", secrets: "other&ts")).decision?.outcome == .authenticated)
        #expect(world.check(world.signed(nonce: "n2")).reason == .signatureInvalid)
    }

    /// What is left out of the configuration is what rows are judged by.
    @Test func judgedAsRowsAre() {
        let ownerOnly = world(consumer { $0.ownerOnly = true })
        #expect(ownerOnly.check(ownerOnly.signed(nonce: "n1")).decision?.outcome == .authenticated)
        #expect(ownerOnly.check(ownerOnly.signed(token: "tb", nonce: "n2")).reason == .consumerNotApproved)
        let elsewhere = world(consumer { $0.wiki = "dewiki" })
        #expect(elsewhere.check(elsewhere.signed(nonce: "n1")).reason == .wrongWiki)
        let bound = world(consumer { $0.restrictions = Array(#"{"IPAddresses":["192.0.2.1"]}"#.utf8) })
        #expect(bound.check(bound.signed(nonce: "n1")).reason == .addressNotAllowed)
        let second = world(consumer { $0.oauthVersion = 2 })
        #expect(second.check(second.signed(nonce: "n1")).decision?.outcome == .authenticated, "as for a row")
    }

    /// The token's `aud` finds it by key, the acceptance by id.
    @Test func accessTokens() {
        let world = TestWorld()
        var consumer = world.directory.consumers[1]
        consumer.name = "Configured"
        world.settings.staticConsumers = [consumer]
        world.directory.consumers.removeAll { $0.id == 2 }
        let outcome = world.check(world.bearer())
        #expect(outcome.decision?.identity?.consumer?.name == "Configured" && outcome.decision?.identity?.userID == 3)
        world.directory.tokens[0].revoked = true
        world.now = Timestamp(seconds: world.now.seconds + 60)
        #expect(world.check(world.bearer()).reason == .accessTokenRevoked)
        let other = TestWorld()
        consumer.oauthVersion = 1
        other.settings.staticConsumers = [consumer]
        #expect(other.check(other.bearer()).reason == .clientUnknown, "one of OAuth 1 is no client")
    }
}
