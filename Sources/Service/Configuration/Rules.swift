// Rules about several keys together: combinations that can't work are reported before anything starts.

import Sessions
import Cryptography

extension Reading {
    /// Checks all rules that concern several keys.
    mutating func checkRules(keys: LoadedKeys) {
        checkCookie(keys: keys)
        checkClasses()
        checkHeaders()
        checkWikis()
        checkServer()
        warnOfIncompleteness(keys: keys)
        warnOfRisks()
        warnOfForecasts()
        if configuration.settings.cache.negativeLifetime > configuration.settings.cache.lifetime {
            add("cache.negative_lifetime", "longer than cache.lifetime", expected: "at most cache.lifetime")
        }
    }

    private mutating func checkCookie(keys: LoadedKeys) {
        let cookie = configuration.settings.cookie
        if configuration.keys.cookie == nil, cookie.forOAuth1 || cookie.forOwnerOnly {
            add(
                "keys.cookie", "missing",
                expected: "the key that signs session cookies, or cookie.for_oauth1 and cookie.for_owner_only: false")
        }
        if configuration.keys.cookie == nil, configuration.settings.edge.injectCookie {
            add("edge.inject_cookie", "there is no key to sign the cookie with", expected: "keys.cookie, or false")
        }
        if configuration.settings.edge.injectCookie { checkInjection(for: "edge.inject_cookie") }
        if cookie.reuseWindow * 4 > cookie.lifetime {
            add(
                "cookie.reuse_window", "clients would get cookies that are already due for renewal",
                expected: "at most a quarter of cookie.lifetime")
        }
        if cookie.backdate >= cookie.lifetime {
            add("cookie.backdate", "not shorter than cookie.lifetime", expected: "a few seconds or minutes")
        }
        if let hard = cookie.hardLifetime, hard < cookie.lifetime {
            add("cookie.hard_lifetime", "shorter than cookie.lifetime", expected: "at least cookie.lifetime")
        }
        if cookie.name.hasPrefix("__Host-"), cookie.path != "/" || cookie.domain != nil {
            add(
                "cookie.name", "browsers refuse a __Host- cookie with a path or domain",
                expected: "path / and no domain")
        }
        checkIssuer()
        checkSigner(keys)
    }

    /// Without a session type that gets a cookie, only a cookie that the client already has can be injected.
    private mutating func checkInjection(for key: String, of profile: String = "") {
        let cookie = configuration.settings.cookie
        guard !cookie.forOAuth1, !cookie.forOwnerOnly else { return }
        warn(
            key, "\(profile)no session type gets a cookie, so a first request has none to inject",
            expected: "cookie.for_oauth1 or cookie.for_owner_only: true, or false")
    }

    private mutating func checkIssuer() {
        guard configuration.keys.cookie != nil, configuration.settings.cookie.issuer == nil else { return }
        if case .fixed = configuration.settings.wikis.fallback?.server { return }
        add(
            "cookie.issuer", "missing, and wikis.default does not name a server",
            expected: "a URL without a path, such as https://meta.wiki.example")
    }

    /// The same key may issue access tokens, as at Wikimedia: without `sxp` none of them passes for a session.
    private mutating func checkSigner(_ keys: LoadedKeys) {
        guard let signer = keys.cookie?.publicKey.keyID else { return }
        if keys.published.contains(where: { $0.keyID == signer }) {
            add("keys.cookie", "the same key is also named as next or previous", expected: "each key once")
        }
    }

    private mutating func checkClasses() {
        let classes = configuration.settings.classes
        let named =
            [("classes.established", classes.established), ("classes.authenticated", classes.authenticated)]
            + (classes.anonymous.map { [("classes.anonymous", $0)] } ?? [])
            + classes.groups.map { ("classes.groups", $0.name) }
        for (key, name) in named where !classes.allowed.contains(name) {
            add(key, "\(quoted(name)) is not in classes.allowed", expected: alternatives(classes.allowed.sorted()))
        }
        let groups = classes.groups.map(\.group)
        for group in Set(groups).sorted() where groups.filter({ $0 == group }).count > 1 {
            add("classes.groups", "group \(quoted(group)) is named twice", expected: "each group once")
        }
    }

    private mutating func checkHeaders() {
        let settings = configuration.settings
        checkHeaders(of: settings.edge) { "edge.\($0)" }
        for (name, profile) in settings.profiles.sorted(by: { $0.key < $1.key }) {
            checkHeaders(of: profile) { _ in "edge.profiles" }
            if configuration.keys.cookie == nil, profile.injectCookie {
                add(
                    "edge.profiles", "\(name).inject_cookie: there is no key to sign the cookie with",
                    expected: "keys.cookie, or false")
            }
            if profile.injectCookie { checkInjection(for: "edge.profiles", of: "\(name).inject_cookie: ") }
        }
        checkGateway()
        let names = [EdgeSettings.standardName, EdgeSettings.gatewayName] + settings.profiles.keys.sorted()
        if !names.contains(settings.defaultProfile) {
            add("edge.profile", "no profile has this name", expected: alternatives(names))
        }
    }

    private mutating func checkHeaders(of edge: EdgeSettings, key: (String) -> String) {
        let headers = [
            ("user_id_header", edge.userIDHeader), ("subject_header", edge.subjectHeader),
            ("consumer_header", edge.consumerHeader), ("class_header", edge.classHeader),
            ("type_header", edge.typeHeader), ("rate_limit_key_header", edge.rateLimitKeyHeader),
        ].compactMap { name, header in header.map { (key(name), $0) } }
        var owners: [String: String] = [:]
        for (key, name) in headers + readHeaders {
            if let owner = owners[name] {
                add(key, "\(name) is already the header of \(owner)", expected: "another header")
            }
            if reservedHeaders.contains(name) {
                add(key, "\(name) is a reserved header", expected: "another header")
            }
            owners[name] = key
        }
    }

    /// The headers that are believed about clients: what the edge is told must not be told in them.
    private var readHeaders: [(String, String)] {
        let (trust, limits) = (configuration.settings.trust, configuration.settings.limits)
        return [
            ("trust.client_address_header", trust.clientAddressHeader), ("limits.trust_header", limits.trustHeader),
            ("limits.provenance_header", limits.provenanceHeader), ("limits.contact_header", limits.contactHeader),
            ("limits.browser_header", limits.browserHeader),
        ].compactMap { key, name in name.map { (key, $0) } }
    }

    /// Each route can ask for the profile `gateway`, so its headers are taken even if no profile is configured.
    private mutating func checkGateway() {
        let gateway = EdgeSettings.gateway
        guard configuration.settings.profiles[EdgeSettings.gatewayName] == nil else { return }
        for (key, name) in readHeaders where [gateway.rateLimitKeyHeader, gateway.classHeader].contains(name) {
            add(key, "\(name) is already a header of the profile gateway", expected: "another header")
        }
    }

    private mutating func checkWikis() {
        if configuration.unknownHosts == .refuse, configuration.settings.wikis.byHost.isEmpty {
            add(
                "wikis.unknown_hosts", "every request with credentials would be refused: wikis.hosts is empty",
                expected: "default, or hosts in wikis.hosts")
        }
        if !configuration.staticConsumers.isEmpty, !configuration.settings.version.rules.hasStaticConsumers {
            warn(
                "oauth.static_consumers",
                "MediaWiki \(configuration.settings.version.rawValue) knows no such consumers",
                expected: "mediawiki.version: 1.47, or an empty list")
        }
        guard let scope = configuration.scope else { return }
        let provider = scope.split(separator: ":", omittingEmptySubsequences: false)[0]
        if provider == "local" || provider == "CentralAuth", provider != configuration.settings.users.source.rawValue {
            add(
                "users.scope", "its provider is not users.source",
                expected: "\(configuration.settings.users.source.rawValue):…")
        }
    }
}
