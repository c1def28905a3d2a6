// What differs between versions of MediaWiki and its OAuth extension, as far as decisions depend on it. The same table is in
// deploy/mediawiki.md, and a test compares the two. Sources: `SessionProvider::provideSessionInfo` of the extension's release
// branches, and recorded decisions of real wikis (1.39, 1.43, 1.47).

/// A version of MediaWiki, with the OAuth extension of the same release.
public enum MediaWikiVersion: String, Sendable, CaseIterable {
    /// MediaWiki 1.39 and 1.40.
    case version139 = "1.39"
    /// MediaWiki 1.41.
    case version141 = "1.41"
    /// MediaWiki 1.42 to 1.45.
    case version143 = "1.43"
    /// MediaWiki 1.46.
    case version146 = "1.46"
    /// MediaWiki 1.47 as of August 2026.
    case version147 = "1.47"

    /// What this version does.
    public var rules: VersionRules {
        var rules = VersionRules()
        switch self {
        case .version139: (rules.refusesOutsideAPI, rules.partialBlocksCount) = (false, true)
        case .version141: rules.partialBlocksCount = true
        case .version143, .version146, .version147: break
        }
        switch self {
        case .version139, .version141, .version143: rules.verifiesCookie = false
        case .version146, .version147: break
        }
        if self != .version147 { (rules.requiresLocalAccount, rules.hasStaticConsumers) = (true, false) }
        return rules
    }
}

/// What one version of MediaWiki does; by default what the newest does.
public struct VersionRules: Sendable, Equatable {
    /// OAuth credentials at `index.php` and article paths are refused; otherwise they are not looked at there.
    public var refusesOutsideAPI = true
    /// A session cookie beside OAuth credentials is verified, and the request is refused when it is invalid or another user's.
    public var verifiesCookie = true
    /// With `$wgBlockDisablesLogin` a partial block is as good as one of the whole wiki.
    public var partialBlocksCount = false
    /// A central user who has no account on the wiki is refused; otherwise the wiki creates the account.
    public var requiresLocalAccount = false
    /// Consumers can stand in `$wgOAuthStaticApps`.
    public var hasStaticConsumers = true
}
