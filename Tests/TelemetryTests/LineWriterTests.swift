import Foundation
import Telemetry
import Testing

/// A pipe. Nothing reads it until it is asked to.
private final class Pipe: Sendable {
    let reading: Int32, writing: Int32

    init() throws {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw POSIXError(.EMFILE) }
        (reading, writing) = (ends[0], ends[1])
        // One page: it is full soon.
        _ = fcntl(writing, 1031 /* F_SETPIPE_SZ */, 4096)
    }

    func closeReading() { close(reading) }

    func closeWriting() { close(writing) }

    /// Reads until `isEnough`.
    func read(until isEnough: (String) -> Bool) -> String {
        var text = ""
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while !isEnough(text), case let count = Foundation.read(reading, &chunk, chunk.count), count > 0 {
            text += String(decoding: chunk[..<count], as: UTF8.self)
        }
        return text
    }
}

@Suite(.timeLimit(.minutes(1))) struct LineWriterTests {
    private func line(_ number: Int) -> [UInt8] {
        Array("line \(number) \(String(repeating: "x", count: 90))\n".utf8)
    }

    @Test func aPipeThatNobodyReadsHoldsNothingUp() throws {
        let pipe = try Pipe()
        let writer = LineWriter(descriptor: pipe.writing, capacity: 10_000) { Array("dropped \($0)\n".utf8) }
        let clock = ContinuousClock()
        let took = clock.measure { for number in 0..<20_000 { writer.write(line(number)) } }
        #expect(took < .seconds(5))
        let dropped = writer.droppedLines
        #expect(dropped > 19_000)
        let start = clock.now
        #expect(!writer.flush(seconds: 0.1))
        #expect(clock.now - start < .seconds(5))

        // A reader comes back: what was queued arrives whole and in order, and how many lines were dropped.
        func count(_ text: some StringProtocol) -> UInt64 {
            text.split(separator: "\n").reduce(0) { $0 + ($1.hasPrefix("dropped ") ? UInt64($1.dropFirst(8)) ?? 0 : 0) }
        }
        let text = pipe.read { $0.hasSuffix("\n") && count($0) == dropped }
        let lines = text.split(separator: "\n").filter { $0.hasPrefix("line ") }
        #expect(UInt64(lines.count) == 20_000 - dropped)
        let numbers = lines.compactMap { Int($0.split(separator: " ")[1]) }
        #expect(zip(numbers, numbers.dropFirst()).allSatisfy { $0 < $1 })
        #expect(zip(lines, numbers).allSatisfy { $0.utf8.elementsEqual(line($1).dropLast()) })
        writer.write(line(7))
        #expect(writer.flush())
        #expect(pipe.read { $0.hasSuffix("\n") } == String(decoding: line(7), as: UTF8.self))
        #expect(writer.droppedLines == dropped)
        pipe.closeReading()
        pipe.closeWriting()
    }

    @Test func aReaderThatIsGoneCostsItsLinesAndNothingElse() throws {
        let pipe = try Pipe()
        pipe.closeReading()
        let writer = LineWriter(descriptor: pipe.writing) { _ in [] }
        for number in 0..<3 { writer.write(line(number)) }
        #expect(writer.flush())
        #expect(writer.droppedLines == 3)
        pipe.closeWriting()
    }

    @Test func linesOfManyThreadsStayWhole() async throws {
        let pipe = try Pipe()
        let writer = LineWriter(descriptor: pipe.writing)
        async let text = Task.detached { pipe.read { $0.count { $0 == "\n" } == 800 } }.value
        await withTaskGroup(of: Void.self) { group in
            for thread in 0..<8 {
                group.addTask { for number in 0..<100 { writer.write(line(thread * 100 + number)) } }
            }
        }
        let lines = await text.split(separator: "\n").map { Array($0.utf8) + [0x0A] }
        #expect(Set(lines) == Set((0..<800).map(line)))
        pipe.closeReading()
        pipe.closeWriting()
    }

    @Test func aDescriptorThatDoesNotBlockIsWaitedFor() throws {
        let pipe = try Pipe()
        _ = fcntl(pipe.writing, F_SETFL, fcntl(pipe.writing, F_GETFL) | O_NONBLOCK)
        let writer = LineWriter(descriptor: pipe.writing)
        for number in 0..<500 { writer.write(line(number)) }
        let lines = pipe.read { $0.count { $0 == "\n" } == 500 }.split(separator: "\n")
        #expect(lines.count == 500 && writer.droppedLines == 0)
        pipe.closeReading()
        pipe.closeWriting()
    }
}
