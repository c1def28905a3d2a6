// What a path leads to, and Special:OAuth wherever it can stand.

import Sessions
import Testing
import Bytes
import EnvoyProtocol

/// What happens to a request with OAuth credentials that are not valid.
private enum Fate {
    /// It is refused because it is not for the API.
    case notAPI
    /// It is refused because the credentials are not valid.
    case invalid
    /// It is let through, as an anonymous one.
    case letThrough
    /// Something else.
    case other
}

private func fate(
    _ path: String, method: String = "GET", form: String? = nil, type: String = "application/x-www-form-urlencoded",
    _ configure: (inout EntryPointSettings) -> Void = { _ in }
) -> Fate {
    let world = TestWorld()
    configure(&world.settings.entryPoints)
    var request = world.request(path).adding("authorization", "OAuth x")
    request.method = Array(method.utf8)
    if let form {
        request = request.adding("content-type", type)
        request.body = Array(form.utf8)
        request.size = Int64(form.utf8.count)
    }
    let decision = world.check(request).decision
    switch (decision?.outcome, decision?.reason) {
    case (.refused, .notAPI): return .notAPI
    case (.refused, .consumerKeyMissing): return .invalid
    case (.anonymous, _): return .letThrough
    default: return .other
    }
}

/// A path of `index.php` with this title in its query.
private func query(_ title: String) -> String {
    var encoded: [UInt8] = []
    Array(title.utf8).withBytes { Percent.encode($0, into: &encoded) }
    return "/w/index.php?title=" + String(decoding: encoded, as: UTF8.self)
}

@Suite struct SpecialOAuthTests {
    @Test(arguments: [
        "Special:OAuth", "Special:OAuth/initiate", "special:oauth/token", "SPECIAL:OAUTH", ":Special:OAuth/initiate",
        " : Special : OAuth/a", "_Special_:_OAuth_", "Special:MWOAuth/authorize", "Special:OAuth#top",
        "Special:OAuth_#top", "Special:\u{3000}OAuth", "\u{200E}Special:OAuth\u{202C}", "Special:OAuth/a b/c",
    ])
    func spellingsOfTheTitle(title: String) {
        #expect(fate(query(title)) == .letThrough)
    }

    @Test(arguments: [
        "Spezial:OAuth", "spezial:oauth/initiate", "特殊:OAuth", "特別:OAuth", "Spécial:OAuth", "Spe\u{301}cial:OAuth",
        "СЛУЖЕБНАЯ:OAuth", "Especial:MWOAuth", "Đặc biệt:OAuth", "Đặc_biệt:OAuth", "Mba'echĩchĩ:OAuth",
        "특수:MWO인증", "خاص:أو_أوث/initiate", "বিশেষ:ওআউথ", "Özel:OAuth",
    ])
    func namesInOtherLanguages(title: String) {
        #expect(fate(query(title)) == .letThrough)
    }

    @Test(arguments: [
        "SpecialX:OAuth", "XSpecial:OAuth", "Special:OAuthX", "Special:XOAuth", "Special:O_Auth", "Spe_cial:OAuth",
        "Talk:OAuth", "OAuth", ":OAuth", "::Special:OAuth", "Special", "Special:", ":", "", "Special:/OAuth",
        "Special:OAuth_/token", "Special:#OAuth", "Talk:Special:OAuth", "Special:Special:OAuth",
        "Special:OAuthManageConsumers", "Special:OAuth\u{301}", "Spezialx:OAuth", "Special/OAuth",
    ])
    func titlesOfOtherPages(title: String) {
        #expect(fate(query(title)) == .notAPI)
    }

    @Test func titlesThatAreNoTextOrTooLong() {
        #expect(fate("/w/index.php?title=%E7%89%B9%E6%AE:OAuth") == .notAPI)
        #expect(fate("/w/index.php?title=\(String(repeating: "_", count: 2000))Special:OAuth") == .notAPI)
    }

    @Test(arguments: [
        "/index.php/Special:OAuth/initiate", "/w/index.php/Special:OAuth/token", "/w/index.php/Spezial:OAuth",
        "/wiki/Special:OAuth/initiate", "/wiki/:Special:OAuth", "/wiki/%E7%89%B9%E6%AE%8A:OAuth/token",
        "/w/index.php?title=%E7%89%B9%E6%AE%8A:OAuth", "/?title=Special:OAuth/initiate", "/w/?title=Special:OAuth",
        "/w/index.php?title=Special%3aOAuth%2Ftoken&format=json", "/w/index.php?a=b&title=Special:OAuth",
        "/w/index.php?%74itle=Special:OAuth", "/w/index.php/Special:OAuth?title=Main_Page",
        "/wiki/Special:OAuth?title=Main_Page", "/w/%69ndex.php/Special:OAuth", "/wiki/%53pecial%3AOAuth%2Finitiate",
    ])
    func placesOfTheTitle(path: String) {
        #expect(fate(path) == .letThrough)
    }

    @Test(arguments: [
        "/w/index.php/Main_Page?title=Special:OAuth", "/w/index.php/?title=Special:OAuth",
        "/wiki/Main_Page?title=Special:OAuth", "/wiki/?title=Special:OAuth", "/wiki?title=Special:OAuth",
        "/w/index.php", "/w/index.php/", "/", "/w/", "/w/index.php/SpecialX:OAuth", "/wiki/Talk:OAuth",
        "/w/index.php?title[]=Special:OAuth", "/w/index.php?Title=Special:OAuth", "/w/index.php?title2=Special:OAuth",
    ])
    func placesOfOtherTitles(path: String) {
        #expect(fate(path) == .notAPI)
    }

    /// PHP keeps the last of a repeated name.
    @Test func repeatedTitles() {
        #expect(fate("/w/index.php?title=Main_Page&title=Special:OAuth") == .letThrough)
        #expect(fate("/w/index.php?title=Special:OAuth&title=Main_Page") == .notAPI)
        #expect(fate("/w/index.php?title=Special:OAuth&title[]=Main_Page") == .notAPI)
        #expect(fate("/w/index.php?title[]=Main_Page&title=Special:OAuth") == .letThrough)
    }

    @Test func theTitleOfAForm() {
        let page = "/w/index.php?title=Main_Page"
        #expect(fate(page, method: "POST", form: "title=Special:OAuth/token") == .letThrough)
        #expect(fate(page, method: "POST", form: "title=Special%3AOAuth&a=b") == .letThrough)
        #expect(fate("/w/index.php", method: "POST", form: "a=1&title=Spezial%3AOAuth") == .letThrough)
        #expect(
            fate(page, method: "POST", form: "title=Special:OAuth", type: "Application/X-WWW-form-urlencoded; a=b")
                == .letThrough)
        // The path is stronger than both.
        #expect(fate("/w/index.php/Main_Page", method: "POST", form: "title=Special:OAuth") == .notAPI)
    }

    @Test func theFormHidesTheQuery() {
        let special = "/w/index.php?title=Special:OAuth"
        #expect(fate(special, method: "POST", form: "a=b") == .letThrough)
        for form in ["title=Main_Page", "title=", "title", "title[]=Special:OAuth", "title=Special:OAuth&title=X"] {
            #expect(fate(special, method: "POST", form: form) == .notAPI)
        }
    }

    @Test func bodiesThatAreNoForm() {
        let form = "title=Special:OAuth"
        for method in ["GET", "PUT", "post"] { #expect(fate("/w/index.php", method: method, form: form) == .notAPI) }
        for type in ["application/x-www-form-urlencodedx", "text/plain", "multipart/form-data"] {
            #expect(fate("/w/index.php", method: "POST", form: form, type: type) == .notAPI)
        }
        let long = String(repeating: "a=b&", count: 20_000) + form
        #expect(fate("/w/index.php", method: "POST", form: long) == .notAPI)
    }

    @Test func namesOfTheOperator() {
        #expect(fate(query("Spezialseite:OAuth")) == .notAPI)
        #expect(fate(query("spezialseite:OAuth")) { $0.specialNames = ["Spezialseite"] } == .letThrough)
        #expect(fate(query("Meine_Seiten:OAuth")) { $0.specialNames = ["Meine Seiten"] } == .letThrough)
        #expect(fate(query("Special:AppLogin/token")) == .notAPI)
        #expect(fate(query("Special:applogin/token")) { $0.oauthPageNames = ["AppLogin"] } == .letThrough)
        #expect(fate(query("Special:OAuth")) { $0.oauthPageNames = ["AppLogin"] } == .letThrough)
    }
}

@Suite struct EntryPointTests {
    private static let root: @Sendable (inout EntryPointSettings) -> Void = {
        $0.articlePaths = ["/$1", "/zh-hans/$1"]
    }

    @Test func anArticlePathAtTheRoot() {
        for path in [
            "/Special:OAuth/token", "/特殊:OAuth", "/zh-hans/特殊:OAuth", "/Special:OAuth/x.php", "//Special:OAuth",
        ] {
            #expect(fate(path, method: "GET", Self.root) == .letThrough, "\(path)")
        }
        for path in ["/Main_Page", "/", "/?title=Special:OAuth", "/zh-hans/Main_Page", "/zh-hans", "/w/Special:OAuth"] {
            #expect(fate(path, method: "GET", Self.root) == .notAPI, "\(path)")
        }
        #expect(fate("/zh-hans/Page.php", method: "GET", Self.root) == .notAPI)
    }

    @Test func scriptsBesideAnArticlePathAtTheRoot() {
        for path in [
            "/api.php?action=query", "/w/api.php", "/rest.php/v1/x", "/w/rest.php/v1/x", "/unknown.php", "/A.php/b",
        ] {
            #expect(fate(path, method: "GET", Self.root) == .invalid, "\(path)")
        }
        #expect(fate("/load.php", method: "GET", Self.root) == .letThrough)
        #expect(fate("/index.php?title=Main_Page", method: "GET", Self.root) == .notAPI)
    }

    @Test(arguments: [
        "/w/load.php?modules=x", "/w/thumb.php?f=A.png", "/w/img_auth.php/a/ab/A.png", "/w/thumb_handler.php/a/A.png",
        "/w/opensearch_desc.php", "/images/a/ab/A.png", "/w/resources/x.css", "/favicon.ico", "/service/model:predict",
        "/api/rest_v1/page/html/A",
    ])
    func placesWhereNothingIsRefused(path: String) {
        #expect(fate(path) == .letThrough)
    }

    @Test(arguments: [
        "/w/rest.php/v1/page/A", "/w/api.php", "/w/other.php", "/w/thumbs.php", "/w/img_auth.phpx/rest.php",
        "/w/rest.php/Special:OAuth", "/w/api.php?title=Special:OAuth", "", "*", "wiki.test:443", "?title=Special:OAuth",
    ])
    func scriptsThatMayLook(path: String) {
        #expect(fate(path) == .invalid)
    }

    @Test func aPathThatIsRewrittenToTheRESTAPI() {
        #expect(fate("/api/rest_v1/page/html/A") { $0.restPrefixes = ["/api/rest_v1/"] } == .invalid)
        #expect(fate("/api/other") { $0.restPrefixes = ["/api/rest_v1/"] } == .letThrough)
    }

    @Test func theKeysOfOldMeanWhatTheyMeant() {
        #expect(fate("/wiki/A") { $0.refusedPrefixes = [] } == .letThrough)
        #expect(fate("/wiki/api.php") == .notAPI)
        #expect(fate("/a/A") { $0.refusedPrefixes = ["/a/"] } == .notAPI)
        #expect(fate("/w/index.php") { $0.refused = [] } == .invalid)
        #expect(fate("/w/load.php") { $0.ignored = [] } == .invalid)
        #expect(fate("/w/thumb.php") { $0.ignored = ["/load.php"] } == .invalid)
    }

    /// Whose request it is counts wherever it goes: behind the path may be the REST API of a farm, or a service that trusts us.
    @Test func validCredentialsCountAtAnUnknownPath() {
        let world = TestWorld()
        let outcome = world.check(world.signed(nonce: "n", path: "/service/x?a=b"))
        #expect(outcome.decision?.identity?.userName == "Alice" && outcome.cookies.count == 1)
        // A replay proves nothing, and is refused as elsewhere.
        #expect(world.check(world.signed(nonce: "n", path: "/service/x?a=b")).reason == .nonceUsed)
        let invalid = world.check(world.signed(nonce: "m", path: "/service/x?a=b", secrets: "wrong&ts"))
        #expect(invalid.decision?.outcome == .anonymous && invalid.reason == .signatureInvalid)
    }

    @Test(arguments: ["/w/thumb.php?f=A", "/w/img_auth.php?a=b", "/wiki/Special%3AOAuth?a=b"])
    func validCredentialsCountWhereMediaWikiDoesNotLook(path: String) {
        let world = TestWorld()
        var request = world.signed(nonce: "n", path: path)
        request.path = Array(path.replacing("%3A", with: ":").utf8)
        for _ in 0..<2 {
            let outcome = world.check(request)
            #expect(outcome.decision?.identity?.userName == "Alice" && outcome.cookies.isEmpty)
            #expect(outcome.decision?.actsAs == .anonymous)
        }
    }

    @Test func aCookieBesideInvalidCredentialsIdentifiesAtAnUnknownPath() throws {
        let world = TestWorld()
        let cookie = try #require(world.check(world.signed(nonce: "n")).cookies.first)
        let request = world.request("/images/A.png").adding("authorization", "Bearer junk")
            .adding("cookie", String(cookie.prefix { $0 != ";" }))
        #expect(world.check(request).decision?.identity?.userName == "Alice")
    }

    @Test func anInvalidCookieIsNoReasonToRefuseAtAnUnknownPath() {
        let world = TestWorld()
        func outcome(_ path: String, nonce: String) -> TestWorld.Outcome {
            world.check(world.signed(nonce: nonce, path: path).adding("cookie", "sessionJwt=a.b.c"))
        }
        #expect(outcome("/w/api.php?a=b", nonce: "n").decision?.outcome == .refused)
        let unknown = outcome("/images/A.png?a=b", nonce: "m")
        #expect(unknown.decision?.identity?.userName == "Alice" && unknown.cookies.count == 1)
    }

    @Test func anUnknownHostIsRefusedWhereverItLeads() {
        let world = TestWorld()
        world.settings.wikis.fallback = nil
        #expect(world.check(world.signed(nonce: "n", path: "/images/A.png?a=b")).reason == .wikiUnknown)
        #expect(world.check(world.signed(nonce: "m", path: "/images/A.png?a=b")).decision?.outcome == .refused)
    }

    /// Its path is this service's, even if the wiki would have an article there.
    @Test func aQuestionToThisServiceIsNoArticle() throws {
        let world = TestWorld()
        world.settings.entryPoints.articlePaths = ["/$1"]
        let message = world.request("/v1/identity").adding("authorization", "OAuth x").encode()
        func reason(asked: Bool) throws -> Reason? {
            try message.withBytes { bytes in
                try world.policy.withRequest(bytes) { request in
                    var request = request
                    request.asksForIdentity = asked
                    let step = decide(request, world.policy, world.memory, at: world.now, &world.scratch)
                    guard case .decided(let decision) = step else { return nil }
                    return decision.reason
                }
            }
        }
        #expect(try reason(asked: true) == .consumerKeyMissing)
        #expect(try reason(asked: false) == .notAPI)
        #expect(try reason(asked: true) == .consumerKeyMissing)
    }

    /// What a path leads to is remembered; what its query or form has a say in is not.
    @Test func whatIsRememberedOfAPathDependsOnThePathAlone() {
        let world = TestWorld()
        func isRefused(_ path: String, form: String? = nil) -> Bool {
            var request = world.request(path).adding("authorization", "OAuth x")
            if let form {
                request = request.adding("content-type", "application/x-www-form-urlencoded")
                (request.method, request.body) = (Array("POST".utf8), Array(form.utf8))
            }
            return world.check(request).decision?.outcome == .refused
        }
        #expect(isRefused("/w/index.php?title=A"))
        #expect(!isRefused("/w/index.php?title=Special:OAuth"))
        #expect(isRefused("/w/index.php?title=A"))
        #expect(!isRefused("/w/index.php?title=A", form: "title=Special:OAuth"))
        #expect(isRefused("/w/index.php?title=Special:OAuth", form: "title=A"))
        #expect(!isRefused("/images/A.png") && !isRefused("/images/A.png") && isRefused("/w/api.php"))
        #expect(isRefused("/w/api.php") && !isRefused("/images/A.png"))
    }
}
