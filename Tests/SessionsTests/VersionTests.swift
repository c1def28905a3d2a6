// What mediawiki.version decides, and that deploy/mediawiki.md says the same.

import Bytes
import EnvoyProtocol
import Foundation
import Sessions
import TestSupport
import Testing

@Suite struct VersionTests {
    private func world(_ version: MediaWikiVersion, _ change: (inout Settings) -> Void = { _ in }) -> TestWorld {
        let world = TestWorld()
        world.settings.version = version
        world.settings.cookie.invalid = version.rules.verifiesCookie ? .refuse : .replace
        change(&world.settings)
        return world
    }

    @Test(arguments: MediaWikiVersion.allCases)
    func outsideTheAPI(version: MediaWikiVersion) {
        for path in ["/w/index.php?curid=1", "/wiki/Main_Page", "/w/"] {
            let world = world(version)
            let valid = world.check(world.signed(nonce: "n1", path: path.contains("?") ? path : path + "?a=b"))
            let invalid = world.check(
                world.signed(nonce: "n2", path: path.contains("?") ? path : path + "?a=b", secrets: "x"))
            if version.rules.refusesOutsideAPI {
                #expect(valid.reason == .notAPI && invalid.reason == .notAPI, "\(version) \(path)")
            } else {
                #expect(valid.decision?.identity?.userID == 3 && valid.decision?.actsAs == .anonymous, "\(path)")
                #expect(invalid.decision?.outcome == .anonymous && invalid.reason == .signatureInvalid, "\(path)")
            }
        }
    }

    /// Where OAuth is ignored the cookie beside it says who the user is.
    @Test func theCookieBesideIgnoredCredentials() {
        let world = world(.version139)
        let cookie = world.cookie(sub: "mw:local:wiki:5", softExpiry: world.now.seconds + 60)
        let request = world.signed(nonce: "n1", path: "/wiki/Main?a=b", secrets: "x").adding(
            "cookie", "sessionJwt=\(cookie)")
        #expect(world.check(request).decision?.identity?.userID == 5)
    }

    @Test(arguments: MediaWikiVersion.allCases)
    func anotherUsersCookie(version: MediaWikiVersion) {
        let world = world(version)
        let bobs = world.cookie(sub: "mw:local:wiki:5", softExpiry: world.now.seconds + 14_400)
        for (nonce, cookie) in [("n1", bobs), ("n2", "junk")] {
            let outcome = world.check(world.signed(nonce: nonce).adding("cookie", "sessionJwt=\(cookie)"))
            if version.rules.verifiesCookie {
                #expect(outcome.decision?.outcome == .refused && outcome.response?.ok == nil)
            } else {
                #expect(outcome.decision?.identity?.userID == 3 && outcome.cookies.count == 1)
            }
        }
    }

    /// The account on the wiki, and on which wikis accounts are the central user's, by whether both kinds of versions accept that.
    @Test(
        arguments: [
            (true, ["wiki"], true, true), (true, ["dewiki", "wiki"], true, true), (true, ["dewiki"], false, false),
            (true, [], false, false), (false, [], false, true), (false, ["dewiki"], false, true),
            (true, nil, true, true),
        ] as [(Bool, [String]?, Bool, Bool)])
    func localAccounts(hasAccount: Bool, attached: [String]?, before: Bool, since: Bool) {
        for version in MediaWikiVersion.allCases {
            let isAccepted = version.rules.requiresLocalAccount ? before : since
            let world = world(version)
            world.directory.users[0].attachedWikis = attached
            world.directory.users[0].hasLocalAccount = hasAccount
            for request in [world.signed(nonce: "n1"), world.bearer()] {
                let outcome = world.check(request)
                #expect((outcome.decision?.outcome == .authenticated) == isAccepted, "\(version)")
                #expect(isAccepted || outcome.reason == .userInvalid)
            }
        }
    }

    /// Each wiki for itself; an account is known of the wiki alone whose tables are in the database.
    @Test func localAccountsOfSeveralWikis() {
        for (version, expected): (MediaWikiVersion, [Bool]) in [
            (.version146, [true, false]), (.version147, [true, true]),
        ] {
            let world = world(version) { $0.wikis.byHost["de.test"] = Wiki(id: "dewiki", server: .detect) }
            world.directory.users[0].attachedWikis = ["wiki"]
            world.directory.users[0].hasLocalAccount = true
            let accepted = ["wiki.test", "de.test"].map { host in
                var request = world.bearer()
                request.host = Array(host.utf8)
                return world.check(request).decision?.outcome == .authenticated
            }
            #expect(accepted == expected, "\(version)")
        }
    }

    // MARK: The table

    /// The rows of the table under "Versions", by their first cell.
    private func rows() throws -> (versions: [String], cells: [String: [String]]) {
        let page = try String(contentsOf: TestFiles.root.appending(path: "deploy/mediawiki.md"), encoding: .utf8)
        let section = try #require(page.components(separatedBy: "\n## Versions\n").dropFirst().first)
        let lines = section.components(separatedBy: "\n## ")[0].split(separator: "\n").filter { $0.hasPrefix("|") }
        let table = lines.map { line in
            line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
        }
        return (
            Array(table[0].dropFirst()),
            Dictionary(uniqueKeysWithValues: table.dropFirst(2).map { ($0[0], Array($0.dropFirst())) })
        )
    }

    @Test func theTableIsThatOfThePage() throws {
        let (versions, cells) = try rows()
        #expect(versions == MediaWikiVersion.allCases.map(\.rawValue))
        let rules = MediaWikiVersion.allCases.map(\.rules)
        let expected: [(String, (VersionRules) -> String)] = [
            ("OAuth credentials at `index.php` and article paths", { $0.refusesOutsideAPI ? "refused" : "ignored" }),
            (
                "an invalid session cookie beside OAuth, or another user's",
                { $0.verifiesCookie ? "refused" : "ignored" }
            ),
            ("a partial block, with `users.block_disables_login`", { $0.partialBlocksCount ? "refused" : "accepted" }),
            ("a central user without an account on the wiki", { $0.requiresLocalAccount ? "refused" : "accepted" }),
            ("a central user whose name is another's account on the wiki", { _ in "refused" }),
            ("consumers in `$wgOAuthStaticApps`", { $0.hasStaticConsumers ? "known" : "unknown" }),
        ]
        #expect(Set(cells.keys) == Set(expected.map(\.0)))
        for (row, text) in expected { #expect(cells[row] == rules.map(text), "\(row)") }
    }
}
