// What a configuration says of Redis, and what is wrong with it.

import Foundation
import Redis
import Service
import Testing

@Suite struct RedisConfigurationTests {
    private static let minimal = """
        store: {sqlite: {file: oauth.sqlite}}
        cookie: {for_oauth1: false, for_owner_only: false}

        """

    private func load(_ redis: String) throws -> LoadedConfiguration {
        let directory = try ScratchDirectory()
        try directory.write("oauth.sqlite", "")
        try directory.write("password", "geheim\n")
        try directory.write("c.yaml", Self.minimal + "nonces: {redis: {\(redis)}}\n")
        return try LoadedConfiguration(file: directory.file("c.yaml"), environment: [:])
    }

    private func problems(_ redis: String) -> [String] {
        do {
            _ = try load(redis)
            return []
        } catch let errors as ConfigurationErrors {
            return errors.problems.map { "\($0)".replacing(/\/[^ :]*\/sessiongate-[-0-9A-F]*\//, with: "") }
        } catch {
            return ["\(error)"]
        }
    }

    @Test func values() throws {
        let loaded = try load(
            "url: 'redis://gate@redis.example/2', password_file: password, prefix: 'farm:a', timeout: 20ms, when_down: fail"
        )
        let redis = loaded.configuration.redis
        #expect(redis.url?.text == "redis://gate@redis.example/2")
        #expect(redis.password == Array("geheim".utf8))
        #expect(redis.prefix == "farm:a" && redis.timeout == 20 && redis.whenDown == .fail)
        #expect(loaded.configuration.settings.oauth1.sharesNonces)
        #expect(!String(decoding: loaded.listing.compact, as: UTF8.self).contains("geheim"))
        #expect(loaded.warnings.contains { $0.key == "nonces.redis.url" && "\($0)".contains("without TLS") })
    }

    @Test func withoutRedisNoncesAreTheProcesssOwn() throws {
        let configuration = try load("").configuration
        #expect(configuration.redis.url == nil && !configuration.settings.oauth1.sharesNonces)
        #expect(try load("url: 'unix:/run/redis.sock'").configuration.redis.whenDown == .local)
    }

    @Test(arguments: [
        ("url: 'redis://:geheim@host'", "nonces.redis.url"), ("url: nonsense", "nonces.redis.url"),
        ("url: 'redis://gate@host'", "nonces.redis.password_file"),
        ("password_file: password", "nonces.redis.password_file"),
        ("url: 'redis://host', password_file: missing", "nonces.redis.password_file"),
        ("url: 'redis://host', tls: {ca: c.yaml}", "nonces.redis.tls.ca"), ("tls: {ca: c.yaml}", "nonces.redis.tls.ca"),
        ("url: 'rediss://host', tls: {ca: c.yaml}", "nonces.redis.tls.ca"),
        ("url: 'rediss://host', tls: {key: c.yaml}", "nonces.redis.tls.certificate"),
        ("url: 'rediss://host', tls: {certificate: c.yaml}", "nonces.redis.tls.key"),
        ("url: 'rediss://host', tls: {certificate: c.yaml, key: password}", "nonces.redis.tls.certificate"),
        ("url: 'redis://host', timeout: 1ms", "nonces.redis.timeout"),
        ("url: 'redis://host', prefix: 'a b'", "nonces.redis.prefix"),
        ("url: 'redis://host', when_down: ignore", "nonces.redis.when_down"),
    ])
    func mistakes(_ text: String, _ key: String) {
        let found = problems(text)
        #expect(found.count == 1)
        #expect(found.first?.hasPrefix("c.yaml:3: \(key): ") == true, "\(found)")
    }
}
