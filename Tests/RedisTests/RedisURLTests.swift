// Where Redis is.

import Redis
import Testing

@Suite struct RedisURLTests {
    @Test func servers() throws {
        let plain = try #require(RedisURL("redis://redis.example"))
        #expect(plain.place == .tcp(.init(name: "redis.example", port: 6379)))
        #expect(!plain.isTLS && plain.user == nil && plain.database == 0 && !plain.isLocal)
        let full = try #require(RedisURL("rediss://gate@[::1]:6380/3"))
        #expect(full.place == .tcp(.init(name: "::1", port: 6380)))
        #expect(full.isTLS && full.user == "gate" && full.database == 3 && full.isLocal)
        #expect(RedisURL("unix:/run/redis.sock")?.place == .unix(path: "/run/redis.sock"))
    }

    @Test func sentinels() throws {
        let url = try #require(RedisURL("redis+sentinel://a:1,b/mymaster/2"))
        #expect(
            url.place
                == .sentinels([.init(name: "a", port: 1), .init(name: "b", port: 26379)], name: "mymaster"))
        #expect(url.database == 2)
        #expect(RedisURL("rediss+sentinel://a/m")?.isTLS == true)
    }

    @Test(arguments: [
        "", "redis", "http://a", "redis://", "redis://a,b", "redis://a/x", "redis://a/-1", "redis://a/1/2",
        "redis://a:0",
        "redis://user:password@a", "redis://:password@a", "redis://@a", "redis+sentinel://a", "redis+sentinel://a/",
        "redis+sentinel:///m", "unix:relative", "unix://run/redis.sock", "redis://a b", "redis://a:99999",
    ])
    func invalid(_ text: String) {
        #expect(RedisURL(text) == nil)
    }
}
