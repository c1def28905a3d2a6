// Directories that read for several lookups at once.

import Sessions

/// What one lookup asks a database for.
public enum RowRequest: Hashable, Sendable {
    /// The rows behind an OAuth 1 consumer key and access token.
    case oauth1(consumerKey: [UInt8], token: [UInt8])
    /// The rows behind an OAuth 2 access token.
    case oauth2(tokenID: [UInt8], clientID: [UInt8], subject: Int64?)
    /// A user by central id.
    case user(id: Int64)

    /// What `lookup` asks for; nil when it needs no rows, or will ask by itself.
    public init?(_ lookup: Lookup) {
        switch lookup {
        case .oauth1(let consumerKey, let token), .oauth1Again(let consumerKey, let token):
            self = .oauth1(consumerKey: consumerKey, token: token)
        case .oauth2(let claims):
            self = .oauth2(tokenID: claims.tokenID, clientID: claims.clientID, subject: claims.subject)
        case .user(let id): self = .user(id: id)
        case .cookie, .nonce, .worker, .detached, .invalidation: return nil
        }
    }
}

/// A directory that can read for several lookups at once.
public protocol SnapshotDirectory: Directory {
    /// Runs `body` with a directory that answers `requests` with the rows as they are at one moment; it is valid during the call.
    /// Several lookups together cost less in it than alone: a server is asked once for all of them.
    ///
    /// - Parameter requests: What `body` will ask for. A file may be asked for anything; a server's rows of other requests are of
    ///   another moment, and cost a round trip each.
    /// - Throws: When the rows can't be read, and what `body` throws.
    func snapshot<Result>(of requests: [RowRequest], _ body: (any Directory) throws -> Result) throws -> Result
}

extension SnapshotDirectory {
    /// The same for requests that are not known beforehand.
    public func snapshot<Result>(_ body: (any Directory) throws -> Result) throws -> Result {
        try snapshot(of: [], body)
    }
}

/// A directory that was looked over when it was opened.
public protocol CheckedDirectory: SnapshotDirectory {
    /// What the database lacks that does not keep it from being used, with the consequence: a sentence each.
    var warnings: [String] { get }
    /// The servers, where there are any, and what is known of them.
    var servers: [DatabaseServerStatus] { get }
}

extension CheckedDirectory {
    /// A file has none.
    public var servers: [DatabaseServerStatus] { [] }
}

/// What is known of a database server.
public struct DatabaseServerStatus: Equatable, Sendable {
    /// Its address.
    public let address: String
    /// Whether it is a primary, which replicas follow.
    public let isPrimary: Bool
    /// Whether it is asked: it answers, and is not too far behind.
    public let isAsked: Bool
    /// Seconds that it is behind its primary; nil where that is not known.
    public let lag: Double?
    /// Lookups' queries that it was asked so far, and that it did not answer.
    public let queries: Int, failures: Int
}
