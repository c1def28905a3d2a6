// `/` on the admin listener: what an operator wants to see first, on one page. It is made here, whole, each time: a browser without
// scripts shows all of it; with scripts it asks for itself again every few seconds and takes over what has changed. Each number links
// to what it is made of.

import Bytes
import Forecast
import Provenance
import Sessions
import Telemetry
import Transport

/// What one dashboard is made of.
struct Dashboard {
    let readings: MetricReadings
    let sources: MetricSources
    let minutes: [TrafficHistory.Minute]
    /// Why the store can't be read; nil when it can.
    let storeProblem: String?
    /// Seconds since 1970.
    let now: Int64
    /// What the reader chose: `policy` and `span` of the forecast.
    let query: AdminQuery

    /// Why requests can't be answered; nil when they can.
    private var problem: String? { storeProblem.map { "store: \($0)" } }

    /// Styles and scripts are pages of their own, and nothing else is loaded.
    private static let policy: StaticString = """
        default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src data:; form-action 'self'; \
        base-uri 'none'; frame-ancestors 'none'
        """

    /// The page.
    var page: AdminPage {
        var page = AdminPage(Array(html.utf8), "text/html; charset=utf-8")
        page.contentSecurityPolicy = Self.policy
        return page
    }

    /// The style sheet and the script.
    static func asset(_ path: String) -> AdminPage? {
        switch path {
        case "/dashboard.css": AdminPage(Array(DashboardStyle.text.utf8), "text/css; charset=utf-8")
        case "/dashboard.js": AdminPage(Array(DashboardScript.text.utf8), "text/javascript; charset=utf-8")
        default: nil
        }
    }

    private var html: String {
        """
        <!DOCTYPE html>
        <html lang=en>
        <head>
        <meta charset=utf-8>
        <meta name=viewport content="width=device-width, initial-scale=1">
        <meta name=color-scheme content="light dark">
        <title>Sessiongate\(problem == nil ? "" : ": not ready")</title>
        <link rel=icon href="data:,">
        <link rel=stylesheet href=/dashboard.css>
        <script src=/dashboard.js defer></script>
        </head>
        <body>
        <a class=skip href=#traffic>Skip to the numbers</a>
        <header><h1>Sessiongate</h1><p class=live hidden><button type=button aria-pressed=true>live</button></p></header>
        <main>
        \(status)\(traffic)<div class=cards>
        \(outcomes)\(refusals)\(cookies)\(latency)\(caches)\(stores)\(keys)</div>
        \(forecast)</main>
        <footer><p>\(pages.map { link($0, to: $0) }.joined(separator: " · "))</p></footer>
        </body>
        </html>

        """
    }

    private var pages: [String] {
        ["/metrics", "/config", "/readyz", "/v1/refusals"] + (sources.forecast.policies.isEmpty ? [] : ["/v1/forecast"])
    }

    /// One line about the instance.
    private var status: String {
        let mode = sources.loaded.configuration.settings.mode
        let started = Int64(readings.sum("process_start_time_seconds"))
        var facts = [
            (
                "state",
                problem == nil ? "<b class=good>ready</b>" : "<b class=bad>not ready</b>: \(escaped(problem ?? ""))"
            ),
            (
                "mode",
                mode == .enforce
                    ? link("enforce", to: "/config") : "<b class=warn>\(link("observe", to: "/config"))</b>"
            ),
            ("version", number(Version.current, of: "sessiongate_build_info")),
            ("up", number(age(now - started), of: "process_start_time_seconds")),
        ]
        if let hash = readings.samples("sessiongate_configuration_info").first?.labels["hash"] {
            facts.append(("configuration", link(hash, to: "/config")))
        }
        facts.append(("time", escaped(Self.time(now))))
        let entries = facts.map { "<div><dt>\($0)</dt><dd>\($1)</dd></div>" }
        return "<dl class=status>\(entries.joined())</dl>\n"
    }

    /// A time as people read it, in UTC.
    static func time(_ seconds: Int64) -> String {
        var text: [UInt8] = []
        CivilTime(seconds: seconds).appendRFC3339(into: &text)
        return String(decoding: text, as: UTF8.self).replacing("T", with: " ") + " UTC"
    }
}
