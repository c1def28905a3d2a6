import Bytes
import Telemetry
import Testing

@Suite struct DecisionRecordTests {
    /// A record in which every field has a value of its own.
    private var full: DecisionRecord {
        var record = DecisionRecord()
        record.time = 1_772_366_400_125
        record.requestID = "id-\"1\""
        record.traceID = "0af7651916cd43dd8448eb211c80319c"
        record.host = "wiki.example"
        record.wiki = "wiki"
        record.method = "POST"
        record.path = "/w/api.php"
        record.outcome = "authenticated"
        record.type = "oauth1"
        record.reason = "cookie-expired"
        record.fault = "overloaded"
        record.userID = 3
        record.userSub = "mw:local:wiki:3"
        record.userName = "Älice"
        record.consumerKey = "5c7c"
        record.rateLimitClass = "approved-bot"
        record.rateLimitKey = "jwt-sub:mw:local:wiki:3"
        record.clientAddress = "192.0.2.1"
        record.actsAs = "user"
        record.cookie = "set"
        record.mode = "enforce"
        record.duration = 1234
        record.lookups = 2
        record.sampleWeight = 100
        record.instance = "a"
        record.version = "1.0"
        return record
    }

    private func line(_ record: DecisionRecord) -> [UInt8] {
        var line: [UInt8] = []
        record.write(into: &line)
        return line
    }

    private func read(_ line: String) throws(JSONError) -> DecisionRecord {
        try Array(line.utf8).withBytes { (bytes) throws(JSONError) in try DecisionRecord(json: bytes) }
    }

    @Test func everyFieldIsWrittenAndReadAgain() throws {
        let line = line(full)
        #expect(line.last == 0x0A && line.count { $0 == 0x0A } == 1)
        #expect(try line.withBytes { try DecisionRecord(json: $0) } == full)
        let members = try #require(try JSON(parsing: line).members)
        #expect(members.count == 26 && Set(members.map(\.name)).count == 26)
        #expect(members.first == .init("time", "2026-03-01T12:00:00.125Z"))
        #expect(members.contains(.init("sample_weight", .number("100"))))
    }

    @Test func whatIsNotKnownIsLeftOut() throws {
        var record = DecisionRecord()
        record.outcome = "anonymous"
        record.sampleWeight = 1 / 0.3
        let line = line(record)
        let names = try #require(try JSON(parsing: line).members).map(\.name)
        #expect(names == ["time", "outcome", "duration_us", "lookups", "sample_weight"])
        #expect(try line.withBytes { try DecisionRecord(json: $0) } == record)
    }

    @Test func newerFieldsArePassedOver() throws {
        let record = try read(
            #"{"time":"2026-03-01T12:00:00Z","outcome":"postponed","colour":{"a":[1]},"user_id":null,"wiki":null}"#)
        #expect(record.time == 1_772_366_400_000 && record.outcome == "postponed" && record.userID == nil)
        #expect(record.sampleWeight == 1)
    }

    @Test(arguments: [
        (#"{"outcome":"anonymous"}"#, "time"), (#"{"time":"2026-03-01T12:00:00Z"}"#, "outcome"),
        (#"{"time":"2026-03-01 12:00:00Z","outcome":"refused"}"#, "time"),
        (#"{"time":"2026-02-30T12:00:00Z","outcome":"refused"}"#, "time"),
        (#"{"time":"2026-03-01T12:00:00+01:00","outcome":"refused"}"#, "time"),
        (#"{"time":"2026-03-01T12:00:00Z","outcome":"refused","user_id":"3"}"#, "user_id"),
        (#"{"time":"2026-03-01T12:00:00Z","outcome":"refused","sample_weight":0}"#, "sample_weight"),
        (#"{"time":"2026-03-01T12:00:00Z","outcome":"refused","sample_weight":1e19}"#, "sample_weight"),
        (#"{"time":"2026-03-01T12:00:00Z","outcome":7}"#, "outcome"),
    ])
    func aFaultyFieldIsNamed(_ line: String, _ field: String) {
        let error = #expect(throws: JSONError.self) { try read(line) }
        #expect(error?.path == field)
    }

    @Test func whatIsNoObjectIsAnError() {
        for line in ["", "[]", "{", #"{"time":"#] {
            #expect(throws: JSONError.self) { try read(line) }
        }
    }
}
