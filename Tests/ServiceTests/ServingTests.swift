import Foundation
import Service
import Tools
import Testing
import Transport
import Bytes

/// One HTTP/1.1 request on a connection of its own; the status and the body.
func ask(
    _ address: ListenerAddress?, _ method: String, _ path: String, body: String = "", headers: String = ""
) throws -> (status: Int, body: String) {
    guard case .tcp(_, let port) = address else { throw POSIXError(.EINVAL) }
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var target = sockaddr_in()
    target.sin_family = sa_family_t(AF_INET)
    target.sin_port = in_port_t(port).bigEndian
    target.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
    let connected = withUnsafePointer(to: &target) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
    }
    guard connected == 0 else { throw POSIXError(.ECONNREFUSED) }
    let request = Array(
        ("\(method) \(path) HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: "
            + "\(body.utf8.count)\r\n\(headers)\r\n\(body)").utf8)
    #expect(write(descriptor, request, request.count) == request.count)
    var answer: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while case let count = read(descriptor, &chunk, chunk.count), count > 0 { answer += chunk[..<count] }
    let text = String(decoding: answer, as: UTF8.self)
    let parts = try #require(text.firstRange(of: "\r\n\r\n"))
    return (Int(text.dropFirst(9).prefix(3)) ?? 0, String(text[parts.upperBound...]))
}

@Suite struct ServingTests {
    private let check = "/envoy.service.auth.v3.Authorization/Check"

    @Test func requestsAreAnsweredAndCounted() async throws {
        let log = Lines()
        try await withServer(log: log) { addresses in
            let json = "content-type: application/json\r\n"
            let bearer = try SharedDemo.state().credentials.oauth2OwnerOnly.accessToken
            let request = """
                {"attributes": {"request": {"http": {"method": "GET", "path": "/w/api.php", "host": "h",
                "headers": {"authorization": "Bearer \(bearer)"}}}}}
                """
            let answer = try ask(addresses.data[0], "POST", check, body: request, headers: json)
            #expect(answer.status == 200)
            let session = try JSON(parsing: answer.body)["dynamicMetadata"]?["session"]
            #expect(session?["type"] == "oauth2-owner")
            #expect(session?["cookie"] == "set")
            #expect(try ask(addresses.data[0], "POST", check, body: "{}", headers: json).status == 200)
            let metrics = try ask(addresses.admin, "GET", "/metrics").body
            for line in [
                #"sessiongate_checks_total{outcome="authenticated",type="oauth2-owner"} 1"#,
                #"sessiongate_checks_total{outcome="anonymous",type="none"} 1"#,
                #"sessiongate_cookies_total{action="set"} 1"#,
                #"sessiongate_lookups_total{kind="oauth2"} 1"#,
                #"sessiongate_store_lookups_total{kind="cookies",result="resolved"} 1"#,
                #"sessiongate_memory_entries{kind="minted"} 1"#, #"sessiongate_requests_total{protocol="http1"} 2"#,
                "sessiongate_ready 1",
            ] {
                #expect(metrics.contains("\n\(line)\n"), "\(line)")
            }
            #expect(try ask(addresses.admin, "POST", "/cache/invalidate").status == 200)
            #expect(
                try ask(addresses.admin, "GET", "/metrics").body.contains(
                    "\nsessiongate_memory_entries{kind=\"minted\"} 0\n"))
        }
        let text = log.all.joined()
        #expect(text.contains(" info    ready admin=127.0.0.1:"))
        #expect(text.hasSuffix(" info    stopped\n"))
        let secrets = [try SharedDemo.state().credentials.oauth2OwnerOnly.accessToken, "PRIVATE KEY"]
        #expect(!secrets.contains { text.contains($0) })
    }

    @Test func refusalsAreLoggedByReasonAndNotWithoutBound() async throws {
        let log = Lines()
        let start = ContinuousClock.now
        try await withServer(["SESSIONGATE_SERVER_EVENT_LOOPS": "1"], log: log) { addresses in
            for number in 0..<100 {
                let request = """
                    {"attributes": {"source": {"address": {"socketAddress": {"address": "203.0.113.5"}}}, "request": {"http": {
                    "id": "r\(number)", "method": "GET", "path": "/w/api.php", "host": "h",
                    "headers": {"authorization": "Bearer presented-secret"}}}}}
                    """
                let answer = try ask(
                    addresses.data[0], "POST", check, body: request, headers: "content-type: application/json\r\n")
                #expect(answer.status == 200)
            }
        }
        let refusals = log.all.filter { $0.contains("refused") }
        #expect(refusals.first?.contains("reason=access-token-malformed") == true)
        #expect(refusals.first?.contains("id=r0") == true)
        #expect(refusals.first?.contains("address=203.0.113.5") == true)
        #expect(!refusals.contains { $0.contains("presented-secret") })
        // Twenty a second at most, in as many seconds of the clock as there were, begun ones too.
        let seconds = Int((ContinuousClock.now - start).components.seconds) + 2
        #expect(refusals.count <= 20 * seconds)
    }

    /// Whoever floods with bad credentials does not hide the operator's own mistake.
    @Test func aMisconfiguredRouteIsLoggedAmongRefusals() async throws {
        let log = Lines()
        try await withServer(["SESSIONGATE_SERVER_EVENT_LOOPS": "1"], log: log) { addresses in
            let json = "content-type: application/json\r\n"
            let http = #""http": {"method": "GET", "path": "/w/api.php", "headers": {"authorization": "Bearer x"}}"#
            let refused = "{\"attributes\": {\"request\": {\(http)}}}"
            let misrouted = #"{"attributes": {"contextExtensions": {"sessiongate.mode": "bogus"}}}"#
            for (body, status, count) in [(refused, 200, 30), (misrouted, 503, 9)] {
                for _ in 0..<count {
                    let answer = try ask(addresses.data[0], "POST", check, body: body, headers: json)
                    #expect(answer.status == status)
                }
            }
        }
        let found = log.all.filter { $0.contains(" error   route misconfigured problem=") }
        #expect(!found.isEmpty && found.count <= 6 && found[0].contains("sessiongate.mode"), "\(log.all)")
    }

    /// A store that is gone or garbage, and comes back: the server recovers by itself.
    @Test func readinessSaysWhatIsNotReadyAndRecovers() async throws {
        let directory = try ScratchDirectory()
        let state = try DemoState(creatingIn: directory.file("demo"), now: SharedDemo.now)
        let file = URL(filePath: state.directory + "/oauth.sqlite")
        let rows = try Data(contentsOf: file)
        let loaded = try LoadedConfiguration(
            file: state.directory + "/sessiongate.yaml",
            environment: ["SESSIONGATE_SERVER_LISTEN": "127.0.0.1:0", "SESSIONGATE_SERVER_ADMIN": "127.0.0.1:0"])
        try await withServer(loaded) { addresses in
            let admin = addresses.admin
            func answer(within seconds: Double = 10, _ isExpected: (Int, String) -> Bool) async throws -> Bool {
                let end = Date.now + seconds
                repeat {
                    let answer = try ask(admin, "GET", "/readyz")
                    if isExpected(answer.status, answer.body) { return true }
                    try await Task.sleep(for: .milliseconds(50))
                } while Date.now < end
                return false
            }
            #expect(try await answer { $0 == 200 && $1 == "ok\n" })
            try FileManager.default.removeItem(at: file)
            #expect(try await answer { $0 == 503 && $1.hasPrefix("not ready: store: ") && $1.contains("no such file") })
            #expect(try ask(admin, "GET", "/metrics").body.contains("\nsessiongate_ready 0\n"))
            #expect(try ask(admin, "GET", "/healthz").status == 200)
            try Data("garbage".utf8).write(to: file)
            #expect(try await answer { $0 == 503 && $1.contains("not an SQLite database") })
            try rows.write(to: file)
            #expect(try await answer { $0 == 200 && $1 == "ok\n" })
        }
    }

    @Test func whatIsMissingIsWarnedOfAtTheStart() async throws {
        let log = Lines()
        try await withServer(["SESSIONGATE_KEYS_ACCESS_TOKEN": "[]"], log: log) { _ in }
        let warnings = log.all.filter { $0.contains(" warning ") }
        #expect(warnings.count == 1 && warnings[0].contains("keys.access_token: missing"), "\(warnings)")
    }

    @Test func anOccupiedSocketIsNamedWithItsKey() async throws {
        let directory = try ScratchDirectory()
        try directory.write("file", "")
        let error = await #expect(throws: StartError.self) {
            try await withServer(["SESSIONGATE_SERVER_ADMIN": "unix:\(directory.file("file"))"]) { _ in }
        }
        #expect(
            error?.description.hasPrefix(
                "server.admin: can't listen on unix:\(directory.file("file")): there is something at this path") == true
        )
    }

    @Test func theConfigurationInForceIsShownWithoutSecrets() async throws {
        try await withServer(["SESSIONGATE_SERVER_EVENT_LOOPS": "1"]) { addresses in
            let answer = try ask(addresses.admin, "GET", "/config")
            let listing = try JSON(parsing: answer.body)
            #expect(listing["values"]?["server"]?["event_loops"] == 1)
            #expect(listing["given"]?["server.event_loops"] == "SESSIONGATE_SERVER_EVENT_LOOPS")
            #expect(listing["values"]?["oauth1"]?["secret_key"] == "(hidden)")
            #expect(try ask(addresses.admin, "GET", "/metrics").body.contains("\nsessiongate_event_loops 1\n"))
        }
    }

    /// Each family is described once, before its samples, and every line has the form that Prometheus reads.
    @Test func metricsAreWellFormed() async throws {
        try await withServer { addresses in
            let lines = try ask(addresses.admin, "GET", "/metrics").body.split(separator: "\n").map(String.init)
            let families = lines.compactMap { $0.wholeMatch(of: /# TYPE ([a-z_]+) (?:counter|gauge|histogram)/)?.1 }
            #expect(Set(families).count == families.count)
            var family = ""
            for line in lines {
                if let described = line.wholeMatch(of: /# (?:HELP|TYPE) ([a-z_]+) .+/) {
                    family = String(described.1)
                } else {
                    let sample = line.wholeMatch(
                        of: /([a-z_]+)(?:\{[a-z_]+="[^"\\]*"(?:,[a-z_]+="[^"\\]*")*\})? [0-9.e+]+/)
                    let name = sample.map { String($0.1) } ?? ""
                    let isOfHistogram = ["_bucket", "_sum", "_count"].contains { name == family + $0 }
                    #expect(name == family || isOfHistogram, "\(line)")
                }
            }
            for name in ["process_start_time_seconds", "process_resident_memory_bytes", "process_open_fds"] {
                let value = lines.first { $0.hasPrefix("\(name) ") }?.split(separator: " ").last.flatMap { Double($0) }
                #expect(try #require(value) > 1, "\(name)")
            }
        }
    }

    @Test func anAddressThatIsTakenIsNamed() async throws {
        try await withServer(["SESSIONGATE_SERVER_ADMIN": "none"]) { addresses in
            let address = addresses.dataText
            let error = await #expect(throws: StartError.self) {
                try await withServer(["SESSIONGATE_SERVER_LISTEN": address]) { _ in }
            }
            #expect(error?.description == "server.listen: can't listen on \(address): Address already in use")
        }
    }

    /// Each row of the table is a family of its own, described in a sentence.
    @Test func theTableOfMetricsIsWhole() async throws {
        try await withServer { addresses in
            let page = try ask(addresses.admin, "GET", "/metrics").body
            let helps = page.matches(of: /# HELP [a-z_]+ ([^\n]+)\n# TYPE [a-z_]+ (?:counter|gauge|histogram)\n[^#]/)
            let types = page.split(separator: "\n").count { $0.hasPrefix("# TYPE ") }
            #expect(helps.count == types && types > 20)
            #expect(helps.allSatisfy { $0.1.hasSuffix(".") })
            #expect(page.contains("\nsessiongate_log_lines_dropped_total 0\n"))
        }
    }
}
