import ArgumentParser
import Bytes
import Forecast
import Foundation
import Service
import Tools

struct Forecast: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show whom rate limits would hit, before they are enforced.",
        discussion: ForecastReportCommand.discussion,
        subcommands: [ForecastReportCommand.self, ForecastExport.self],
        defaultSubcommand: ForecastReportCommand.self)
}

struct ForecastReportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report", abstract: "Print the report (this is what `forecast` alone does).",
        discussion: discussion)

    fileprivate static let discussion = """
        Counts requests against policies as Envoy's rate limit service would: how many clients, applications and requests \
        each limit would stop, which ones, and which limit would leave 99 % of the clients alone. The options of the report \
        are those of `forecast report`.

        The running server, with the policies of its configuration (forecast.policies):
          sessiongate forecast --span day
        Several instances together:
          sessiongate forecast --instances 127.0.0.1:9002 127.0.0.1:9102
        Decision logs against policies that are new; give the logs of all instances:
          sessiongate forecast --decisions decisions.jsonl --policies new.yaml
        """

    @OptionGroup var admin: AdminOptions

    @OptionGroup var output: ForecastOutput

    @Option(help: ArgumentHelp("About which time: the last hour, the last day, or since counting began."))
    var span: ForecastSpan?

    @Option(
        name: .long, parsing: .upToNextOption,
        help: ArgumentHelp("The admin listeners of several instances.", valueName: "url"))
    var instances: [String] = []

    @Option(
        name: .long, parsing: .upToNextOption,
        help: ArgumentHelp("Files of the decision log; - is standard input.", valueName: "file"))
    var decisions: [String] = []

    @Option(
        help: ArgumentHelp(
            "YAML file with the policies, as in the configuration: forecast: {policies: …}, or policies: …",
            valueName: "file"))
    var policies: String?

    func validate() throws {
        guard decisions.isEmpty == (policies == nil) else {
            throw ValidationError("--decisions FILE… and --policies FILE belong together")
        }
        let repeated = Dictionary(grouping: instances.map { AdminEndpoint(parsing: $0)?.text ?? $0 }) { $0 }.filter {
            $0.value.count > 1
        }.keys.sorted()
        guard repeated.isEmpty else {
            throw ValidationError(
                "--instances: \(repeated.joined(separator: ", ")) is given twice and would be counted twice")
        }
        guard decisions.isEmpty || instances.isEmpty && span == nil else {
            throw ValidationError("--decisions: a log is read as a whole, without --instances and --span")
        }
    }

    func run() throws {
        if let policies {
            try runOnLogs(policies)
        } else if instances.isEmpty {
            emit(bytes: try ask(try admin.client(), "format", output.format))
        } else {
            output.print(try merged())
        }
    }

    private func runOnLogs(_ file: String) throws {
        let found = try orExit { () throws(ConfigurationErrors) in try ForecastPolicyFile.read(file) }
        try output.check(policies: found)
        var forecast = LoggedForecast()
        do throws(FileProblem) {
            for file in decisions { try forecast.read(file) }
        } catch {
            complain("error: \(error)")
            throw ExitCode(2)
        }
        let summary = forecast.summary
        complain(summary.text)
        if summary.sampled > 0 { complain(summary.samplingWarning) }
        output.print(forecast.report(found, policy: output.policy, top: output.top ?? 20))
        if summary.counted == 0, summary.malformed > 0 { throw ExitCode(2) }
    }

    private func merged() throws -> ForecastReport {
        var merge = ForecastMerge()
        for instance in instances {
            let state = try ask(try admin.client(of: instance), "state", "1")
            do throws(ForecastMerge.Mismatch) {
                try merge.add(state)
            } catch {
                complain("error: \(instance): \(error)")
                throw ExitCode.failure
            }
        }
        return merge.totals.report(policy: output.policy, top: output.top ?? 20)
    }

    private func ask(_ client: AdminClient, _ form: String, _ value: String) throws -> [UInt8] {
        let span = (span ?? .hour).rawValue
        let top = output.top.map { "\($0)" } ?? ""
        do throws(AdminClient.Failure) {
            return try client.get(
                "/v1/forecast", ["span": span, form: value, "policy": output.policy ?? "", "top": top])
        } catch {
            complain("error: \(error)")
            throw ExitCode.failure
        }
    }
}

extension ForecastSpan: ExpressibleByArgument {}

/// What of a report is printed, and how.
struct ForecastOutput: ParsableArguments {
    @Flag(help: "Print JSON, as proto-json/forecast.schema.json describes it.")
    var json = false

    @Flag(help: "Print CSV: a line for each limit.")
    var csv = false

    @Option(help: ArgumentHelp("Only this policy.", valueName: "name"))
    var policy: String?

    @Option(help: ArgumentHelp("Keys to be named for each limit: 20, in a table 3, unless told.", valueName: "number"))
    var top: Int?

    func validate() throws {
        if json, csv { throw ValidationError("--json and --csv exclude each other") }
        guard (0...1000).contains(top ?? 0) else { throw ValidationError("--top: 0 to 1000") }
    }

    /// As the admin listener calls it.
    var format: String { json ? "json" : csv ? "csv" : "table" }

    /// - Throws: When `--policy` names none of `policies`.
    func check(policies: [ForecastPolicy]) throws {
        guard let policy, !policies.contains(where: { $0.name == policy }) else { return }
        throw ValidationError(
            "--policy: there is no policy \(quoted(policy)), but \(alternatives(policies.map(\.name), "and"))")
    }

    func print(_ report: ForecastReport) {
        if json {
            emit(bytes: report.json.pretty + [0x0A])
        } else if csv {
            emit(bytes: report.csv)
        } else {
            emit(report.table(top: top ?? 3))
        }
    }
}

extension LoggedForecast.Summary {
    /// What sampling does to the report, for standard error.
    fileprivate var samplingWarning: String {
        "warning: \(sampled) decisions stand for several requests each (sample_weight above 1), so that no number is exact: "
            + "each counts as a burst in one SECOND or MINUTE, and limits by these units seem to hit more than they would. "
            + "To forecast them, log all requests of the class for a while (decisions.sample: 1)"
    }

    /// What was read, for standard error.
    fileprivate var text: String {
        var parts = ["\(counted) decisions counted"]
        if passedOver > 0 { parts.append("\(passedOver) refused or failed ones passed over, which get to no limit") }
        if withoutKey > 0 {
            parts.append("\(withoutKey) passed over without a key to count on (decisions.client_addresses)")
        }
        if malformed > 0 {
            parts.append(
                "\(malformed) malformed lines passed over" + (firstMalformed.map { ", the first: \($0)" } ?? ""))
        }
        return parts.joined(separator: "; ")
    }
}

extension AdminOptions {
    /// A client of the listener of one of several instances, which have the same token and are asked with the same files.
    fileprivate func client(of instance: String) throws -> AdminClient {
        guard let endpoint = AdminEndpoint(parsing: instance) else {
            throw ValidationError("--instances: expected \(AdminEndpoint.expectation)")
        }
        return try client(of: endpoint, timeout: 30)
    }
}
