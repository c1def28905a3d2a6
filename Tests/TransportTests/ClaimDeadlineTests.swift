// A nonce's claim that is answered after its check's deadline. It has no timer: the store gives up by itself, later than some callers.

import Sessions
import Testing
import Transport

@Suite struct ClaimDeadlineTests {
    /// A client whose check waits for a claim, and gives it 200 ms.
    private func waiting() throws -> (Connected, id: Int32) {
        let connected = try Connected { $0.maxPendingLookups = 1 }
        let id = connected.client.call("/claim", [], [("grpc-timeout", "200m")])
        try connected.exchangeBytes()
        try #require(connected.resolver.count == 1)
        return (connected, id)
    }

    /// What a claim is answered that nothing is in the way of.
    private func nextStatus(_ connected: Connected) throws -> String? {
        let id = connected.client.call("/claim", [])
        try connected.exchangeBytes()
        connected.resolver.release()
        try connected.exchangeBytes()
        return connected.client.response(id).grpcStatus
    }

    @Test func anAnswerInTime() throws {
        let (connected, id) = try waiting()
        connected.wait(seconds: 0.19)
        connected.resolver.release()
        try connected.exchangeBytes()
        #expect(connected.client.response(id).grpcStatus == "0")
    }

    /// The caller may not have told yet that it waits no more: it gets no decision that it has not waited for.
    @Test func aLateAnswer() throws {
        let (connected, id) = try waiting()
        connected.wait(seconds: 0.3)
        try connected.exchangeBytes()
        #expect(connected.client.response(id).grpcStatus == nil)
        connected.resolver.release()
        try connected.exchangeBytes()
        #expect(connected.client.response(id).grpcStatus == "4")
        #expect(connected.client.response(id).body.isEmpty)
        #expect(try nextStatus(connected) == "0")
    }

    /// A store that is away says so late, too.
    @Test func aLateFault() throws {
        let (connected, id) = try waiting()
        connected.wait(seconds: 0.3)
        connected.resolver.release(.nonceStoreUnavailable)
        try connected.exchangeBytes()
        #expect(connected.client.response(id).grpcStatus == "14")
    }

    /// Claims that are under way are bounded, waited for or not. The answer to one of a stream that is gone goes to no other.
    @Test func theCallerHasGone() throws {
        let (connected, id) = try waiting()
        connected.client.reset(id)
        let other = connected.client.call("/claim", [])
        try connected.exchangeBytes()
        #expect(connected.client.response(other).grpcStatus == "8", "overloaded")
        #expect(connected.resolver.count == 1)
        let before = connected.client.responses.count
        connected.resolver.release()
        try connected.exchangeBytes()
        #expect(connected.client.responses.count == before && !connected.isClosed)
        #expect(try nextStatus(connected) == "0")
    }
}
