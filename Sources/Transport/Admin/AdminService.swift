// The admin listener over HTTP: pages with GET, and what changes something with POST. Everything but the answers to probes is for
// operators: see AdminGuard.

import Sessions
import Bytes

/// Serves the admin listener.
package struct AdminService: Service {
    let pages: any AdminPages
    let statistics: @Sendable () -> ServerStatistics
    let readiness: Readiness
    let guardian: AdminGuard

    package func serve(_ exchange: Exchange, from remote: RemoteEnd, at now: Timestamp) -> Step<Void> {
        let step = exchange.head.withView { head -> Step<Void> in
            let path = head.path.firstIndex(of: 0x3F).map { head.path.prefix($0) } ?? head.path
            if path == "/cache/invalidate" { return invalidate(exchange, head) }
            answer(exchange, path: path, head)
            return .decided(())
        }
        if case .decided = step { exchange.reply.secure() }
        return step
    }

    package func fail(_ exchange: Exchange, _ fault: Fault, at now: Timestamp) {
        exchange.reply.fail(fault, isCall: false)
    }

    package func updateStream(_ exchange: Exchange) -> Bool { false }

    package func endStream(_ exchange: Exchange) {}

    private func answer(_ exchange: Exchange, path: Bytes, _ head: RequestHead.View) {
        if path == "/.well-known/jwks.json", let keys = pages.publishedKeys() {
            guard exchange.requireMethod([.get, .head], "GET, HEAD") else { return }
            return exchange.reply.answer(json: keys, cacheControl: "public, max-age=300")
        }
        let isProbe = path == "/healthz" || path == "/readyz"
        let problem = guardian.problem(head, changes: exchange.head.method == .post)
        if let problem, !isProbe { return exchange.reply.refuse(problem) }
        if isProbe {
            guard exchange.requireMethod([.get, .head], "GET, HEAD") else { return }
            // What is wrong is for operators alone; that something is, for the probe.
            return answerProbe(exchange, isReady: path == "/healthz", tells: problem == nil)
        }
        if exchange.head.method == .post { return change(exchange, path, head) }
        show(exchange, path, head)
    }

    private func answerProbe(_ exchange: Exchange, isReady: Bool, tells: Bool) {
        let problem = isReady ? nil : readiness.problem
        let text = problem.map { tells ? "not ready: \($0)\n" : "not ready\n" } ?? "ok\n"
        exchange.reply.answer(AdminPage(Array(text.utf8), "text/plain; charset=utf-8"))
        if problem != nil { exchange.reply.status = 503 }
    }

    private func change(_ exchange: Exchange, _ path: Bytes, _ head: RequestHead.View) {
        let query = AdminQuery(of: head.path)
        if let page = pages.action(path.string, query) { return exchange.reply.answer(page) }
        if isPage(path, query) { _ = exchange.requireMethod([.get, .head], "GET, HEAD") } else { notFound(exchange) }
    }

    private func show(_ exchange: Exchange, _ path: Bytes, _ head: RequestHead.View) {
        let query = AdminQuery(of: head.path, accept: head.accept)
        if path == "/metrics" {
            let format: MetricFormat = Self.wantsOpenMetrics(head.accept) ? .openMetrics : .prometheus
            guard exchange.requireMethod([.get, .head], "GET, HEAD") else { return }
            exchange.reply.answer(AdminPage(pages.metrics(statistics(), format), format.contentType))
        } else if path == "/config" {
            guard exchange.requireMethod([.get, .head], "GET, HEAD") else { return }
            exchange.reply.answer(AdminPage(pages.configuration(), "application/json"))
        } else if let page = pages.page(path.string, query) {
            guard exchange.requireMethod([.get, .head], "GET, HEAD") else { return }
            exchange.reply.answer(page)
        } else if pages.actions.contains(path.string) {
            // Nothing is changed by GET.
            _ = exchange.requireMethod([.post], "POST")
        } else {
            notFound(exchange)
        }
    }

    private func isPage(_ path: Bytes, _ query: AdminQuery) -> Bool {
        path == "/metrics" || path == "/config" || pages.page(path.string, query) != nil
    }

    private func notFound(_ exchange: Exchange) { exchange.reply.fail(http: 404, "not found") }

    /// Whether a scraper takes OpenMetrics, and prefers it where it gives weights (RFC 9110, 12.5.1).
    private static func wantsOpenMetrics(_ accept: Bytes) -> Bool {
        var weights: [String: Double] = [:]
        for range in accept.string.lowercased().split(separator: ",") {
            let parts = range.split(separator: ";").map { $0.filter { $0 != " " } }
            let weight = parts.first { $0.hasPrefix("q=") }.flatMap { Double($0.dropFirst(2)) } ?? 1
            if let type = parts.first { weights[type] = max(weights[type] ?? 0, weight) }
        }
        guard let open = weights["application/openmetrics-text"], open > 0 else { return false }
        return open >= weights["text/plain"] ?? 0
    }
}

extension MetricFormat {
    var contentType: StaticString {
        switch self {
        case .prometheus: "text/plain; version=0.0.4; charset=utf-8"
        case .openMetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8"
        }
    }
}

extension Reply {
    /// What is said to callers who may not look.
    mutating func refuse(_ problem: AdminGuard.Problem) {
        fail(http: problem.status, problem.summary)
        if problem.status == 401 { addField("www-authenticate", "Bearer") }
    }

    /// A page that is never stored.
    fileprivate mutating func answer(_ page: AdminPage) {
        answer(json: page.body, cacheControl: "no-store")
        contentType = page.contentType
        status = page.status
        addField("content-security-policy", page.contentSecurityPolicy)
    }

    /// No browser takes an answer for anything else than it says, shows it in a frame, or gives it to another site.
    fileprivate mutating func secure() {
        addField("x-content-type-options", "nosniff")
        addField("x-frame-options", "DENY")
        addField("referrer-policy", "no-referrer")
        addField("cross-origin-resource-policy", "same-origin")
    }
}
