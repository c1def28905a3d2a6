import Sessions
import Tools
import Testing
import Bytes

/// Runs a replay on chunks of input; the lines of its output and its complaints.
private func run(
    _ chunks: [String], clock: Replay.Clock = .now
) throws -> (lines: [JSON], complaints: [String], isClean: Bool) {
    let replay = try Replay(SharedDemo.load(), clock: clock) { Timestamp(seconds: 1_772_366_400) }
    var (lines, complaints): ([[UInt8]], [String]) = ([], [])
    var chunks = chunks.map { Array($0.utf8) }[...]
    let isClean = replay.run(
        input: { chunks.popFirst() }, output: { lines.append($0) }, complain: { complaints.append("\($0): \($1)") })
    return (try lines.map { try JSON(parsing: $0) }, complaints, isClean)
}

private func request(_ id: Int, time: String? = nil) -> String {
    let stamp = time.map { "\"time\": \"\($0)\", " } ?? ""
    return
        "{\"attributes\": {\"request\": {\(stamp)\"http\": {\"id\": \"\(id)\", \"method\": \"GET\", "
        + "\"path\": \"/\"}}}}"
}

@Suite struct ReplayTests {
    @Test func aLineAnAnswer() throws {
        let result = try run([request(1) + "\n" + request(2) + "\n\n  \n" + request(3)])
        #expect(result.lines.count == 3)
        #expect(result.lines.allSatisfy { $0["dynamicMetadata"]?["session"]?["outcome"] == "anonymous" })
        #expect(result.isClean && result.complaints.isEmpty)
    }

    @Test func chunksEndAnywhere() throws {
        let input = Array((request(1) + "\r\n" + request(2) + "\n").utf8)
        let chunks = input.map { String(UnicodeScalar($0)) }
        #expect(try run(chunks).lines.count == 2)
        #expect(try run([]).lines.isEmpty)
    }

    @Test func oneRequestOverSeveralLines() throws {
        let pretty = try JSON(parsing: request(1)).pretty
        let result = try run(["\n", String(decoding: pretty, as: UTF8.self) + "\n\n"])
        #expect(result.lines.count == 1 && result.isClean)
    }

    @Test func badLinesAreNamedAndTheOthersAnswered() throws {
        let result = try run([
            "{\"attributes\":\n" + request(1)
                + "\n[]\n{\"attributed\": {}}\n{\"attributes\": {\"request\": {\"time\": 5}}}\n\n"
                + request(2) + "\nnull"
        ])
        #expect(result.lines.count == 2)
        #expect(!result.isClean)
        #expect(result.complaints.map { String($0.prefix { $0 != ":" }) } == ["1", "3", "4", "5", "8"])
        #expect(result.complaints[2].contains("attributed"))
    }

    @Test func theClockOfTheRequest() throws {
        let result = try run(
            [request(1, time: "2026-03-01T12:00:00Z") + "\n" + request(2) + "\n"], clock: .request)
        #expect(result.lines.count == 1)
        #expect(result.complaints.count == 1 && result.complaints[0].hasPrefix("2: attributes.request.time is missing"))
    }
}
