import Bytes
import EnvoyProtocol
import Testing
import Tools

@Suite struct RequestTextTests {
    /// What decisions read of the request that a text describes.
    private struct Read: Equatable {
        var method = "", target = "", host = "", scheme = "", body = ""
        var headers: [String: String] = [:]
    }

    private func read(_ text: String) throws -> Read {
        let bytes = Array(text.utf8)
        let message = try RequestText.checkRequest(bytes, RequestText.kind(of: bytes))
        return try message.withBytes { message in
            let check = try CheckRequest(protobuf: message)
            var read = Read()
            read.method = check.request.method.string
            read.target = check.request.target.string
            read.host = check.request.host.string
            read.scheme = check.request.scheme.string
            read.body = check.request.body.string
            check.forEachHeader { read.headers[$0.string] = $1.string }
            return read
        }
    }

    @Test(arguments: [
        ("curl https://w.example/", RequestText.Kind.curl), ("\n  $ curl -v w.example", .curl),
        ("GET / HTTP/1.1\r\nHost: w.example\r\n\r\n", .http), ("> GET /w/api.php HTTP/2\n> host: w", .http),
        (#"{"attributes": {}}"#, .checkRequests), ("", .checkRequests), ("GET /", .checkRequests),
        ("curling", .checkRequests),
    ])
    func kinds(_ text: String, _ kind: RequestText.Kind) {
        #expect(RequestText.kind(of: Array(text.utf8)) == kind)
    }

    @Test func aCurlCommandAsOneWouldPasteIt() throws {
        let read = try read(
            """
            $ curl -sS -H 'Authorization: OAuth oauth_consumer_key="k", oauth_signature="a%3D"' \\
                --cookie "a=1; b=2" -A 'bot/1' 'https://W.example:8443/w/api.php?action=query&titles=A%20B#part'
            """)
        #expect(read.method == "GET" && read.scheme == "https" && read.host == "W.example:8443")
        #expect(read.target == "/w/api.php?action=query&titles=A%20B" && read.body == "")
        #expect(
            read.headers == [
                "authorization": #"OAuth oauth_consumer_key="k", oauth_signature="a%3D""#, "cookie": "a=1; b=2",
                "user-agent": "bot/1",
            ])
    }

    @Test func dataMakesAPost() throws {
        let read = try read(#"curl -d a=1 --data-urlencode 'b=x y&z' --data-raw $'c=\u00e9' http://w.example"#)
        #expect(read.method == "POST" && read.target == "/" && read.body == "a=1&b=x%20y%26z&c=é")
        #expect(read.headers["content-type"] == "application/x-www-form-urlencoded")
        let inQuery = try self.read("curl -G -d a=1 'w.example/x?b=2' -X DELETE")
        #expect(inQuery.method == "DELETE" && inQuery.target == "/x?b=2&a=1" && inQuery.body == "")
        #expect(try self.read("curl -I w.example").method == "HEAD")
        let passedOver = "curl --tlsv1 --compressed --no-buffer --http2 --max-time 3 --noproxy '*' w.example/y"
        #expect(try self.read(passedOver).target == "/y")
        #expect(try self.read("curl -XPUT w.example -HHost:other.example").host == "other.example")
    }

    @Test(arguments: [
        ("curl", "the curl command has no URL"), ("curl -H", "-H has no value"), ("curl 'w.example", "a quote"),
        ("curl -d @file w.example", "-d names a file"), ("curl -F a=b w.example", "option -F"),
        ("curl --form a=b w.example", "option --form"), ("curl a.example b.example", "more than one URL"),
        ("curl --unknown w.example", "option --unknown"), ("curl w.example | jq .", "| is the shell's"),
        ("curl w.example > file", "> is the shell's"), ("curl ftp://w.example", "not one of HTTP"),
        ("curl -b jar.txt w.example", "-b names a file"),
    ])
    func whatCantBeFollowedIsNamed(_ text: String, _ message: String) {
        let error = #expect(throws: RequestTextError.self) { try read(text) }
        #expect(error?.description.contains(message) == true, "\(String(describing: error))")
    }

    @Test func aRequestAsItGoesOverTheWire() throws {
        let read = try read(
            "POST /w/api.php?a=b HTTP/1.1\r\nHost: w.example\r\nContent-Type: application/x-www-form-urlencoded\r\n"
                + "X-Forwarded-Proto: http\r\n\r\nc=d&e=f\n")
        #expect(read.method == "POST" && read.target == "/w/api.php?a=b" && read.host == "w.example")
        #expect(read.body == "c=d&e=f" && read.scheme == "http")
        #expect(try self.read("GET https://w.example/x HTTP/1.1\nHost: w.example\n").target == "/x")
    }

    /// Standard error and standard output of `curl -v` in one file, as curl 7.88 and 8 write it.
    @Test func whatCurlPrintsInAll() throws {
        let meter = "0     0    0     0    0     0      0      0 --:--:-- --:--:-- --:--:--     0"
        let head =
            "  % Total    % Received % Xferd  Average Speed   Time    Time     Time  Current\n"
            + "                                 Dload  Upload   Total   Spent    Left  Speed\n"
        let proxy = "> CONNECT w.example:443 HTTP/1.1\r\n> Host: w.example:443\r\n> \r\n< HTTP/1.1 200 OK\r\n< \r\n"
        let request = "> POST /w/api.php?a=b HTTP/1.1\r\n> Host: w.example\r\n> Authorization: Bearer x\r\n> \r\n"
        let answer =
            "} [3 bytes data]\n* HTTP 1.0, assume close after body\n< HTTP/1.1 302 Found\r\n< Location: /\r\n< \r\n"
            + "{ [230 bytes data]\n\r100   230  100   230    0     0   8727      0 --:--:-- --:--:-- --:--:--  8846\n"
            + "* Closing connection 0\n> GET /quoted HTTP/1.1\n> Host: other\n<html>\n{\"a\": 1}\n"
        let texts = [
            head + "\r  " + meter + "*   Trying 127.0.0.1:80...\n* Connected to w.example\n" + request + answer,
            head + "* Connected\n\r  " + meter + request + answer,
            "$ curl -v -d c=d http://w.example/w/api.php?a=b\n* Connected\n" + proxy + request + answer,
        ]
        for text in texts {
            #expect(RequestText.kind(of: Array(text.utf8)) == .http)
            let read = try read(text)
            #expect(read.method == "POST" && read.target == "/w/api.php?a=b" && read.host == "w.example")
            #expect(read.headers == ["authorization": "Bearer x"] && read.body == "")
        }
    }

    @Test func whatCurlPrintsAboutARequest() throws {
        let read = try read(
            """
            * Connected to w.example
            > GET /w/api.php HTTP/1.1
            > Host: w.example
            > Authorization: Bearer x
            >
            < HTTP/1.1 200 OK
            < Server: envoy
            """)
        #expect(read.host == "w.example" && read.headers == ["authorization": "Bearer x"] && read.body == "")
    }
}
