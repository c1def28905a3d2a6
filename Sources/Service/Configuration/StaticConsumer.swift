// Consumers in the configuration, as MediaWiki has them in $wgOAuthStaticApps. Their secrets are in files.

import Bytes
import Cryptography
import Sessions

/// A consumer of the configuration.
struct StaticConsumer: Sendable {
    /// What is written about it; secret and key are read from the files.
    var consumer: Consumer
    /// The file with `secretKey`.
    var secretFile: String?
    /// The file with `rsaKey`.
    var keyFile: String?
    /// Where it is written.
    var place: Place
}

extension Codec where Value == StaticConsumer {
    private static var names: [String] {
        [
            "id", "key", "name", "oauth_version", "owner", "owner_only", "wiki", "grants", "ip_addresses",
            "secret_file", "rsa_key_file",
        ]
    }

    /// A consumer as a table.
    static var staticConsumer: Codec {
        Codec(
            expectation: "{id: …, key: …, name: …, oauth_version: …, owner: …, secret_file: …}",
            decode: { source, mismatches in
                guard
                    let fields = source.fields(
                        names, required: ["id", "key", "name", "oauth_version", "owner"], of: nil, &mismatches)
                else { return nil }
                return StaticConsumer(fields, at: source.place, &mismatches)
            }, encode: \.shown)
    }
}

extension StaticConsumer {
    fileprivate init?(_ fields: [String: SourceValue], at place: Place, _ mismatches: inout [Mismatch]) {
        let count = mismatches.count
        func read<Value>(_ name: String, _ codec: Codec<Value>, _ mismatches: inout [Mismatch]) -> Value? {
            fields[name].flatMap { codec.decode($0, part: name, &mismatches) }
        }
        let id = read("id", Codec<Int64>.integer(1...Int64.max), &mismatches)
        let key = read("key", .consumerKey, &mismatches)
        let name = read("name", .consumerName, &mismatches)
        let version = read("oauth_version", Codec<Int>.integer(1...2), &mismatches)
        let owner = read("owner", Codec<Int64>.integer(1...Int64.max), &mismatches)
        let ownerOnly = read("owner_only", .boolean, &mismatches) ?? false
        let wiki = read("wiki", .wikiID, &mismatches) ?? "*"
        let grants = read("grants", Codec.word("a grant").list("a list of grants"), &mismatches) ?? []
        let addresses = read("ip_addresses", .restrictions, &mismatches) ?? Self.everywhere
        secretFile = read("secret_file", .file, &mismatches)
        keyFile = read("rsa_key_file", .file, &mismatches)
        guard mismatches.count == count, let id, let key, let name, let version, let owner else { return nil }
        self.place = place
        consumer = Consumer(
            id: id, key: Array(key.utf8), name: name, ownerID: owner, ownerOnly: ownerOnly, stage: .approved,
            wiki: wiki,
            oauthVersion: version, storedSecret: [], rsaKey: [],
            restrictions: JSON.object([.init("IPAddresses", Self.list(addresses))]).compact,
            grants: Self.list(grants).compact)
    }

    /// MediaWiki's default.
    private static let everywhere = ["0.0.0.0/0", "::/0"]

    private static func list(_ texts: [String]) -> JSON { .array(texts.map { .string($0) }) }

    /// As it is shown: the files by name, nothing of what is in them.
    fileprivate var shown: JSON {
        var members: [JSON.Member] = [
            .init("id", .integer(consumer.id)), .init("key", .string(String(decoding: consumer.key, as: UTF8.self))),
            .init("name", .string(consumer.name)), .init("oauth_version", .integer(Int64(consumer.oauthVersion))),
            .init("owner", .integer(consumer.ownerID)), .init("owner_only", .bool(consumer.ownerOnly)),
            .init("wiki", .string(consumer.wiki)), .init("grants", (try? JSON(parsing: consumer.grants)) ?? []),
            .init("ip_addresses", (try? JSON(parsing: consumer.restrictions))?["IPAddresses"] ?? []),
        ]
        if let secretFile { members.append(.init("secret_file", .string(secretFile))) }
        if let keyFile { members.append(.init("rsa_key_file", .string(keyFile))) }
        return .object(members)
    }
}

extension Codec where Value == String {
    /// A consumer key, the OAuth 2 client id.
    fileprivate static var consumerKey: Codec {
        text("a consumer key: letters and digits", limit: 32, bytes: ASCII.isAlphanumeric)
    }

    /// The name of an application.
    fileprivate static var consumerName: Codec {
        text("a name of at most 128 bytes", limit: 128) { $0 >= 0x20 && $0 != 0x7F }
    }
}

extension Codec where Value == [String] {
    /// Addresses that a consumer may be used from.
    fileprivate static var restrictions: Codec {
        Codec<String>.address.list("a list of IP addresses and ranges such as 192.0.2.0/24", counts: 1...1000)
    }
}

extension Reading {
    private static let staticKey = "oauth.static_consumers"

    /// Reads the files of the consumers in the configuration, and checks what concerns several of them.
    mutating func loadStaticConsumers() {
        var loaded: [Consumer] = []
        for var source in configuration.staticConsumers {
            let consumer = source.consumer
            if loaded.contains(where: { $0.id == consumer.id || $0.key == consumer.key }) {
                addStatic(source, "another one has the same id or key", expected: "each id and each key once")
            }
            let count = problems.count
            if let file = source.secretFile {
                source.consumer.storedSecret = readSecret(file, for: Self.staticKey) ?? []
            }
            if let file = source.keyFile { source.consumer.rsaKey = readRSAKey(file) ?? [] }
            for index in count..<problems.count { problems[index].place = source.place }
            if consumer.oauthVersion == 1, source.secretFile == nil, source.keyFile == nil {
                addStatic(
                    source, "there is nothing to verify its signatures with", expected: "secret_file or rsa_key_file")
            }
            loaded.append(source.consumer)
        }
        configuration.settings.staticConsumers = loaded
    }

    private mutating func addStatic(_ source: StaticConsumer, _ problem: String, expected: String) {
        problems.append(
            ConfigurationProblem(
                place: source.place, key: Self.staticKey, problem: "\(quoted(source.consumer.name)): \(problem)",
                expected: expected))
    }

    private mutating func readRSAKey(_ file: String) -> [UInt8]? {
        guard let contents = read(file, for: Self.staticKey, secret: false) else { return nil }
        do {
            _ = try contents.withBytes { (pem) throws(KeyError) in try RSAPublicKey(pem: pem, minimumBits: 1024) }
            return contents
        } catch {
            add(Self.staticKey, "\(file): \(error)")
            return nil
        }
    }
}
