import ArgumentParser
import Forecast
import Foundation
import Service

struct ForecastExport: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Print policies as configuration of Envoy's rate limit service, and what an Envoy route needs.",
        discussion: """
            What was forecast is what is enforced: the service gets a limit for each policy, class and unit, and counts on the \
            same keys. A route needs the rate_limits, behind the filter that asks Sessiongate.

            Examples:
              sessiongate forecast export --policies new.yaml --part service \\
                > ratelimit.yaml
              sessiongate forecast export --policies new.yaml --part route \\
                > rate_limits.yaml
            """)

    enum Part: String, ExpressibleByArgument, CaseIterable { case service, route, both }

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("Configuration file with forecast.policies.", valueName: "file"))
    var config: String?

    @Option(help: ArgumentHelp("YAML file with policies alone, as for `forecast`.", valueName: "file"))
    var policies: String?

    @Option(help: ArgumentHelp("Only this policy.", valueName: "name"))
    var policy: String?

    @Option(help: ArgumentHelp("The rate limit service's domain, as the Envoy filter names it.", valueName: "name"))
    var domain = "wiki"

    @Flag(help: "Let the service count without limiting (shadow_mode).")
    var shadow = false

    @Option(help: ArgumentHelp("What is printed: the service's file, the route's rate_limits, or both."))
    var part = Part.both

    func validate() throws {
        guard (config == nil) != (policies == nil) else {
            throw ValidationError("either --config or --policies is needed")
        }
    }

    func run() throws {
        let (all, limitsAll) = try read()
        let chosen = all.filter { policy == nil || $0.name == policy }
        guard !chosen.isEmpty else {
            throw ValidationError(
                all.isEmpty
                    ? "there are no policies in forecast.policies"
                    : "--policy: expected \(alternatives(all.map(\.name)))")
        }
        var export = RateLimitExport(chosen, domain: domain)
        (export.isShadow, export.limitsAll) = (shadow, limitsAll)
        switch part {
        case .service: emit(export.service)
        case .route: emit(export.route)
        case .both:
            emit("# The rate limit service.\n\(export.service)---\n# The route, or its virtual host.\n\(export.route)")
        }
    }

    private func read() throws -> (policies: [ForecastPolicy], limitsAll: Bool) {
        if let policies {
            return (try orExit { () throws(ConfigurationErrors) in try ForecastPolicyFile.read(policies) }, false)
        }
        let loaded = try orExit { () throws(ConfigurationErrors) in
            try LoadedConfiguration(file: config ?? "", environment: ProcessInfo.processInfo.environment)
        }
        return (loaded.configuration.forecast, loaded.makePolicy().profiles[0].settings.limitsAll)
    }
}
