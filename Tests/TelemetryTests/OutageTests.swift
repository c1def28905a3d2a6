import Telemetry
import Testing

@Suite struct OutageTests {
    @Test func oneLineAtTheBeginOneAMinuteOneAtTheEnd() {
        var outage = OutageState()
        #expect(outage.look(nil, failed: 5, at: 0) == nil)
        #expect(outage.error("locked", failed: 5, at: 1000) == .began("locked"))
        // Errors that follow, and looks that find the same, say nothing more.
        for second in 2..<61 {
            #expect(outage.error("locked", failed: 6, at: Int64(second) * 1000) == nil)
            #expect(outage.look("locked", failed: 6, at: Int64(second) * 1000) == nil)
        }
        #expect(outage.look("gone", failed: 105, at: 61_000) == .goesOn("gone", seconds: 60, failed: 100))
        #expect(outage.look("gone", failed: 105, at: 62_000) == nil)
        #expect(outage.look("gone", failed: 205, at: 121_000) == .goesOn("gone", seconds: 120, failed: 200))
        #expect(outage.look(nil, failed: 206, at: 122_000) == nil, "the last error is a second ago")
        #expect(outage.look(nil, failed: 206, at: 123_000) == .ended(seconds: 122, failed: 201))
        #expect(outage.look(nil, failed: 206, at: 124_000) == nil)
        #expect(outage.look("gone", failed: 206, at: 125_000) == .began("gone"))
    }

    @Test func lookupsThatSucceedBetweenErrorsDoNotEndIt() {
        var outage = OutageState()
        var lines: [OutageState.Line] = []
        for step in 0..<30 {
            let now = Int64(step) * 1000
            if let line = outage.error("busy", failed: 0, at: now) { lines.append(line) }
            if let line = outage.look(nil, failed: 0, at: now + 500) { lines.append(line) }
        }
        #expect(lines == [.began("busy")])
    }
}
