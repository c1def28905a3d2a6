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

    /// One line when it begins and one at its end, with file, problem and sum, however many lines are lost.
    @Test func whatAFullDiskLosesIsSaidOnce() throws {
        let folder = try Folder()
        let file = folder.path + "/log"
        try FileManager.default.createSymbolicLink(atPath: file, withDestinationPath: "/dev/full")
        let lines = Lines()
        var settings = DecisionSettings()
        settings.file = file
        let logger = Logger(label: "test", factory: { _ in LineLog(LogSettings(), write: lines.add) })
        let log = try DecisionLog(settings, version: "1", logger: logger)
        // Several batches fail before the first look.
        for number in 0..<3 {
            log.write(line(number))
            usleep(50_000)
        }
        for number in 3..<20 {
            log.write(line(number))
            #expect(log.flush())
            log.look()
        }
        #expect(lines.all.count == 1 && log.droppedLines == 20, "\(lines.all)")
        #expect(
            lines.all[0].hasSuffix(
                "error   decision log can't be written: lines are lost file=\(file) problem=\"No space left on device\"\n"
            ))
        // There is room again: what comes is written, and two seconds later the log says how many were lost.
        try FileManager.default.removeItem(atPath: file)
        try log.reopen()
        log.write(line(20))
        #expect(log.flush() && folder.text("log") == "{\"n\":20}\n")
        let end = ContinuousClock.now + .seconds(10)
        while lines.all.count < 2, ContinuousClock.now < end {
            usleep(50_000)
            log.look()
        }
        #expect(
            lines.all.count == 2
                && lines.all[1].contains("notice  decision log can be written again file=\(file) lost_lines=20"),
            "\(lines.all)")
    }

    @Test func aFullQueueIsSaidOnceAMinute() {
        let lines = Lines()
        let outage = DecisionOutage(
            "log", Logger(label: "test", factory: { _ in LineLog(LogSettings(), write: lines.add) }))
        for second in Int64(0)...130 { outage.look(nil, lost: UInt64(second) * 5, at: second * 1000) }
        for second in Int64(131)...200 { outage.look(nil, lost: 650, at: second * 1000) }
        let expected = [
            "error   decision log can't be written: lines are lost file=log problem=\"\(DecisionOutage.fullQueue)\"",
            "error   decision log still can't be written file=log lost_lines=305 problem=\"\(DecisionOutage.fullQueue)\" seconds=60",
            "error   decision log still can't be written file=log lost_lines=605 problem=\"\(DecisionOutage.fullQueue)\" seconds=120",
            "notice  decision log can be written again file=log lost_lines=650 seconds=131",
        ]
        #expect(lines.all.map { String($0.dropFirst(25).dropLast()) } == expected)
    }

    @Test func aFileIsCheckedWithoutBeingMade() throws {
        let folder = try Folder()
        func problem(_ file: String) -> String? {
            var settings = DecisionSettings()
            settings.file = file
            do throws(DecisionLogError) { try DecisionLog.check(settings) } catch { return error.description }
            return nil
        }
        #expect(problem(folder.path + "/log") == nil && folder.text("log") == nil)
        #expect(problem(folder.path) == "Is a directory")
        #expect(problem(folder.path + "/missing/log") == "No such file or directory")
        #expect(mkfifo(folder.path + "/pipe", 0o600) == 0)
        #expect(problem(folder.path + "/pipe") == nil && problem("-") == nil && problem("/dev/full") == nil)
        try "kept\n".write(toFile: folder.path + "/old", atomically: false, encoding: .utf8)
        #expect(problem(folder.path + "/old") == nil && folder.text("old") == "kept\n")
    }

    @Test func aFileThatCantBeMadeIsAnError() {
        let error = #expect(throws: DecisionLogError.self) { try log("/nonexistent/log") }
        #expect(error?.description == "No such file or directory")
    }
}
