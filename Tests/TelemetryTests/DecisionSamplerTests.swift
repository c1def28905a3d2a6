import Bytes
import Telemetry
import Testing

@Suite struct DecisionSamplerTests {
    private func rates(_ rate: Double) -> DecisionSettings.Rates {
        var rates = DecisionSettings.Rates()
        rates.authenticated = rate
        return rates
    }

    private func ids(_ count: Int) -> [[UInt8]] { (0..<count).map { Array("5f3c-\($0)".utf8) } }

    private func sampled(_ rate: Double, seed: UInt64, _ ids: [[UInt8]]) -> [Bool] {
        var sampler = DecisionSampler(rates(rate), seed: seed)
        return ids.map { $0.withBytes { sampler.isSampled(.authenticated, id: $0) } }
    }

    /// Written down, so that other programs can pick the same requests: FNV-1a 64 of "a" is af63dc4c8601ec8c.
    @Test func theHashIsWhatTheDocumentationSays() {
        #expect(DecisionSampler.hash(.empty) == 0xefd0_1f60_ba99_2926)
        #expect(DecisionSampler.hash(Bytes("a")) == 0x82a2_a958_a9be_ce5b)
        #expect(DecisionSampler.hash(Bytes("0f5d8a2c-6a1e-4c6e-9d2b-2f1d3f4c5b6a")) == 0xda98_f647_0e73_02a7)
    }

    @Test(arguments: [0.001, 0.01, 0.3, 0.9])
    func asManyAreSampledAsTheRateSays(_ rate: Double) {
        let count = 100_000
        for ids in [ids(count), Array(repeating: [], count: count)] {
            let found = Double(sampled(rate, seed: 7, ids).count { $0 })
            let (expected, deviation) = (rate * Double(count), (rate * (1 - rate) * Double(count)).squareRoot())
            #expect(abs(found - expected) < 5 * deviation, "\(found) of \(expected)")
        }
    }

    @Test func instancesAgreeOnRequestsWithAnID() {
        let ids = ids(1000)
        #expect(sampled(0.1, seed: 1, ids) == sampled(0.1, seed: 2, ids))
        // What a low rate picks is among what a higher one picks.
        let (few, many) = (sampled(0.1, seed: 1, ids), sampled(0.5, seed: 1, ids))
        #expect(zip(few, many).allSatisfy { !$0 || $1 })
    }

    @Test func noneAndAllNeedNoHash() {
        #expect(!sampled(0, seed: 1, ids(1000)).contains(true) && !sampled(1, seed: 1, ids(1000)).contains(false))
        #expect(!DecisionSampler(rates(0), seed: 1).records(.authenticated))
        #expect(DecisionSampler(rates(0.25), seed: 1).weight(.authenticated) == 4)
        #expect(DecisionSampler(rates(0), seed: 1).weight(.refused) == 1)
    }
}
