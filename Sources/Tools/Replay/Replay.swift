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

    let authorizer: Authorizer
    let cookieSettings: CookieSettings
    private let loader: Loader
    private let clock: Clock
    private let timeOfDay: () -> Timestamp
    /// The last second of the year 9999.
    private static let latest: Int64 = 253_402_300_799

    /// A replay with empty memory. `timeOfDay` is asked for `Clock.now` only.
    public init(gate: Gate, directory: any Directory, clock: Clock, timeOfDay: @escaping () -> Timestamp) {
        authorizer = Authorizer(gate: gate)
        cookieSettings = gate.settings.cookie
        loader = Loader(gate: gate, directory: directory)
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
        let request: CheckRequest
        do {
            request = try CheckRequest(protobuf: message)
        } catch {
            throw ReplayError(description: "not a CheckRequest: \(error)")
        }
        let response = try check(request, at: time(of: request)).response
        guard let json = try? response.withBytes({ try CheckResponseJSON.transcode($0) }) else {
            throw ReplayError(description: "the answer can't be written as JSON")
        }
        return json
    }

    /// The verdict and the answer (protobuf); what is missing is fetched on the way.
    func check(
        _ request: CheckRequest, at now: Timestamp
    ) throws(ReplayError) -> (verdict: Verdict, response: [UInt8]) {
        var response: [UInt8] = []
        for _ in 0..<Authorizer.mostRounds {
            authorizer.trace?.reset()
            switch authorizer.check(request, at: now, into: &response) {
            case .answered(let verdict): return (verdict, response)
            case .failed(let fault): throw ReplayError(fault)
            case .needs(let lookup):
                do {
                    try loader.load(lookup, at: now)
                } catch {
                    throw ReplayError(error)
                }
            }
        }
        throw ReplayError(Fault.unresolved)
    }

    func time(of request: CheckRequest) throws(ReplayError) -> Timestamp {
        switch clock {
        case .now: return timeOfDay()
        case .fixed(let seconds): return Timestamp(seconds: seconds)
        case .request:
            guard request.timeSeconds != 0 || request.timeNanos != 0 else {
                throw ReplayError(description: "attributes.request.time is missing, which --clock request needs")
            }
            guard (0...Self.latest).contains(request.timeSeconds) else {
                throw ReplayError(description: "attributes.request.time is not between the years 1970 and 9999")
            }
            return Timestamp(milliseconds: request.timeSeconds * 1000 + Int64(request.timeNanos) / 1_000_000)
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
