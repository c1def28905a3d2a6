// Who and what is in the demo state: users, and consumers of every kind. The tables are filled from these lists.

/// A user of the demo wiki.
struct DemoUser {
    let id: Int64
    let name: String
    let edits: Int64
    /// MediaWiki's 14 digits.
    let registration: String
    var groups: [String] = []
    var blocked = false

    static let admin = DemoUser(id: 1, name: "Admin", edits: 5200, registration: "20100301120000", groups: ["sysop"])
    static let alice = DemoUser(id: 2, name: "Alice", edits: 2500, registration: "20150704090000")
    static let bob = DemoUser(id: 3, name: "Bob", edits: 12, registration: "20240102030405")
    static let carol = DemoUser(
        id: 4, name: "Carol Bot", edits: 98_000, registration: "20180101000000", groups: ["bot"])
    static let dave = DemoUser(id: 5, name: "Dave", edits: 40, registration: "20200229120000", blocked: true)
    static let zoe = DemoUser(id: 6, name: "Zoë 日本", edits: 1500, registration: "20190815000000")

    static let all = [admin, alice, bob, carol, dave, zoe]
}

/// A consumer of the demo wiki.
struct DemoConsumer {
    /// What its users' credentials are called in demo.json.
    enum Role: Equatable {
        case oauth1, oauth1OwnerOnly, oauth1RSA, oauth2OwnerOnly, oauth2, oauth2ClientCredentials
        case refused(String)
    }
    let role: Role
    let name: String
    let owner: DemoUser
    /// Users who accepted it.
    let acceptedBy: [DemoUser]
    var ownerOnly = false
    /// `oarc_stage`: 1 is approved.
    var stage: Int64 = 1
    var wiki = "*"
    var version: Int64 = 1
    var addresses = ["0.0.0.0/0", "::/0"]
    /// `oarc_oauth2_allowed_grants`.
    var grantTypes = "null"

    static let all = [
        DemoConsumer(role: .oauth1, name: "Demo tool", owner: .admin, acceptedBy: [.alice, .bob, .carol, .dave, .zoe]),
        DemoConsumer(
            role: .oauth1OwnerOnly, name: "Carol's bot", owner: .carol, acceptedBy: [.carol], ownerOnly: true),
        DemoConsumer(role: .oauth1RSA, name: "Demo tool with an RSA key", owner: .admin, acceptedBy: [.alice]),
        DemoConsumer(
            role: .oauth2OwnerOnly, name: "Carol's OAuth 2 bot", owner: .carol, acceptedBy: [.carol], ownerOnly: true,
            version: 2, grantTypes: #"["client_credentials"]"#),
        DemoConsumer(
            role: .oauth2, name: "Demo OAuth 2 tool", owner: .admin, acceptedBy: [.alice, .bob, .carol, .zoe],
            version: 2,
            grantTypes: #"["authorization_code","refresh_token"]"#),
        DemoConsumer(
            role: .oauth2ClientCredentials, name: "Demo service", owner: .admin, acceptedBy: [], version: 2,
            grantTypes: #"["client_credentials"]"#),
        refused("proposed", "Demo tool, waiting for approval", stage: 0),
        refused("rejected", "Demo tool, rejected", stage: 2),
        refused("expired", "Demo tool, expired", stage: 3),
        refused("disabled", "Demo tool, disabled", stage: 4),
        DemoConsumer(
            role: .refused("other_wiki"), name: "Demo tool of another wiki", owner: .admin, acceptedBy: [.alice],
            wiki: "otherwiki"),
        DemoConsumer(
            role: .refused("other_address"), name: "Demo tool for a documentation network", owner: .admin,
            acceptedBy: [.alice], addresses: ["192.0.2.0/24", "2001:db8::/32"]),
    ]

    private static func refused(_ why: String, _ name: String, stage: Int64) -> DemoConsumer {
        DemoConsumer(role: .refused(why), name: name, owner: .admin, acceptedBy: [.alice], stage: stage)
    }
}

/// What the rows of one acceptance hold that a client must know.
struct DemoAcceptance {
    let id: Int64
    let user: DemoUser
    let token: String
    let storedSecret: String
}

/// A consumer with the random parts of its rows.
struct DemoRegistration {
    let id: Int64
    let consumer: DemoConsumer
    let key: String
    let storedSecret: String
    /// PEM, empty when it has none.
    let rsaKey: String
    let acceptances: [DemoAcceptance]

    /// Rows for all consumers: keys, tokens and secrets are new random ones.
    static func all(rsaKey: String) -> [DemoRegistration] {
        var acceptanceID: Int64 = 0
        return zip(Int64(1)..., DemoConsumer.all).map { id, consumer in
            let acceptances = consumer.acceptedBy.map { user in
                acceptanceID += 1
                return DemoAcceptance(
                    id: acceptanceID, user: user, token: randomHexadecimal(bytes: 16),
                    storedSecret: randomHexadecimal(bytes: 16))
            }
            var key = ""
            if case .oauth1RSA = consumer.role { key = rsaKey }
            return DemoRegistration(
                id: id, consumer: consumer, key: randomHexadecimal(bytes: 16),
                storedSecret: randomHexadecimal(bytes: 16), rsaKey: key, acceptances: acceptances)
        }
    }
}
