// The store in use, which a reload of the configuration may replace.

import Sessions
import Synchronization

/// A directory that stands for another one. What has begun to read from the one before ends there.
public final class CurrentDirectory: SnapshotDirectory {
    private let directory: Mutex<any SnapshotDirectory>

    /// Begins with `directory`.
    public init(_ directory: any SnapshotDirectory) { self.directory = Mutex(directory) }

    /// The directory that is asked.
    public var value: any SnapshotDirectory {
        get { directory.withLock { $0 } }
        set { directory.withLock { $0 = newValue } }
    }

    /// The servers that it has, and what is known of them.
    public var servers: [DatabaseServerStatus] { (value as? any CheckedDirectory)?.servers ?? [] }

    /// Runs `body` with the rows as they are at one moment.
    public func snapshot<Result>(
        of requests: [RowRequest], _ body: (any Directory) throws -> Result
    ) throws -> Result {
        try value.snapshot(of: requests, body)
    }

    /// The rows behind an OAuth 1 request.
    public func oauth1(consumerKey: [UInt8], token: [UInt8], at now: Timestamp) throws -> OAuth1Records {
        try value.oauth1(consumerKey: consumerKey, token: token, at: now)
    }

    /// The rows behind an OAuth 2 access token.
    public func oauth2(
        tokenID: [UInt8], clientID: [UInt8], subject: Int64?, at now: Timestamp
    ) throws -> OAuth2Records {
        try value.oauth2(tokenID: tokenID, clientID: clientID, subject: subject, at: now)
    }

    /// The user with this central id.
    public func user(id: Int64, at now: Timestamp) throws -> User? { try value.user(id: id, at: now) }
}
