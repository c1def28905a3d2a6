// What decides inside another program: one engine for a file, replaced as little as possible.

import Bytes
import Foundation
import Logging
import Service
import Sessions
import Testing
import Tools

@Suite struct EngineTests {
    private let environment = ["SESSIONGATE_SERVER_ADMIN": "none"]
    private let engines = Engines { _ in SwiftLogNoOpLogHandler() }

    /// The demo's configuration in a file of its own, whose names are relative to the demo's folder.
    private func copy() throws -> (file: String, text: String) {
        let folder = try SharedDemo.state().directory
        let text = try String(contentsOfFile: folder + "/sessiongate.yaml", encoding: .utf8)
        let file = "\(folder)/engine-\(UUID().uuidString).yaml"
        try Data(text.utf8).write(to: URL(filePath: file))
        return (file, text)
    }

    private func write(_ text: String, to file: String) throws { try Data(text.utf8).write(to: URL(filePath: file)) }

    private func engine(_ file: String, _ more: [String: String] = [:]) throws -> Engine {
        try engines.engine(file: file, environment: environment.merging(more) { $1 })
    }

    @Test func theSameFileHasOneEngineAndOnePolicy() throws {
        let (file, _) = try copy()
        let first = try engine(file)
        let number = first.policyNumber.load(ordering: .relaxed)
        #expect(try engine(file) === first)
        #expect(first.policyNumber.load(ordering: .relaxed) == number)
        #expect(try engine(copy().file) !== first)
    }

    @Test func otherSettingsAreAdopted() throws {
        let (file, text) = try copy()
        let first = try engine(file)
        let (endpoints, number) = first.makeEndpoints()
        try write(text.replacing("\nrefusals:\n", with: "\nrefusals:\n  status: 401\n"), to: file)
        #expect(try engine(file) === first)
        #expect(first.policyNumber.load(ordering: .relaxed) != number)
        #expect(endpoints.policy.settings.refusals.status != .unauthorized)
        #expect(first.update(endpoints) == first.policyNumber.load(ordering: .relaxed))
        #expect(endpoints.policy.settings.refusals.status == .unauthorized)
    }

    @Test func aWrongFileLeavesTheEngineAsItWas() throws {
        let (file, text) = try copy()
        let first = try engine(file)
        let number = first.policyNumber.load(ordering: .relaxed)
        try write(text + "\nnonsense: 1\n", to: file)
        #expect(throws: ConfigurationErrors.self) { try engine(file) }
        #expect(first.policyNumber.load(ordering: .relaxed) == number)
        try write(text, to: file)
        #expect(try engine(file) === first)
    }

    @Test func otherSizesOfMemoryNeedAnotherEngine() throws {
        let (file, _) = try copy()
        let first = try engine(file)
        #expect(try engine(file, ["SESSIONGATE_CACHE_CAPACITY": "777"]) !== first)
    }

    @Test func anotherKeyIsAnotherPolicy() throws {
        let (file, text) = try copy()
        let folder = try SharedDemo.state().directory
        let key = "\(folder)/keys/engine-\(UUID().uuidString).key"
        try FileManager.default.copyItem(atPath: "\(folder)/keys/session-cookie.key", toPath: key)
        try write(text.replacing("keys/session-cookie.key", with: key), to: file)
        let first = try engine(file)
        let number = first.policyNumber.load(ordering: .relaxed)
        // The same name, another key.
        try write(String(contentsOfFile: "\(folder)/keys/access-token.key", encoding: .utf8), to: key)
        #expect(try engine(file) === first)
        #expect(first.policyNumber.load(ordering: .relaxed) != number)
    }

    @Test func anEngineThatIsNotUsedEnds() throws {
        let (file, _) = try copy()
        weak let first = try engine(file)
        #expect(first == nil)
        _ = try engine(file)
    }

    @Test func aTakenAdminAddressIsAProblemOfItsKey() throws {
        let (file, _) = try copy()
        let first = try engine(file, ["SESSIONGATE_SERVER_ADMIN": "127.0.0.1:47119"])
        let error = #expect(throws: ConfigurationErrors.self) {
            try engine(copy().file, ["SESSIONGATE_SERVER_ADMIN": "127.0.0.1:47119"])
        }
        #expect(error?.problems.map(\.key) == ["server.admin"])
        withExtendedLifetime(first) {}
    }

    @Test func validationOpensTheDatabase() throws {
        let (file, text) = try copy()
        try Engines.validate(file: file, environment: environment)
        try write(text.replacing("oauth.sqlite", with: "keys/session-cookie.key"), to: file)
        #expect(throws: ConfigurationErrors.self) { try Engines.validate(file: file, environment: environment) }
    }

    @Test func aLookupEndsWithItsDeadlineOrItsAnswer() async throws {
        let (file, _) = try copy()
        let engine = try engine(file)
        let fault = await withCheckedContinuation { done in
            engine.resolve(.user(id: 1)) { done.resume(returning: $0) }
        }
        #expect(fault == nil)
        let cold = try self.engine(copy().file, ["SESSIONGATE_SERVER_LOOKUP_TIMEOUT": "10ms"])
        let file2 = Lookup.detached(
            DetachedCheck(Workload(owner: 1, bytes: 1)) { _, _ in
                Thread.sleep(forTimeInterval: 0.2)
                return .failed(.unresolved)
            })
        let late = await withCheckedContinuation { done in cold.resolve(file2) { done.resume(returning: $0) } }
        #expect(late == .deadlineExceeded)
    }
}
