import SwiftProtobuf
import Testing
import Bytes
import EnvoyProtocol
import Workbench

@Suite struct AnswerTests {
    private func read(_ pieces: String...) throws -> [HTTP1AnswerReader.Answer] {
        var reader = HTTP1AnswerReader()
        var answers: [HTTP1AnswerReader.Answer] = []
        for piece in pieces {
            Array(piece.utf8).withUnsafeBytes { reader.append($0) }
            while let answer = try reader.next() { answers.append(answer) }
        }
        return answers
    }

    private let answer =
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nset-cookie: a=b\r\nSet-Cookie: sessionJwt=x.y.z; path=/\r\n\r\nhello"

    @Test func anAnswerInPieces() throws {
        for cut in 1..<answer.count {
            let answers = try read(String(answer.prefix(cut)), String(answer.dropFirst(cut)))
            #expect(answers.map(\.status) == [200])
            #expect(answers.map(\.setCookie) == [Array("sessionJwt=x.y.z; path=/".utf8)])
        }
    }

    @Test func manyAnswersAtOnce() throws {
        let refusal = "HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
        let answers = try read("HTTP/1.1 100 Continue\r\n\r\n" + answer + refusal + answer.dropLast())
        #expect(answers.map(\.status) == [200, 401])
        #expect(answers.map(\.closes) == [false, true])
        #expect(answers.last?.setCookie == [])
    }

    @Test func whatCanNotBeReadIsRefused() {
        #expect(throws: HTTP1AnswerReader.Problem.malformed) { try read("SSH-2.0-OpenSSH_9.2\r\n\r\n") }
        #expect(throws: HTTP1AnswerReader.Problem.malformed) {
            try read("HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n")
        }
        #expect(throws: HTTP1AnswerReader.Problem.noLength) {
            try read("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n")
        }
    }

    @Test func theVerdictOfACheckResponse() throws {
        let json: JSON = [
            "status": ["code": 0],
            "okResponse": [
                "responseHeadersToAdd": [["header": ["key": "set-cookie", "value": "sessionJwt=x"]]]
            ],
            "dynamicMetadata": [
                "session": ["outcome": "authenticated", "cookie": "set", "user": ["id": "17", "name": "Zoë"]]
            ],
        ]
        let message = try EnvoyCheckResponse(jsonUTF8Bytes: json.compact).serializedBytes() as [UInt8]
        try message.withBytes { message in
            let answer = try CheckAnswer(message)
            #expect(answer.outcome == "authenticated")
            #expect(answer.cookie == "set")
            #expect(answer.userID == "17")
            #expect(answer.setCookie == "sessionJwt=x")
            #expect(answer.reason.isEmpty)
        }
    }
}
