import Telemetry
import Testing

@Suite struct KeptRefusalsTests {
    private func refusal(_ id: Int) -> KeptRefusal {
        KeptRefusal(
            requestID: "\(id)", time: Int64(id), reason: "nonce-used", mode: "enforce", consumerKey: "", message: [])
    }

    @Test func theOldestGivesWay() {
        let kept = KeptRefusals(capacity: 3)
        #expect(kept.latest(10).isEmpty && kept.find("1") == nil)
        for id in 1...5 { kept.keep(refusal(id)) }
        #expect(kept.latest(10).map(\.time) == [5, 4, 3] && kept.latest(2).map(\.time) == [5, 4])
        #expect(kept.find("2") == nil && kept.find("3")?.time == 3)
    }

    @Test func ofOneIDTheLatestIsFound() {
        let kept = KeptRefusals(capacity: 2)
        kept.keep(refusal(1))
        kept.keep(KeptRefusal(requestID: "1", time: 9, reason: "", mode: "", consumerKey: "", message: []))
        #expect(kept.find("1")?.time == 9)
    }

    @Test func aLongIDIsFoundAsItWasSent() {
        let kept = KeptRefusals(capacity: 2)
        let sent = String(repeating: "a", count: 300)
        let id = String(sent.prefix(KeptRefusals.maxIDBytes))
        kept.keep(KeptRefusal(requestID: id, time: 9, reason: "", mode: "", consumerKey: "", message: []))
        #expect(kept.find(sent)?.time == 9 && kept.find(id)?.time == 9 && kept.find(String(sent.prefix(127))) == nil)
    }

    @Test func whereNoneAreKeptNoneIs() {
        let kept = KeptRefusals(capacity: 0)
        kept.keep(refusal(1))
        #expect(kept.find("1") == nil)
    }
}
