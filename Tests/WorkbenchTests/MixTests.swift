import Testing
import Workbench

@Suite struct MixTests {
    @Test func kindsComeAsOftenAsTheirWeightsSay() throws {
        let mix = try Mix("anonymous=1,oauth1-cookie=7,cookie=2")
        var random = SeededRandom(seed: 7)
        var counts: [LoadKind: Int] = [:]
        for _ in 0..<100_000 { counts[mix.pick(using: &random), default: 0] += 1 }
        for (kind, weight) in [(LoadKind.anonymous, 1), (.oauth1Cookie, 7), (.cookie, 2)] {
            #expect(abs((counts[kind] ?? 0) - weight * 10_000) < 1000)
        }
        #expect(counts.count == 3)
    }

    @Test func aKindAloneHasTheWeightOne() throws {
        #expect(try Mix("cookie") == Mix("cookie=1"))
        #expect(try Mix("cookie,owner=2").kinds == [.cookie, .owner])
    }

    @Test(arguments: ["", "oauth2=1", "cookie=0", "cookie=-1", "cookie=", "cookie=1x", "cookie=1,", "cookie,cookie=2"])
    func whatIsNoMixIsRefused(_ text: String) {
        #expect(throws: Mix.Problem.self) { try Mix(text) }
    }

    @Test(arguments: [1, 2, 7, 1000]) func aPassHasEverybodyOnce(_ count: Int) {
        var random = SeededRandom(seed: 3)
        var passes = Passes(count: count)
        for _ in 0..<5 {
            let pass = Set((0..<count).map { _ in passes.next(using: &random) })
            #expect(pass == Set(0..<count))
        }
    }

    @Test func passesDifferInOrder() {
        var random = SeededRandom(seed: 3)
        var passes = Passes(count: 1000)
        let orders = (0..<2).map { _ in (0..<1000).map { _ in passes.next(using: &random) } }
        #expect(orders[0] != orders[1])
        #expect(orders[0] != Array(0..<1000))
    }

    @Test func splitMix64() {
        // The first outputs of the reference implementation for the seed 1234567.
        var random = SeededRandom(seed: 1_234_567)
        #expect(random.next() == 6_457_827_717_110_365_317)
        #expect(random.next() == 3_203_168_211_198_807_973)
    }
}
