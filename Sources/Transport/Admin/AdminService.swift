// The admin listener: /metrics, /healthz, /readyz, /config and /cache/invalidate over HTTP/1.1.

import Sessions
import Bytes

/// Serves the admin listener.
package struct AdminService: Service {
    let pages: any AdminPages
    let statistics: @Sendable () -> ServerStatistics
    let readiness: Readiness
    let guardian: AdminGuard

    package func serve(_ exchange: Exchange, from remote: RemoteEnd, at now: Timestamp) -> Step<Void> {
        exchange.head.withView { head in
            let path = head.path.firstIndex(of: 0x3F).map { head.path.prefix($0) } ?? head.path
            if path == "/cache/invalidate" { return invalidate(exchange, head) }
            answer(exchange, path: path, head)
            return .decided(())
        }
    }

    package func fail(_ exchange: Exchange, _ fault: Fault) { exchange.reply.fail(fault, isCall: false) }

    package func updateStream(_ exchange: Exchange) -> Bool { false }

    package func endStream(_ exchange: Exchange) {}

    private func answer(_ exchange: Exchange, path: Bytes, _ head: RequestHead.View) {
        if path == "/.well-known/jwks.json", let keys = pages.publishedKeys() {
            guard exchange.requireMethod([.get, .head], "GET, HEAD") else { return }
            return exchange.reply.answer(json: keys, cacheControl: "public, max-age=300")
        }
        let isKnown = path == "/metrics" || path == "/config" || path == "/healthz" || path == "/readyz"
        guard isKnown else { return exchange.reply.fail(http: 404, "not found") }
        guard exchange.requireMethod([.get, .head], "GET, HEAD") else { return }
        if path == "/metrics" {
            exchange.reply.answer(pages.metrics(statistics()), "text/plain; version=0.0.4; charset=utf-8")
        } else if path == "/config" {
            exchange.reply.answer(pages.configuration(), "application/json")
        } else {
            let problem = path == "/healthz" ? nil : readiness.problem
            let text = problem.map { "not ready: \($0)\n" } ?? "ok\n"
            exchange.reply.answer(Array(text.utf8), "text/plain; charset=utf-8")
            if problem != nil { exchange.reply.status = 503 }
        }
    }
}

extension Reply {
    /// A page that is never stored.
    fileprivate mutating func answer(_ page: [UInt8], _ type: StaticString) {
        answer(json: page, cacheControl: "no-store")
        contentType = type
    }
}
