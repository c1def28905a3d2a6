import Cryptography
import Foundation
import Tools
import Testing
import Bytes
import Workbench

@Suite struct SignerTests {
    private let farm = Farm(users: 50, consumers: 7)

    /// The other client of ours signs any request; this one must come to the same.
    @Test(arguments: [1, 7, 8, 50]) func signsAsTheGeneralClientDoes(_ user: Int) throws {
        let nonce = "00112233445566778899aabbccddeeff"
        var signer = OAuth1Signer(farm)
        var header: [UInt8] = []
        signer.append(user: user, nonce: Array(nonce.utf8), time: Array("1772366400".utf8), to: &header)
        let parameters = self.parameters(String(decoding: header, as: UTF8.self))
        let protocolParameters = parameters.filter { $0.key != "oauth_signature" }.map {
            (name: $0.key, value: $0.value)
        }
        let url = "http://\(OAuth1Signer.host)\(OAuth1Signer.target)"
        let base = try #require(ClientRequest(method: "GET", url: url))
            .signatureBaseString(protocolParameters: protocolParameters)
        let code = Array(base.utf8).withBytes { farm.signingKey(of: user).authenticate($0) }
        var text: [UInt8] = []
        code.withBytes { Base64.encodeStandard($0, into: &text) }
        #expect(parameters["oauth_signature"]?.removingPercentEncoding == String(decoding: text, as: UTF8.self))
        #expect(parameters["oauth_nonce"] == nonce)
        #expect(parameters.count == 7)
    }

    @Test func aForgedSignatureIsAnother() {
        var signer = OAuth1Signer(farm)
        let headers = [false, true].map { isForged in
            var header: [UInt8] = []
            signer.append(user: 1, nonce: [0x61], time: [0x31], isForged: isForged, to: &header)
            return header
        }
        #expect(headers[0] != headers[1])
    }

    @Test func textsOfNumbersAreDistinct() {
        let families: [Farm.Family] = [.consumerKey, .token, .tokenSecret, .clientID]
        let texts = families.flatMap { family in (1...10_000).map { Farm.text(family, $0) } }
        #expect(Set(texts).count == texts.count)
        #expect(texts.allSatisfy { $0.count == 32 })
    }

    private func parameters(_ header: String) -> [String: String] {
        let pairs = header.dropFirst("OAuth ".count).split(separator: ", ").map { pair in
            let name = pair.prefix { $0 != "=" }
            return (String(name), String(pair.dropFirst(name.count + 2).dropLast()))
        }
        return Dictionary(uniqueKeysWithValues: pairs)
    }
}
