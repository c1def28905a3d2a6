// What an answer must say. Every one is looked at, so only what decides is read, in place.

import Bytes
import EnvoyProtocol

/// The parts of a CheckResponse that say what was decided.
package struct CheckAnswer {
    /// `session.outcome` in the metadata.
    package private(set) var outcome = Bytes.empty
    /// `session.cookie`
    package private(set) var cookie = Bytes.empty
    /// `session.reason`
    package private(set) var reason = Bytes.empty
    /// `session.user.id`
    package private(set) var userID = Bytes.empty
    /// The value of Set-Cookie.
    package private(set) var setCookie = Bytes.empty

    /// Reads a message; the answer holds views of it.
    package init(_ message: Bytes) throws(WireError) {
        var reader = ProtobufReader(message)
        while try reader.next() {
            switch reader.field {
            case 3: try readOK(try reader.delimited())
            case 4:
                try Self.forEachField(try reader.delimited()) { (name, session) throws(WireError) in
                    guard name == "session" else { return }
                    try readSession(session)
                }
            default: try reader.skip()
            }
        }
    }

    private mutating func readOK(_ message: Bytes) throws(WireError) {
        var reader = ProtobufReader(message)
        while try reader.next() {
            guard reader.field == 6 else {
                try reader.skip()
                continue
            }
            let (header, _) = try Self.pair(try reader.delimited())
            let (name, value) = try Self.pair(header)
            if name == "set-cookie" { setCookie = value }
        }
    }

    private mutating func readSession(_ session: Bytes) throws(WireError) {
        try Self.forEachField(try Self.delimited(5, of: session)) { (name, value) throws(WireError) in
            if name == "outcome" {
                outcome = try Self.delimited(3, of: value)
            } else if name == "cookie" {
                cookie = try Self.delimited(3, of: value)
            } else if name == "reason" {
                reason = try Self.delimited(3, of: value)
            } else if name == "user" {
                try Self.forEachField(try Self.delimited(5, of: value)) { (name, value) throws(WireError) in
                    if name == "id" { userID = try Self.delimited(3, of: value) }
                }
            }
        }
    }

    /// Calls `body` with each name and Value of a Struct.
    private static func forEachField(
        _ message: Bytes, _ body: (Bytes, Bytes) throws(WireError) -> Void
    ) throws(WireError) {
        var reader = ProtobufReader(message)
        while try reader.next() {
            guard reader.field == 1 else {
                try reader.skip()
                continue
            }
            let (name, value) = try pair(try reader.delimited())
            try body(name, value)
        }
    }

    /// The fields 1 and 2 of a message, empty where absent.
    private static func pair(_ message: Bytes) throws(WireError) -> (Bytes, Bytes) {
        (try delimited(1, of: message), try delimited(2, of: message))
    }

    private static func delimited(_ field: UInt32, of message: Bytes) throws(WireError) -> Bytes {
        var reader = ProtobufReader(message)
        while try reader.next() {
            if reader.field == field, reader.wireType == .delimited { return try reader.delimited() }
            try reader.skip()
        }
        return .empty
    }
}
