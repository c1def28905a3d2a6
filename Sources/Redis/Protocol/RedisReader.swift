// hiredis' reader: bytes in, replies out. Its C types don't leave this file.

import CNative.Hiredis

/// The bytes that arrived are not Redis's protocol, or more than any reply has.
struct RedisProtocolError: Error {
    /// What is wrong.
    let description: String
}

/// Reads replies from a stream of bytes.
struct RedisReader: ~Copyable {
    /// Bytes of the longest reply: more than any command here can have, and little enough to be kept for each connection.
    private static var maxReplyBytes: Int { 1 << 20 }

    private let reader: UnsafeMutablePointer<redisReader>
    /// Bytes that arrived since the last whole reply.
    private var unread = 0

    /// A reader that has read nothing; nil when there is no memory for it.
    init?() {
        guard let reader = redisReaderCreate() else { return nil }
        self.reader = reader
    }

    deinit { redisReaderFree(reader) }

    /// Takes what arrived.
    /// - Throws: When a reply is longer than any should be.
    mutating func receive(_ bytes: UnsafeRawBufferPointer) throws(RedisProtocolError) {
        unread += bytes.count
        guard unread <= Self.maxReplyBytes else { throw RedisProtocolError(description: "a reply is too long") }
        redisReaderFeed(reader, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), bytes.count)
    }

    /// The next reply; nil until all of it has arrived.
    /// - Throws: When the bytes are no reply.
    mutating func next() throws(RedisProtocolError) -> RedisReply? {
        var found: UnsafeMutableRawPointer?
        guard redisReaderGetReply(reader, &found) == REDIS_OK else {
            throw RedisProtocolError(description: "what it sends is not Redis's protocol")
        }
        guard let found else { return nil }
        defer { freeReplyObject(found) }
        unread = 0
        return RedisReply(found.assumingMemoryBound(to: redisReply.self).pointee)
    }
}

extension RedisReply {
    /// The value of hiredis' object, which stays its reader's.
    fileprivate init(_ reply: redisReply) {
        switch reply.type {
        case REDIS_REPLY_STRING, REDIS_REPLY_STATUS: self = .text(Self.bytes(reply))
        case REDIS_REPLY_INTEGER: self = .integer(reply.integer)
        case REDIS_REPLY_ERROR: self = .error(String(decoding: Self.bytes(reply), as: UTF8.self))
        case REDIS_REPLY_ARRAY:
            let elements = UnsafeBufferPointer(start: reply.element, count: reply.elements)
            self = .list(elements.map { $0.map { RedisReply($0.pointee) } ?? .null })
        default: self = .null
        }
    }

    private static func bytes(_ reply: redisReply) -> [UInt8] {
        UnsafeRawBufferPointer(start: reply.str, count: reply.len).map { $0 }
    }
}
