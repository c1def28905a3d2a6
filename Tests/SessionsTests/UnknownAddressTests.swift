// Requests whose address is not known.

import Bytes
import EnvoyProtocol
import Sessions
import TestSupport
import Testing

@Suite struct UnknownAddressTests {
    private static let cases: [(String, Bool)] = [
        (#"{"IPAddresses":["0.0.0.0/0","::/0"]}"#, true), (#"{"IPAddresses":["::/0","192.0.2.1","0.0.0.0/0"]}"#, true),
        (#"{"IPAddresses":["0.0.0.0/0"]}"#, false), (#"{"IPAddresses":["192.0.2.0/24","::/0"]}"#, false),
        (#"{"IPAddresses":[]}"#, false), ("{}", false), ("", false),
    ]

    /// A request through a Unix socket or an internal listener has no address: it passes what every address passes.
    @Test(arguments: cases)
    func withoutAnAddress(restrictions: String, isAllowed: Bool) {
        func message(_ field: UInt8, _ content: [UInt8]) -> [UInt8] {
            [field << 3 | 2, UInt8(content.count)] + content
        }
        // Address: pipe=2 { path=1 }, envoy_internal_address=3 { server_listener_name=1 }.
        for address in [[], message(2, message(1, Array("/run/x".utf8))), message(3, message(1, Array("inner".utf8)))] {
            let world = TestWorld()
            world.directory.consumers[0].restrictions = Array(restrictions.utf8)
            var request = world.signed(nonce: "n1")
            request.sourceAddress = []
            // attributes=1 { source=1 { address=1 } } is merged with what comes before.
            let outcome = world.check(request.encode() + message(1, message(1, message(1, address))))
            #expect((outcome.decision?.outcome == .authenticated) == isAllowed, "\(address)")
            #expect(isAllowed || outcome.reason == .addressNotAllowed)
        }
    }

    /// The same where the edge in front says the address, and has not. What it says must be an address.
    @Test(arguments: cases)
    func withoutTheHeader(restrictions: String, isAllowed: Bool) {
        let world = TestWorld()
        world.settings.trust.clientAddressHeader = "x-client-ip"
        world.directory.consumers[0].restrictions = Array(restrictions.utf8)
        #expect((world.check(world.signed(nonce: "n1")).decision?.outcome == .authenticated) == isAllowed)
        for junk in ["", "nowhere", "unix:"] {
            let outcome = world.check(world.signed(nonce: "junk\(junk.count)").adding("x-client-ip", junk))
            #expect(outcome.reason == .addressNotAllowed)
        }
    }
}
