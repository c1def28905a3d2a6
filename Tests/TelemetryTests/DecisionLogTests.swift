import Foundation
import Logging
import Telemetry
import Testing

@Suite(.timeLimit(.minutes(1))) struct DecisionLogTests {
    private final class Folder {
        let path = FileManager.default.temporaryDirectory.appending(path: "decisions-\(UUID().uuidString)").path

        init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }

        deinit { try? FileManager.default.removeItem(atPath: path) }

        func text(_ name: String) -> String? { try? String(contentsOfFile: "\(path)/\(name)", encoding: .utf8) }
    }

    private func log(_ file: String, queue: Int = 1 << 20) throws -> DecisionLog {
        var settings = DecisionSettings()
        settings.file = file
        settings.queueBytes = queue
        return try DecisionLog(settings, version: "1", logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    private func line(_ number: Int) -> [UInt8] { Array("{\"n\":\(number)}\n".utf8) }

    @Test func linesAreAppendedAndARotatedFileIsLeft() throws {
        let folder = try Folder()
        let file = folder.path + "/log"
        try "before\n".write(toFile: file, atomically: false, encoding: .utf8)
        let log = try log(file)
        log.write(line(1))
        #expect(log.flush())
        try FileManager.default.moveItem(atPath: file, toPath: file + ".1")
        log.write(line(2))
        #expect(log.flush())
        try log.reopen()
        #expect(folder.text("log") == "")
        log.write(line(3))
        #expect(log.flush())
        #expect(folder.text("log.1") == "before\n{\"n\":1}\n{\"n\":2}\n" && folder.text("log") == "{\"n\":3}\n")
        #expect(log.droppedLines == 0)
    }

    @Test func whenTheNewFileCantBeOpenedTheOldOneStays() throws {
        let folder = try Folder()
        let inner = folder.path + "/inner"
        try FileManager.default.createDirectory(atPath: inner, withIntermediateDirectories: true)
        let log = try log(inner + "/log")
        try FileManager.default.moveItem(atPath: inner, toPath: folder.path + "/moved")
        let error = #expect(throws: DecisionLogError.self) { try log.reopen() }
        #expect(error?.description == "No such file or directory")
        log.write(line(1))
        #expect(log.flush() && folder.text("moved/log") == "{\"n\":1}\n")
    }

    @Test func aPipeWithoutAReaderHoldsNothingUp() throws {
        let folder = try Folder()
        let file = folder.path + "/pipe"
        #expect(mkfifo(file, 0o600) == 0)
        let log = try log(file, queue: 64 << 10)
        for number in 0..<100_000 { log.write(line(number)) }
        #expect(!log.flush(seconds: 0.1))
        let dropped = log.droppedLines
        #expect(dropped > 0 && dropped < 100_000)
        // A reader comes: whole lines in order, and those after it too.
        let reading = open(file, O_RDONLY | O_NONBLOCK)
        var text = ""
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while text.count(where: { $0 == "\n" }) < 100_000 - Int(dropped) {
            let count = read(reading, &chunk, chunk.count)
            if count > 0 { text += String(decoding: chunk[..<count], as: UTF8.self) } else { usleep(1000) }
        }
        close(reading)
        let numbers = text.split(separator: "\n").compactMap { Int($0.dropFirst(5).dropLast()) }
        #expect(numbers.count == 100_000 - Int(dropped) && zip(numbers, numbers.dropFirst()).allSatisfy { $0 < $1 })
        #expect(log.flush() && log.droppedLines == dropped)
    }

    @Test func linesThatAFullDiskDoesNotTakeAreCounted() throws {
        let log = try log("/dev/full")
        log.write(line(1))
        #expect(log.flush())
        #expect(log.droppedLines == 1)
    }

    @Test func aFileThatCantBeMadeIsAnError() {
        let error = #expect(throws: DecisionLogError.self) { try log("/nonexistent/log") }
        #expect(error?.description == "No such file or directory")
    }
}
