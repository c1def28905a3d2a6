// What a peer sends on a connection, HTTP/2 and HTTP/1.1.

import Bytes
import Transport

/// Reads `input` as what an HTTP/2 client sends behind its preface: in one piece and in small ones.
func fuzzHTTP2(_ input: Bytes) throws(BrokenPromise) {
    let stream = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8) + input.array
    try stream.withBytes { (stream) throws(BrokenPromise) in
        let whole = requests(in: [stream])
        for length in [1, 7] where !hasContinuation(input) {
            let inPieces = requests(in: stream.pieces(of: length))
            try promise(
                inPieces == whole,
                "pieces of \(length) bytes are read as the whole: \(text(inPieces)), not \(text(whole))")
        }
        guard let connection = try? FuzzConnection() else { throw BrokenPromise(promise: "a connection begins") }
        _ = try? connection.send(stream.pieces(of: 64))
    }
}

/// Reads `input` as what an HTTP/1.1 client sends: in one piece and in small ones.
func fuzzHTTP1(_ input: Bytes) throws(BrokenPromise) {
    let whole = answers(to: [input])
    for length in [1, 7] {
        try promise(answers(to: input.pieces(of: length)) == whole, "pieces are answered as the whole")
    }
}

/// The requests that a session understands, in order; all are answered at the end.
private func requests(in pieces: [Bytes]) -> [[UInt8]] {
    let pool = ExchangePool()
    let session = HTTP2Session(limits: fuzzLimits.http2, pool: pool, memory: HTTP2Memory())
    for piece in pieces { session.receive(UnsafeRawBufferPointer(piece.buffer)) }
    var requests: [[UInt8]] = []
    while let exchange = session.nextReady() {
        requests.append(description(of: exchange))
        exchange.reply.body = exchange.body
        session.respond(exchange)
    }
    while session.nextOutput() != nil {}
    session.close()
    return requests
}

private func answers(to pieces: [Bytes]) -> [UInt8]? {
    (try? FuzzConnection()).flatMap { try? $0.send(pieces) }
}

/// Whether there is a CONTINUATION frame. nghttp2 1.52 takes each read in which the nine bytes before one arrive for a frame of
/// its own, and ends the connection at the ninth: a slow sender is cut off where a fast one is not.
private func hasContinuation(_ input: Bytes) -> Bool {
    var start = 0
    while start + 9 <= input.count {
        if input[start + 3] == 9 { return true }
        start += 9 + (Int(input[start]) << 16 | Int(input[start + 1]) << 8 | Int(input[start + 2]))
    }
    return false
}

private func text(_ requests: [[UInt8]]) -> String {
    requests.map { String(decoding: $0, as: UTF8.self) }.joined(separator: ", ")
}
