// A curl command line as the request that it sends (curl(1)). Options that don't change the request are passed over; those that
// can't be followed here, such as files and uploads, are errors that name them.

import Bytes
import EnvoyProtocol

/// Reads curl command lines.
enum CurlCommand {
    /// Options that take a value and don't change what is explained.
    private static let ignoredWithValue: Set<String> = [
        "-o", "--output", "-w", "--write-out", "-m", "--max-time", "--connect-timeout", "--retry", "--retry-delay",
        "--cacert", "--capath", "-E", "--cert", "--key", "-c", "--cookie-jar", "--resolve", "--connect-to", "-x",
        "--proxy",
        "--interface", "--limit-rate", "-D", "--dump-header", "--trace", "--trace-ascii", "--max-redirs", "--ciphers",
        "--unix-socket", "-r", "--range", "--keepalive-time", "--noproxy", "--retry-max-time", "--tls-max", "--stderr",
        "--speed-limit", "--speed-time", "--dns-servers", "--curves", "--pinnedpubkey", "--happy-eyeballs-timeout-ms",
    ]
    /// Long options without a value that don't change what is explained; those that begin with `--no-` are not listed.
    private static let longFlags: Set<String> = [
        "--silent", "--show-error", "--verbose", "--insecure", "--include", "--location", "--location-trusted",
        "--fail",
        "--fail-with-body", "--fail-early", "--globoff", "--progress-bar", "--remote-name", "--remote-header-name",
        "--http0.9",
        "--http1.0", "--http1.1", "--http2", "--http2-prior-knowledge", "--http3", "--http3-only", "--ipv4", "--ipv6",
        "--compressed", "--tlsv1", "--tlsv1.0", "--tlsv1.1", "--tlsv1.2", "--tlsv1.3", "--path-as-is", "--disable",
        "--raw",
        "--tcp-nodelay", "--tcp-fastopen", "--ssl-reqd", "--styled-output", "--retry-connrefused", "--retry-all-errors",
        "--create-dirs", "--trace-time", "--trace-ids", "--parallel", "--doh-insecure", "--proxytunnel",
    ]
    /// Words of the shell that end a command, or lead its output elsewhere.
    private static let shellOperators: Set<String> = ["|", "||", "&", "&&", ";", ">", ">>", "<", "2>", "2>&1", "|&"]
    /// Options of one letter without a value.
    private static let flags: Set<Character> = Set("sSvikLfgNqOJ#46012n")

    /// The request that `words`, which begin with `curl`, send.
    static func request(_ words: [String]) throws(RequestTextError) -> CheckRequestBuilder {
        var parts = Parts()
        var rest = words.dropFirst()
        while let word = rest.popFirst() { try parts.take(word, &rest) }
        return try parts.builder()
    }

    private struct Parts {
        var method: String?
        var url: String?
        var headers: [(name: String, value: String)] = []
        var data: [String] = []
        var isGet = false
        var isHead = false

        mutating func take(_ word: String, _ rest: inout ArraySlice<String>) throws(RequestTextError) {
            guard !CurlCommand.shellOperators.contains(word) else {
                throw RequestTextError("\(word) is the shell's: give the curl command alone, without what follows it")
            }
            guard word.hasPrefix("-"), word != "-" else {
                guard url == nil else { throw RequestTextError("more than one URL") }
                url = word
                return
            }
            var (option, value): (String, String?) = (word, nil)
            if word.hasPrefix("--") {
                if let equals = word.firstIndex(of: "=") {
                    (option, value) = (String(word[..<equals]), String(word[word.index(after: equals)...]))
                }
            } else {
                // -sSXPOST: flags, then an option whose value may follow at once.
                var letters = word.dropFirst()
                while let letter = letters.first, CurlCommand.flags.contains(letter), letters.count > 1 {
                    letters.removeFirst()
                }
                option = "-" + letters.prefix(1)
                if letters.count > 1 { value = String(letters.dropFirst()) }
            }
            try apply(option, value, &rest)
        }

        private mutating func apply(
            _ option: String, _ given: String?, _ rest: inout ArraySlice<String>
        ) throws(RequestTextError) {
            func value() throws(RequestTextError) -> String {
                guard let value = given ?? rest.popFirst() else { throw RequestTextError("\(option) has no value") }
                return value
            }
            switch option {
            case "-X", "--request": method = try value()
            case "--url": url = try value()
            case "-H", "--header": try addHeader(try value())
            case "-A", "--user-agent": headers.append(("user-agent", try value()))
            case "-e", "--referer": headers.append(("referer", try value()))
            case "-b", "--cookie":
                let cookies = try value()
                guard cookies.contains("=") else {
                    throw RequestTextError("-b names a file: give the cookies themselves")
                }
                headers.append(("cookie", cookies))
            case "--oauth2-bearer": headers.append(("authorization", "Bearer \(try value())"))
            case "-d", "--data", "--data-ascii", "--data-binary", "--data-raw":
                let text = try value()
                guard option == "--data-raw" || !text.hasPrefix("@") else {
                    throw RequestTextError("\(option) names a file: give the data itself")
                }
                data.append(option == "-d" || option == "--data" ? text.filter { $0 != "\n" && $0 != "\r" } : text)
            case "--data-urlencode": data.append(try Self.encoded(try value()))
            case "-G", "--get": isGet = true
            case "-I", "--head": isHead = true
            default: try passOver(option, given, &rest)
            }
        }

        private func passOver(
            _ option: String, _ given: String?, _ rest: inout ArraySlice<String>
        ) throws(RequestTextError) {
            if CurlCommand.ignoredWithValue.contains(option) {
                if given == nil { rest = rest.dropFirst() }
                return
            }
            let isFlag =
                option.hasPrefix("--")
                ? CurlCommand.longFlags.contains(option) || option.hasPrefix("--no-")
                : option.last.map(CurlCommand.flags.contains) ?? false
            // An option that is not known may change the request, or take the next word.
            guard isFlag else { throw RequestTextError("option \(option) of curl is not understood: leave it out") }
        }

        private mutating func addHeader(_ line: String) throws(RequestTextError) {
            guard !line.hasPrefix("@"), let colon = line.firstIndex(of: ":") else {
                // `Name;` sends an empty header, `Name` none.
                if line.hasSuffix(";") { headers.append((line.dropLast().lowercased(), "")) }
                return
            }
            let value = line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
            headers.append((line[..<colon].lowercased(), String(value)))
        }

        /// `--data-urlencode`: `content`, `=content`, `name=content`.
        private static func encoded(_ text: String) throws(RequestTextError) -> String {
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard !text.hasPrefix("@"), !(parts.count < 2 && text.contains("@")) else {
                throw RequestTextError("--data-urlencode names a file: give the data itself")
            }
            var content: [UInt8] = []
            Array((parts.last ?? "").utf8).withBytes { Percent.encode($0, into: &content) }
            let name = parts.count == 2 && !parts[0].isEmpty ? "\(parts[0])=" : ""
            return name + String(decoding: content, as: UTF8.self)
        }

        func builder() throws(RequestTextError) -> CheckRequestBuilder {
            guard let url else { throw RequestTextError("the curl command has no URL") }
            var request = try CheckRequestBuilder(url: url)
            let body = data.joined(separator: "&")
            if isGet, !data.isEmpty {
                request.path += Array(((url.contains("?") ? "&" : "?") + body).utf8)
            } else if !data.isEmpty {
                request.body = Array(body.utf8)
            }
            request.method = Array((method ?? (isHead ? "HEAD" : data.isEmpty || isGet ? "GET" : "POST")).utf8)
            for (name, value) in headers {
                if name == "host" { request.host = Array(value.utf8) } else { request.addHeader(name, value) }
            }
            if request.body != nil, !headers.contains(where: { $0.name == "content-type" }) {
                request.addHeader("content-type", "application/x-www-form-urlencoded")
            }
            return request
        }
    }
}

extension CheckRequestBuilder {
    /// A request for a URL, `http` where it names no scheme, as curl does.
    init(url: String) throws(RequestTextError) {
        let parts = url.firstRange(of: "://").map { (url[..<$0.lowerBound].lowercased(), url[$0.upperBound...]) }
        let (scheme, rest) = parts ?? ("http", url[...])
        guard scheme == "http" || scheme == "https" else { throw RequestTextError("the URL is not one of HTTP") }
        let end = rest.firstIndex { "/?#".contains($0) } ?? rest.endIndex
        let target = rest[end...].prefix { $0 != "#" }
        // Without user and password, which are an Authorization header of their own.
        let host = rest[..<end].split(separator: "@").last ?? ""
        guard !host.isEmpty else { throw RequestTextError("the URL has no host") }
        self.init(
            scheme: scheme, host: String(host), path: target.hasPrefix("/") ? String(target) : "/" + target)
    }
}
