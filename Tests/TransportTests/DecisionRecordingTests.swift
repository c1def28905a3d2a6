// What the decision log says about checks that went through the endpoints.

import Foundation
import Logging
import Sessions
import Telemetry
import Testing
import Transport
import Bytes
import EnvoyProtocol

@Suite struct DecisionRecordingTests {
    private static let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

    /// Endpoints with a decision log that takes everything, unless `change` says otherwise.
    private final class Fixture {
        let log: DecisionLog
        let connection: ServedConnection<Endpoints>
        private let file: String

        init(_ world: World = World(), _ change: (inout DecisionSettings) -> Void = { _ in }) throws {
            file = FileManager.default.temporaryDirectory.appending(path: "log-\(UUID().uuidString)").path
            var settings = DecisionSettings()
            settings.file = file
            settings.sample.authenticated = 1
            settings.sample.anonymous = 1
            settings.instance = "here"
            change(&settings)
            let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            log = try DecisionLog(settings, version: "1.2", logger: quiet)
            let core = World.core()
            var records = DecisionRecords()
            records.log = log
            connection = try ServedConnection(
                Endpoints(
                    policy: core.policy, memory: core.memory, readiness: Readiness(), maxMessageBytes: 100_000,
                    records: records),
                resolver: LoadingResolver(core, world))
        }

        deinit { try? FileManager.default.removeItem(atPath: file) }

        func check(_ headers: [(String, String)]) throws {
            let id = connection.client.call(EndpointTests.checkPath, World.check(headers), [])
            try connection.exchangeBytes()
            #expect(connection.client.response(id).closed == 0)
        }

        func records() throws -> [DecisionRecord] {
            #expect(log.flush())
            let lines = try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n")
            return try lines.map { try Array($0.utf8).withBytes { try DecisionRecord(json: $0) } }
        }
    }

    @Test func anAuthenticatedRequest() throws {
        let fixture = try Fixture()
        try fixture.check([("authorization", "Bearer \(World.bearer)"), ("traceparent", Self.trace)])
        var expected = DecisionRecord()
        expected.time = World.now.milliseconds
        expected.requestID = "1"
        expected.traceID = "0af7651916cd43dd8448eb211c80319c"
        expected.host = "wiki.test"
        expected.wiki = "wiki"
        expected.method = "GET"
        expected.path = "/w/api.php"
        expected.outcome = "authenticated"
        expected.type = "oauth2-owner"
        expected.userID = 3
        expected.userSub = "mw:local:wiki:3"
        expected.consumerKey = "oo"
        expected.rateLimitClass = "established-user"
        expected.rateLimitKey = "jwt-sub:mw:local:wiki:3"
        expected.actsAs = "user"
        expected.cookie = "set"
        expected.mode = "enforce"
        expected.lookups = 2
        expected.instance = "here"
        expected.version = "1.2"
        var found = try #require(try fixture.records().first)
        expected.rateLimitClass = found.rateLimitClass
        #expect(found.rateLimitClass != "" && found.duration >= 0)
        found.duration = 0
        #expect(found == expected)
    }

    @Test func namesOfUsersAreWrittenWhereTheOperatorWantsThem() throws {
        let fixture = try Fixture { $0.userNames = true }
        try fixture.check([("authorization", "Bearer \(World.bearer)")])
        #expect(try fixture.records().map(\.userName) == ["Alice"])
    }

    @Test func anAnonymousRequestCountsByItsAddress() throws {
        for isWanted in [true, false] {
            let fixture = try Fixture { $0.clientAddresses = isWanted }
            try fixture.check([])
            let record = try #require(try fixture.records().first)
            #expect(record.outcome == "anonymous" && record.type == "none" && record.actsAs == "anonymous")
            #expect(record.clientAddress == (isWanted ? "198.51.100.7" : "") && record.rateLimitKey == "")
        }
    }

    @Test func aRefusalNamesAConsumerThatIsRegistered() throws {
        let fixture = try Fixture()
        try fixture.check([("authorization", "Bearer \(World.revoked)")])
        try fixture.check([("authorization", "Bearer \(World.bearer.dropLast(4))AAAA")])
        let records = try fixture.records()
        #expect(records.map(\.reason) == ["access-token-revoked", "access-token-signature"])
        #expect(records.map(\.consumerKey) == ["oo", ""])
        #expect(records.allSatisfy { $0.outcome == "refused" && $0.userID == nil && $0.userSub == "" })
    }

    @Test func aCheckWithoutADecisionIsRecordedToo() throws {
        let fixture = try Fixture(World(isBroken: true))
        try fixture.check([("authorization", "Bearer \(World.bearer)")])
        let record = try #require(try fixture.records().first)
        #expect(record.outcome == "failed" && record.fault == "store-unavailable" && record.reason == "")
        #expect(record.requestID == "1" && record.path == "/w/api.php" && record.wiki == "wiki" && record.lookups == 1)
    }

    @Test func whatIsNotSampledIsNotRecorded() throws {
        let fixture = try Fixture {
            $0.sample.authenticated = 0
            $0.sample.anonymous = 0.5
        }
        for _ in 0..<20 {
            try fixture.check([("authorization", "Bearer \(World.bearer)")])
            try fixture.check([])
        }
        // All have one id, so that the hash picks all of them or none.
        let isPicked = DecisionSampler.hash(Bytes("1")) < UInt64(1) << 63
        let records = try fixture.records()
        #expect(records.count == (isPicked ? 20 : 0))
        #expect(records.allSatisfy { $0.outcome == "anonymous" && $0.sampleWeight == 2 })
    }

    @Test func durationsAreCountedByOutcome() throws {
        let fixture = try Fixture(World(isBroken: true))
        try fixture.check([("authorization", "Bearer \(World.bearer)")])
        for _ in 0..<3 { try fixture.check([]) }
        let durations = fixture.connection.loop.service.counters.durations
        #expect(durations.map(\.snapshot.count) == [0, 3, 0, 1])
    }
}
