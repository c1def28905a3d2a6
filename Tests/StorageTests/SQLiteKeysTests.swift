// Keys as only SQLite stores them: as texts or blobs, in any encoding, under any collation.

import Sessions
import Storage
import Testing

@Suite struct SQLiteKeysTests {
    let folder: TemporaryFolder
    let database: SQLiteConnection

    init() throws {
        folder = try TemporaryFolder()
        database = try folder.database("wiki.sqlite", Schema.oauth, Schema.users)
    }

    func directory() throws -> SQLiteDirectory { try SQLiteDirectory(file: folder.file("wiki.sqlite")) }

    /// The keys of one lookup need not be stored in the same type, whatever was found before.
    @Test(arguments: [true, false], [true, false])
    func mixedTypes(keyIsBlob: Bool, tokenIsBlob: Bool) throws {
        func value(_ text: String, _ isBlob: Bool) -> SQLiteValue { isBlob ? .blob(bytes(text)) : .text(text) }
        try database.addConsumer(id: 1, key: value("key", keyIsBlob))
        try database.addAcceptance(id: 11, token: value("token", tokenIsBlob))
        try database.addAccessToken(value("jti", tokenIsBlob), acceptance: 11)
        let directory = try directory()
        for _ in 0..<3 {
            let records = try directory.oauth1(consumerKey: bytes("key"), token: bytes("token"), at: now)
            #expect(records.consumer?.id == 1)
            #expect(records.acceptance?.id == 11)
            let others = try directory.oauth2(tokenID: bytes("jti"), clientID: bytes("key"), subject: nil, at: now)
            #expect(others.token?.acceptanceID == 11)
            #expect(others.client?.id == 1)
            #expect(try directory.oauth1(consumerKey: bytes("key"), token: bytes("other"), at: now).acceptance == nil)
        }
    }

    /// A column that takes different keys for the same must not mix consumers up.
    @Test func collation() throws {
        try folder.database(
            "nocase.sqlite",
            Schema.oauth.replacing("oarc_consumer_key BLOB", with: "oarc_consumer_key TEXT COLLATE NOCASE")
                .replacing("CREATE UNIQUE INDEX oarc", with: "CREATE INDEX oarc"), Schema.users
        ).addConsumer(id: 1, key: .text("ABC"))
        let writer = try SQLiteConnection(path: folder.file("nocase.sqlite"), access: .readWrite)
        try writer.addConsumer(id: 2, key: .text("abc"))
        let directory = try SQLiteDirectory(file: folder.file("nocase.sqlite"))
        #expect(try directory.consumer(key: "abc")?.id == 2)
        #expect(try directory.consumer(key: "ABC")?.id == 1)
        #expect(try directory.consumer(key: "Abc") == nil)
    }

    /// Texts in a database of another encoding are converted, blobs are not.
    @Test func utf16() throws {
        let database = try folder.database("utf16.sqlite", "PRAGMA encoding = 'UTF-16le'", Schema.oauth, Schema.users)
        try database.addConsumer(id: 1, key: .text("text é"))
        try database.addConsumer(id: 2, key: .blob(bytes("blob é")))
        let directory = try SQLiteDirectory(file: folder.file("utf16.sqlite"))
        #expect(try directory.consumer(key: "text é")?.id == 1)
        #expect(try directory.consumer(key: "blob é")?.id == 2)
        #expect(try directory.consumer(key: "text é")?.key == bytes("text é"))
    }
}
