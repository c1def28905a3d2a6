import Bytes
import Logging
import Synchronization
import Telemetry
import Testing

/// Lines that were logged.
final class Lines: Sendable {
    private let lines = Mutex<[String]>([])

    var all: [String] { lines.withLock { $0 } }

    @Sendable func add(_ line: [UInt8]) { lines.withLock { $0.append(String(decoding: line, as: UTF8.self)) } }
}

@Suite struct LogTests {
    private func logged(_ format: LogSettings.Format, level: LogSettings.Level = .info, _ body: (Logger) -> Void)
        -> [String]
    {
        let lines = Lines()
        var settings = LogSettings()
        settings.format = format
        settings.level = level
        body(Logger(label: "test", factory: { _ in LineLog(settings, write: lines.add) }))
        return lines.all
    }

    @Test func aLineForPeople() {
        let lines = logged(.text) { logger in
            logger.info("it\nis", metadata: ["b": "two words", "a": "1", "c": ""])
            logger.debug("not shown")
        }
        #expect(lines.count == 1)
        #expect(
            lines[0].wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z info    it is a=1 b="two words" c=""\n/)
                != nil)
    }

    /// A value that others choose must not look like a field of ours, however a space is written.
    @Test(arguments: [
        ("a\tmode=observe", #""a\tmode=observe""#), ("a \u{301}mode=observe", "\"a \u{301}mode=observe\""),
        ("a\rmode=x", #""a\rmode=x""#), ("a\u{a0}b", "\"a\u{a0}b\""), ("mode=observe", #""mode=observe""#),
        ("\"\u{301}a", "\"\\\"\u{301}a\""), ("a\u{2028}b", #""a\u{2028}b""#), ("plain-1", "plain-1"),
    ])
    func aValueForgesNoField(_ value: String, _ written: String) {
        let lines = logged(.text) { $0.info("m", metadata: ["id": "\(value)", "z": "1"]) }
        #expect(lines.count == 1 && lines[0].hasSuffix(" info    m id=\(written) z=1\n"), "\(lines)")
    }

    @Test func aLineForMachines() throws {
        let lines = logged(.json, level: .error) { logger in
            logger.error("it \"is\"\n", metadata: ["a": "é\u{1}"])
            logger.warning("not shown")
        }
        #expect(lines.count == 1 && lines[0].hasSuffix("}\n"))
        let line = try JSON(parsing: lines[0])
        #expect(line["level"] == "error" && line["message"] == "it \"is\"\n" && line["a"] == "é\u{1}")
        #expect(line["time"]?.stringValue?.count == 24)
    }

    @Test func linesAreBounded() throws {
        for format in [LogSettings.Format.text, .json] {
            let lines = logged(format) { logger in
                logger.info(
                    "\(String(repeating: "é", count: 60_000))",
                    metadata: ["a": "\(String(repeating: "x", count: 60_000))"])
            }
            #expect(lines[0].utf8.count < 4096 + 1024 + 100)
            #expect(lines[0].contains("é…"))
            #expect(lines[0].contains(String(repeating: "x", count: 1024) + "…"))
        }
    }

    private func refuse(_ log: CheckLog, id: [UInt8], at now: Int64) {
        id.withBytes { id in
            log.refused(at: now) {
                var refusal = CheckLog.Refusal()
                refusal.reason = "token-invalid"
                refusal.mode = "enforce"
                refusal.id = id
                refusal.address = Bytes("203.0.113.5")
                return refusal
            }
        }
    }

    @Test func whatComesFromTheWireIsCut() {
        let lines = logged(.text) { logger in
            let log = CheckLog(logger)
            refuse(log, id: Array(String(repeating: "a", count: 60_000).utf8), at: 0)
            refuse(log, id: [UInt8](repeating: 0xFF, count: 60_000), at: 0)
        }
        #expect(lines[0].contains(" address=203.0.113.5 id=\(String(repeating: "a", count: 128))… mode=enforce"))
        #expect(lines.count == 2 && lines[1].utf8.count < 300, "\(lines)")
    }

    @Test func refusalsDoNotFloodTheLog() {
        let lines = logged(.text) { logger in
            let log = CheckLog(logger)
            for _ in 0..<50 { refuse(log, id: [], at: 1000) }
            for _ in 0..<9 { log.misconfigured("a problem", at: 1000) }
            refuse(log, id: [], at: 2000)
        }
        #expect(lines.count == 20 + 2 + 2)
        #expect(lines[22].hasSuffix(" info    refusals not logged count=30\n"))
    }

    @Test(arguments: [(LogSettings.Level.debug, 101), (.info, 0)])
    func waitsAreLoggedAtLevelDebug(_ level: LogSettings.Level, _ count: Int) {
        let lines = logged(.text, level: level) { logger in
            let log = CheckLog(logger)
            for _ in 0..<150 { log.waited(at: 1000) { wait } }
            log.waited(at: 1999) { wait }
            log.waited(at: 2000) { wait }
        }
        #expect(lines.count { $0.contains("check had to wait") && $0.contains("fault=overloaded") } == count)
        #expect(lines.contains { $0.contains("count=51") } == (count > 0))
    }

    private var wait: CheckLog.Wait {
        var wait = CheckLog.Wait()
        wait.outcome = "failed"
        wait.fault = "overloaded"
        return wait
    }

    @Test func nothingIsLoggedBelowItsLevel() {
        let lines = logged(.text, level: .error) { logger in
            let log = CheckLog(logger)
            for _ in 0..<50 { refuse(log, id: [], at: 1000) }
            log.misconfigured("a problem", at: 1000)
        }
        #expect(lines.count == 1)
    }
}
