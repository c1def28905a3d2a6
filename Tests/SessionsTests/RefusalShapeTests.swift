// Where a refused request was sent, and in which form it asked to be told errors.

import Bytes
import EnvoyProtocol
import Sessions
import TestSupport
import Testing

@Suite struct RefusalShapeTests {
    private func shape(_ request: CheckRequestBuilder, _ world: TestWorld = TestWorld()) -> RefusalShape {
        request.encode().withBytes { try! world.policy.withRequest($0) { world.policy.refusalShape(of: $0) } }
    }

    private func shape(path: String, form: String? = nil) -> RefusalShape {
        var request = TestWorld().request(path)
        if let form {
            request.method = Array("POST".utf8)
            request.addHeader("content-type", "application/x-www-form-urlencoded")
            request.body = Array(form.utf8)
        }
        return shape(request)
    }

    @Test(
        arguments: [
            ("/w/api.php", .action(APIErrorFormat())), ("/w/api.php/x", .action(APIErrorFormat())),
            ("/w/./%61pi.php", .action(APIErrorFormat())), ("/w/rest.php/v1/page/A", .rest),
            ("/w/%72est.php", .rest), ("/w/index.php?title=A", .page), ("/wiki/A", .page), ("/", .page),
            ("/w/thumb.php", .other), ("/w/x.php", .other), ("/w/load.php", .other), ("/x", .other),
        ] as [(String, RefusalShape)])
    func thePlaceDecides(path: String, expected: RefusalShape) { #expect(shape(path: path) == expected) }

    @Test(
        arguments: [
            ("format=json", APIErrorFormat()), ("format=xml", APIErrorFormat(.xml)),
            ("format=php", APIErrorFormat(.php)),
            ("format=xmlfm", APIErrorFormat()), ("format=none", APIErrorFormat()), ("xformat=xml", APIErrorFormat()),
            ("format=php&format=xml", APIErrorFormat(.xml)), ("%66ormat=x%6Dl", APIErrorFormat(.xml)),
            ("+format=xml", APIErrorFormat(.xml)), ("format[]=xml", APIErrorFormat()), ("format=XML", APIErrorFormat()),
            ("errorformat=bc&formatversion=2", APIErrorFormat(.json, .bc, isVersion2: true)),
            ("errorformat=plaintext", APIErrorFormat(.json, .text)),
            ("errorformat=wikitext&formatversion=latest", APIErrorFormat(.json, .text, isVersion2: true)),
            ("errorformat=html&formatversion=1", APIErrorFormat(.json, .html)),
            ("errorformat=raw&format=xml", APIErrorFormat(.xml, .raw)),
            ("errorformat=none", APIErrorFormat(.json, .none)),
            ("errorformat=\(String(repeating: "x", count: 100))", APIErrorFormat()),
        ] as [(String, APIErrorFormat)])
    func theVariablesDecide(query: String, expected: APIErrorFormat) {
        #expect(shape(path: "/w/api.php?" + query) == .action(expected))
        #expect(shape(path: "/w/api.php", form: query) == .action(expected))
        #expect(shape(path: "/w/api.php?action=query&\(query)&a=1") == .action(expected))
    }

    /// PHP lays the form over the query; an array hides what the query says.
    @Test(arguments: [
        ("format=xml", "format=php", APIErrorFormat.Output.php), ("format=xml", "format[]=php", .json),
        ("format=xml", "action=edit", .xml), ("format=xml", "format=", .json),
    ])
    func theFormCountsBeforeTheQuery(query: String, form: String, output: APIErrorFormat.Output) {
        #expect(shape(path: "/w/api.php?" + query, form: form) == .action(APIErrorFormat(output)))
    }

    /// What stands far behind has no say, and costs nothing.
    @Test func onlyTheBeginningOfALargeFormIsRead() {
        let text = "text=" + String(repeating: "x", count: 100_000)
        #expect(shape(path: "/w/api.php", form: "format=xml&" + text) == .action(APIErrorFormat(.xml)))
        #expect(shape(path: "/w/api.php", form: text + "&format=xml") == .action(APIErrorFormat()))
    }

    @Test(arguments: ["/w/api.php", "/w/rest.php", "/wiki/A", "/w/x.php"])
    func theOperatorMayWantOneStatus(path: String) {
        let world = TestWorld()
        world.settings.refusals.status = .unauthorized
        #expect(shape(world.request(path), world) == .other)
        let denied = world.check(world.request(path).adding("authorization", "Bearer x")).response?.denied
        #expect(denied?.status.code == .unauthorized)
        #expect(denied?.body.hasPrefix(#"{"error":{"code":"mwoauth-"#) == true)
    }

    @Test func eachShapeHasAnIndexOfItsOwn() {
        var indices: Set<Int> = []
        for output in APIErrorFormat.Output.allCases {
            for errors in APIErrorFormat.Errors.allCases {
                for isVersion2 in [false, true] {
                    indices.insert(RefusalShape.action(APIErrorFormat(output, errors, isVersion2: isVersion2)).index)
                }
            }
        }
        for shape in [RefusalShape.rest, .page, .other] { indices.insert(shape.index) }
        #expect(indices == Set(0..<RefusalShape.count))
    }
}

@Suite struct RefusalAnswerTests {
    private func denied(
        _ path: String, origin: String? = nil, world: TestWorld = TestWorld()
    ) throws -> (status: Int, fields: [String: String], body: String) {
        var request = world.request(path).adding("authorization", "Bearer x")
        if let origin { request.addHeader("origin", origin) }
        let answer = try #require(world.check(request).response)
        // Not OK: Envoy lets nothing pass, whatever the HTTP status.
        #expect(answer.status.code == 16 && answer.ok == nil)
        let denied = try #require(answer.denied)
        let fields = Dictionary(uniqueKeysWithValues: denied.headers.map { ($0.header.key, $0.header.value) })
        return (denied.status.code.rawValue, fields, denied.body)
    }

    private static let text = "The authorization headers in your request are not valid: Invalid access token"

    @Test func theActionAPI() throws {
        let answer = try denied("/w/api.php?action=query")
        #expect(answer.status == 200)
        #expect(answer.fields["mediawiki-api-error"] == "mwoauth-invalid-authorization")
        #expect(answer.fields["cache-control"] == "private, no-store")
        #expect(
            answer.body == """
                {"error":{"code":"mwoauth-invalid-authorization","info":"\(Self.text)","reason":"access-token-malformed"}}
                """)
    }

    @Test(
        arguments: [
            ("errorformat=plaintext", #""*":"\#(text)","#),
            ("errorformat=wikitext&formatversion=2", #""text":"\#(text)","#),
            ("errorformat=html", #""*":"\#(text)","#), ("errorformat=html&formatversion=2", #""html":"\#(text)","#),
            (
                "errorformat=raw",
                #""key":"mwoauth-invalid-authorization","params":["Invalid access token"],"#
            ), ("errorformat=none", ""),
        ])
    func errorFormats(query: String, members: String) throws {
        #expect(
            try denied("/w/api.php?" + query).body
                == #"{"errors":[{"code":"mwoauth-invalid-authorization",\#(members)"module":"main","#
                + #""reason":"access-token-malformed"}]}"#)
    }

    @Test func xmlAndPHP() throws {
        let xml = try denied("/w/api.php?format=xml")
        #expect(xml.fields["content-type"] == "text/xml; charset=utf-8")
        #expect(
            xml.body == #"<?xml version="1.0"?><api><error code="mwoauth-invalid-authorization" info="\#(Self.text)" "#
                + #"reason="access-token-malformed" /></api>"#)
        let php = try denied("/w/api.php?format=php&errorformat=none")
        #expect(php.fields["content-type"] == "application/vnd.php.serialized; charset=utf-8")
        #expect(
            php.body == #"a:1:{s:6:"errors";a:1:{i:0;a:3:{s:4:"code";s:29:"mwoauth-invalid-authorization";"#
                + #"s:6:"module";s:4:"main";s:6:"reason";s:22:"access-token-malformed";}}}"#)
    }

    @Test func whatXMLTakesForMarkupIsEscaped() throws {
        let world = TestWorld()
        world.settings.cookie.name = "a'&b"
        let request = world.bearer().on(path: "/w/api.php?format=xml&errorformat=html").adding("cookie", "a'&b=x")
        let body = try #require(world.check(request).response?.denied).body
        #expect(body.contains("Invalid &amp;#039;a&amp;#039;&amp;amp;b&amp;#039; cookie: "))
    }

    @Test func theRESTAPI() throws {
        let answer = try denied("/w/rest.php/v1/page/A")
        #expect(answer.status == 403)
        #expect(
            answer.body == #"{"errorKey":"mwoauth-invalid-authorization","messageTranslations":{"en":"\#(Self.text)"},"#
                + #""httpCode":403,"httpReason":"Forbidden","reason":"access-token-malformed"}"#)
    }

    @Test func pagesAndOthers() throws {
        let page = try denied("/wiki/A")
        #expect(page.status == 400 && page.fields["content-type"] == "text/plain; charset=utf-8")
        #expect(page.body.contains("(mwoauth-not-api, not-api)"))
        #expect(try denied("/w/x.php").status == 401)
    }

    @Test func aKeptRefusalIsTheOneOfItsShape() throws {
        let world = TestWorld()
        for _ in 0..<2 {
            #expect(try denied("/w/api.php", world: world).status == 200)
            #expect(try denied("/w/api.php?format=xml", world: world).body.hasPrefix("<?xml"))
            #expect(try denied("/w/rest.php", world: world).status == 403)
            #expect(try denied("/wiki/A", world: world).status == 400)
            #expect(
                world.check(world.signed(nonce: "n", secrets: "x&y")).response?.denied?.body.contains(
                    "signature-invalid") == true)
        }
    }

    @Test(arguments: ["https://app.test", "http://localhost:8080", "null", "https://[::1]:1", "app+x://a"])
    func aScriptOfAnotherSiteSeesTheRefusal(origin: String) throws {
        for path in ["/w/api.php", "/w/rest.php/v1/page/A", "/wiki/A", "/w/x.php"] {
            let fields = try denied(path, origin: origin).fields
            #expect(fields["access-control-allow-origin"] == origin)
            #expect(fields["access-control-allow-credentials"] == "true")
            #expect(fields["access-control-expose-headers"] == "MediaWiki-API-Error, Retry-After, WWW-Authenticate")
            #expect(fields["vary"] == "Origin")
        }
    }

    @Test(
        arguments: [
            nil, "", "https://a.test, https://b.test", "https://a.test\r\nset-cookie: a=b", "https://a.test/",
            "https://a.test\u{0}", "https://ä.test", "a.test", "://a", "https://", "*", "https://a b",
            "https://" + String(repeating: "a", count: 300),
        ] as [String?])
    func whatIsNoOriginIsNotRepeated(origin: String?) throws {
        let fields = try denied("/w/api.php", origin: origin).fields
        #expect(fields.keys.allSatisfy { !$0.hasPrefix("access-control") && $0 != "vary" })
    }
}

extension CheckRequestBuilder {
    /// With another path.
    fileprivate func on(path: String) -> CheckRequestBuilder {
        var copy = self
        copy.path = Array(path.utf8)
        return copy
    }
}
