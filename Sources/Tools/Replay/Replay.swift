// `sessiongate check`: recorded or written requests through the whole pipeline, without a network. What is remembered from one
// request, a nonce for instance, counts for the next, as in a running server.

import Sessions
import Storage
import Bytes
import EnvoyProtocol

/// Answers CheckRequests in proto3 JSON, one after the other.
public final class Replay {
    /// What "now" is.
    public enum Clock: Sendable, Equatable {
        /// Each request's own time (`attributes.request.time`), so that recordings replay at any date.
        case request
        /// The time of day.
        case now
        /// Always the same, seconds since 1970.
        case fixed(Int64)
    }

    let policy: Policy
    private let memory: Memory
    private let loader: Loader
    private var scratch = Scratch()
    private let clock: Clock
    /// What a request was refused for whose credentials are masked; nil for all others.
    var recorded: Reason?
    private let timeOfDay: () -> Timestamp
    /// The last second of the year 9999.
    private static let latest: Int64 = 253_402_300_799

    /// A replay with empty memory. `timeOfDay` is asked for `Clock.now` only.
    public init(policy: Policy, directory: any Directory, clock: Clock, timeOfDay: @escaping () -> Timestamp) {
        self.policy = policy
        memory = Memory(policy.settings)
        loader = Loader(policy, memory, directory, keepsRows: true)
        self.clock = clock
        self.timeOfDay = timeOfDay
    }

    /// The answer to a request, both proto3 JSON. Throws a sentence that says why there is none.
    public func answer(_ json: Bytes) throws(ReplayError) -> [UInt8] {
        let message = try transcoded(json)
        return try message.withBytes { (message) throws(ReplayError) in try decide(message) }
    }

    func transcoded(_ json: Bytes) throws(ReplayError) -> [UInt8] {
        do {
            return try CheckRequestJSON.transcode(json)
        } catch {
            throw ReplayError(description: "not a CheckRequest in proto3 JSON: \(error)")
        }
    }

    private func decide(_ message: Bytes) throws(ReplayError) -> [UInt8] {
        let check = try decoded(message)
        defer { withExtendedLifetime(check) {} }
        let settled = try settle(check.request, at: time(of: message))
        let response = response(settled, check.request)
        guard let json = try? response.withBytes({ try CheckResponseJSON.transcode($0) }) else {
            throw ReplayError(description: "the answer can't be written as JSON")
        }
        return json
    }

    /// The request of an encoded message; its views are valid as long as the message and the result are.
    func decoded(_ message: Bytes) throws(ReplayError) -> CheckRequest {
        do {
            return try CheckRequest(protobuf: message, addressHeader: policy.clientAddressHeader.view)
        } catch {
            throw ReplayError(description: "not a CheckRequest: \(error)")
        }
    }

    /// The decision about a request, carried out; what is missing is looked up on the way.
    func settle(_ request: Request, at now: Timestamp, trace: Trace? = nil) throws(ReplayError) -> SettledDecision {
        scratch.trace = trace
        scratch.recorded = recorded
        defer { (scratch.trace, scratch.recorded) = (nil, nil) }
        do {
            return try Sessions.settle(request, policy, memory, loader, at: now, &scratch)
        } catch {
            throw ReplayError(error)
        }
    }

    /// The encoded answer.
    func response(_ settled: SettledDecision, _ request: Request) -> [UInt8] {
        var response: [UInt8] = []
        CheckResponseWriter.write(settled, to: request, policy, into: &response)
        return response
    }

    /// The time at which the request of `message` is judged.
    func time(of message: Bytes) throws(ReplayError) -> Timestamp {
        switch clock {
        case .now: return timeOfDay()
        case .fixed(let seconds): return Timestamp(seconds: seconds)
        case .request:
            guard let time = CheckRequestTime.read(message) else {
                throw ReplayError(description: "attributes.request.time is missing, which --clock request needs")
            }
            guard (0...Self.latest).contains(time.seconds) else {
                throw ReplayError(description: "attributes.request.time is not between the years 1970 and 9999")
            }
            return Timestamp(milliseconds: time.seconds * 1000 + Int64(time.nanos) / 1_000_000)
        }
    }
}

/// Why a request got no answer.
public struct ReplayError: Error, Sendable, CustomStringConvertible {
    /// One sentence.
    public let description: String

    init(description: String) { self.description = description }

    /// A fault is an outage, which a CheckResponse has no words for.
    init(_ fault: Fault) { self.init(description: "no verdict is possible: \(fault.rawValue)") }
}

extension Replay {
    /// Answers every document of the input, each on a line of its own, in order. For a document that can't be answered,
    /// `complain` gets its line's number and why. Returns whether there was none such.
    public func run(
        input: @escaping () -> [UInt8]?, output: ([UInt8]) -> Void, complain: (_ line: Int, ReplayError) -> Void
    ) -> Bool {
        var documents = DocumentReader(nextChunk: input)
        var isClean = true
        while let document = documents.next() {
            do throws(ReplayError) {
                output(try document.text.withBytes(answer) + [UInt8(ascii: "\n")])
            } catch {
                isClean = false
                complain(document.line, error)
            }
        }
        return isClean
    }
}
