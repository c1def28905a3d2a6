// The table of all keys, continued: the version of MediaWiki, what both versions of OAuth have in common, and OAuth 2.

import Sessions

extension ConfigurationSection {
    static let mediawiki = ConfigurationSection(
        "mediawiki",
        "The MediaWiki behind.",
        [
            ConfigurationKey(
                "mediawiki.version", \.settings.version,
                .choice(.version139, .version141, .version143, .version146, .version147),
                "The version of MediaWiki and its OAuth extension; of one that is not named here the next older. It "
                    + "decides what deploy/mediawiki.md lists under Versions: whether OAuth outside the API is ignored "
                    + "or refused, whether a session cookie beside OAuth is verified, whether partial blocks count, and "
                    + "whether users need an account on the wiki.")
        ])

    static let oauth = ConfigurationSection(
        "oauth",
        "What both versions of OAuth have in common.",
        [
            ConfigurationKey(
                "oauth.static_consumers", \.staticConsumers,
                Codec.staticConsumer.list(
                    "a list of {id: …, key: …, name: …, oauth_version: …, owner: …, secret_file: …}"),
                "Consumers that the wiki has in $wgOAuthStaticApps (since MediaWiki 1.47). They come before those in the "
                    + "database, and are approved. id, key (consumerKey), name and oauth_version (1 or 2) are as there; "
                    + "owner is the central id in userId. secret_file holds secretKey as the wiki has it, which is not "
                    + "the secret that the client knows; rsa_key_file holds rsaKey. OAuth 1 needs one of the two. "
                    + "owner_only, wiki, grants and ip_addresses (in restrictions) may be left out, as there.",
                example: """
                    - {id: 100001, key: 3760590d032bfa72caf018d33d7ef2b3, name: Our tool, oauth_version: 1, owner: 1234, \
                    grants: [basic], secret_file: keys/our-tool-secret}
                    """)
        ])

    static let oauth2 = ConfigurationSection(
        "oauth2",
        "How OAuth 2 access tokens are verified.",
        [
            ConfigurationKey(
                "oauth2.leeway", \.settings.oauth2.leeway, .seconds(0...300),
                "By how much nbf, iat and exp of access tokens, session cookies and CentralAuth tokens may be missed, for "
                    + "clocks that differ. MediaWiki allows nothing, and refuses such a token all the same. The soft "
                    + "expiry (sxp) has no leeway.")
        ])
}
