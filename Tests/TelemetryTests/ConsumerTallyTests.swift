import Telemetry
import Testing

@Suite struct ConsumerTallyTests {
    @Test func thoseWithTheMostStay() {
        let tally = ConsumerTally(capacity: 4)
        for _ in 0..<1000 { for kind in 0..<2 { tally.add(nil, kind: kind) } }
        for kind in 2..<500 { tally.add(nil, kind: kind) }
        let top = tally.top(10)
        #expect(top.count == 4)
        #expect(
            Set(top.prefix(2).map(\.kind)) == [0, 1] && top.prefix(2).allSatisfy { $0.count == 1000 && $0.error == 0 })
        // Of the 498 others each has taken the place of one with as few: no count is too high by more than its error says.
        #expect(top.dropFirst(2).map(\.count).reduce(0, +) == 498)
        #expect(top.dropFirst(2).allSatisfy { $0.count - $0.error == 1 })
    }
}
