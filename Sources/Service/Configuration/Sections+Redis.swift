// The table of all keys, continued: Redis.

import Bytes
import Redis

extension ConfigurationSection {
    static let nonces = ConfigurationSection(
        "nonces",
        "Redis, through which all instances share nonces and tell each other what to forget (deploy/redis.md). Without it "
            + "each instance remembers the nonces of its own requests.",
        [
            ConfigurationKey(
                "nonces.redis.url", optional: \.redis.url, .redisURL,
                "Where Redis 7.0 or newer is: redis://host:6379/0, rediss:// for TLS, or unix:/path. Behind Sentinels: "
                    + "redis+sentinel://host:26379,host2:26379/name. A user of Redis's access control stands before the "
                    + "host, as in redis://user@host.",
                example: "redis://redis.wiki.example:6379/0"),
            ConfigurationKey(
                "nonces.redis.password_file", optional: \.redisPasswordFile, .file,
                "A file with the password. One line feed at its end is left out.", example: "keys/redis-password"),
            ConfigurationKey(
                "nonces.redis.prefix", \.redis.prefix, .redisPrefix,
                "What the names of keys and channels begin with. All instances of a farm have the same, and no one else."
            ),
            ConfigurationKey(
                "nonces.redis.timeout", \.redis.timeout, .milliseconds(5...5000),
                "After this time without an answer Redis counts as away, and the connection is made anew."),
            ConfigurationKey(
                "nonces.redis.when_down", \.redis.whenDown, .choice(.local, .refuse, .fail),
                "What becomes of OAuth 1 requests while Redis is away. local: each instance remembers nonces by itself, so "
                    + "that a copied request can be replayed at the others; Redis gets them when it is back. refuse: they are "
                    + "refused (nonce-unverified, 429 with Retry-After). fail: they fail as in an outage "
                    + "(nonce-store-unavailable), and the proxy's failure mode decides."),
            ConfigurationKey(
                "nonces.redis.tls.ca", optional: \.redis.certificateAuthority, .file,
                "With rediss://: PEM file with the CA certificates that issue Redis's certificate, which must have the "
                    + "host's name. Without it the system's CAs count.",
                example: "tls/redis-ca.pem"),
            ConfigurationKey(
                "nonces.redis.tls.certificate", optional: \.redis.certificate, .file,
                "PEM file with the certificate that is shown to Redis (tls-auth-clients), followed by the intermediate ones.",
                example: "tls/redis-client.pem"),
            ConfigurationKey(
                "nonces.redis.tls.key", optional: \.redis.key, .file,
                "PEM file with the private key of nonces.redis.tls.certificate.", example: "tls/redis-client.key"),
        ].map(\.fixedAtStart))
}

extension Codec where Value == RedisURL {
    /// A place of Redis.
    static var redisURL: Codec {
        scalar(
            "redis://host:6379/0, rediss://…, redis+sentinel://host:26379,host2:26379/name or unix:/path, without a password",
            { RedisURL($0) }, format: \.text)
    }
}

extension Codec where Value == String {
    /// The beginning of names in Redis.
    static var redisPrefix: Codec {
        text("letters, digits, _, -, . and :, such as sessiongate", limit: 64) {
            ASCII.isAlphanumeric($0) || "_-.:".utf8.contains($0)
        }
    }
}

extension Reading {
    /// Reads the password, and opens the files of TLS to find what is wrong with them.
    mutating func loadRedis() {
        if let file = configuration.redisPasswordFile {
            configuration.redis.password = readSecret(file, for: "nonces.redis.password_file")
        }
        guard let url = configuration.redis.url else { return requireNoRedis() }
        if url.user != nil, configuration.redisPasswordFile == nil {
            add("nonces.redis.password_file", "missing", expected: "the password of the user in nonces.redis.url")
        }
        if !url.isLocal, !url.isTLS {
            warn(
                "nonces.redis.url", "\(url.text) is asked without TLS: the password can be read on the way",
                expected: "rediss://, or a network that no one else is in")
        }
        checkRedisTLS(url)
    }

    /// A password or a certificate without a place is more likely a mistake than a plan.
    private mutating func requireNoRedis() {
        let redis = configuration.redis
        let given = [
            ("nonces.redis.password_file", configuration.redisPasswordFile),
            ("nonces.redis.tls.ca", redis.certificateAuthority),
            ("nonces.redis.tls.certificate", redis.certificate), ("nonces.redis.tls.key", redis.key),
        ]
        for (key, file) in given where file != nil {
            add(key, "given without nonces.redis.url", expected: "nonces.redis.url beside it")
        }
    }

    private mutating func checkRedisTLS(_ url: RedisURL) {
        let redis = configuration.redis
        if (redis.certificate == nil) != (redis.key == nil) {
            add(
                redis.key == nil ? "nonces.redis.tls.key" : "nonces.redis.tls.certificate", "missing",
                expected: "both of certificate and key, or none")
            return
        }
        guard url.isTLS else {
            let files = [("ca", redis.certificateAuthority), ("certificate", redis.certificate)]
            for (name, file) in files where file != nil {
                add("nonces.redis.tls.\(name)", "given without TLS", expected: "rediss:// in nonces.redis.url")
            }
            return
        }
        do throws(RedisTLSProblem) {
            _ = try redis.openTLS()
        } catch {
            add(error.isAuthority ? "nonces.redis.tls.ca" : "nonces.redis.tls.certificate", error.description)
        }
    }
}
