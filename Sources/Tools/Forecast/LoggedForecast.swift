// A forecast from decision logs: what policies would have done to last week's traffic.
//
// The lines of several files, of several instances or days, are put in the order of time first: what is over a limit, and whose
// consumer that is, depends on which request of a window came before. Only what a request counts on is kept of a line.

import Bytes
import Forecast
import Service
import Telemetry

/// Collects decisions, and counts them when all are there.
package struct LoggedForecast {
    /// What became of the lines.
    package struct Summary: Sendable, Equatable {
        /// Lines that were counted.
        package var counted = 0
        /// Lines about requests that no limit would have counted: refused or failed ones.
        package var passedOver = 0
        /// Lines of requests without a key to count them on.
        package var withoutKey = 0
        /// Lines that were counted and stand for more than one request each.
        package var sampled = 0
        /// Lines that are no decisions.
        package var malformed = 0
        /// The first of them: file, line, and what is wrong.
        package var firstMalformed: String?
    }

    private struct Entry {
        var time: Int64
        var key: UInt32, className: UInt32, consumer: UInt32
        var cookie: Observation.Cookie
        var weight: Double
    }

    private let texts = TextTable()
    private var entries: [Entry] = []
    /// What became of the lines so far.
    package private(set) var summary = Summary()

    /// Nothing read yet.
    package init() {}

    /// Reads the decisions of a file; `-` is standard input.
    /// - Throws: When the file can't be read.
    package mutating func read(_ path: String) throws(FileProblem) {
        var number = 0
        try DecisionLines(of: path).forEach { line in
            number += 1
            add(line, place: "\(path == "-" ? "standard input" : path):\(number)")
        }
    }

    /// Adds a line; nil stands for one that was too long to be read.
    mutating func add(_ line: ArraySlice<UInt8>?, place: String) {
        guard let line else { return note(malformed: "\(place): the line is too long") }
        let isBlank = line.allSatisfy { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }
        if isBlank { return }
        do throws(JSONError) {
            add(try Array(line).withBytes { (text) throws(JSONError) in try DecisionRecord(json: text) })
        } catch {
            note(malformed: "\(place): \(error)")
        }
    }

    private mutating func note(malformed problem: String) {
        summary.malformed += 1
        summary.firstMalformed = summary.firstMalformed ?? problem
    }

    private mutating func add(_ record: DecisionRecord) {
        guard record.isLimited else {
            summary.passedOver += 1
            return
        }
        let key = record.rateLimitKey.isEmpty ? record.clientAddress : record.rateLimitKey
        guard !key.isEmpty else {
            summary.withoutKey += 1
            return
        }
        summary.counted += 1
        if record.sampleWeight > 1 { summary.sampled += 1 }
        entries.append(
            Entry(
                time: record.time, key: number(key), className: number(record.rateLimitClass),
                consumer: number(record.outcome == "authenticated" ? record.consumerKey : ""),
                cookie: record.cookieSeen,
                weight: record.sampleWeight))
    }

    private func number(_ text: String) -> UInt32 {
        Array(text.utf8).withBytes { UInt32(texts.findOrInsert($0)) }
    }

    /// The report.
    package func report(_ policies: [ForecastPolicy], policy: String? = nil, top: Int = 20) -> ForecastReport {
        // Entries of the same time stay in the order in which they were read.
        let order = entries.indices.sorted { (entries[$0].time, $0) < (entries[$1].time, $1) }
        let first = order.first.map { entries[$0].time } ?? 0
        let engine = ForecastEngine(policies, mode: .whole, start: first / 1000)
        for index in order { count(entries[index], engine) }
        var report = engine.totals(.start).report(policy: policy, top: top)
        (report.from, report.to) = (first, order.last.map { entries[$0].time } ?? 0)
        return report
    }

    private func count(_ entry: Entry, _ engine: ForecastEngine) {
        texts.withText(Int(entry.key)) { key in
            texts.withText(Int(entry.className)) { name in
                texts.withText(Int(entry.consumer)) { consumer in
                    engine.count(
                        Observation(
                            key: key, className: name, consumer: consumer, cookie: entry.cookie,
                            second: entry.time / 1000, weight: entry.weight))
                }
            }
        }
    }
}

extension DecisionRecord {
    /// Whether the gateway's limits count the request: it gets to them unless it was refused, or there was no decision. A refusal
    /// that observe mode let through gets to them too.
    fileprivate var isLimited: Bool {
        switch outcome {
        case "authenticated", "anonymous": true
        case "refused": mode == "observe"
        default: false
        }
    }

    fileprivate var cookieSeen: Observation.Cookie { cookie == "set" ? .set : cookie == "keep" ? .keep : .none }
}
